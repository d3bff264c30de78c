"""Imports in the background. One that was cut off with its process is found again within a quarter of a minute."""

from datetime import timedelta
from uuid import UUID

from procrastinate import JobContext

from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.db.pool import Connection
from madoguchi.exchange.run import run
from madoguchi.exchange.service import Q
from madoguchi.jobs import HOUSEKEEPING, MEDIA, app, context_of, defer

# No batch takes so long; a worker that lives has told of one since.
_SILENT = timedelta(seconds=20)
_DRAFTS = timedelta(days=1)
_KEPT = timedelta(days=90)


@app.task(name="exchange.run", queue=HOUSEKEEPING, pass_context=True)
async def run_import(job: JobContext, *, workspace_id: str, import_id: str) -> None:
    await run(context_of(job), UUID(workspace_id), UUID(import_id))


@app.periodic(cron="* * * * * */15", periodic_id="imports")
@app.task(name="exchange.go_on", queue=HOUSEKEEPING, queueing_lock="exchange.go_on", pass_context=True)
async def go_on(job: JobContext, timestamp: int) -> None:  # noqa: ARG001 - periodic tasks are given it
    context = context_of(job)
    async with context.db.system() as tx:
        rows = await (await tx.execute(Q.unfinished, {"before": clock.now() - _SILENT})).fetchall()
    for row in rows:
        await run(context, row["workspace_id"], row["id"])


@app.periodic(cron="17 * * * *", periodic_id="imports.forget")
@app.task(name="exchange.forget", queue=HOUSEKEEPING, queueing_lock="exchange.forget", pass_context=True)
async def forget(job: JobContext, timestamp: int) -> None:  # noqa: ARG001
    await do_forget(context_of(job))


async def do_forget(context: Context) -> None:
    """Files that nobody started go after a day; what was done with each row, and so the way back, after a quarter of a year."""
    now = clock.now()
    async with context.db.system() as tx:
        rows = await (await tx.execute(Q.forget_drafts, {"before": now - _DRAFTS})).fetchall()
        await tx.execute(Q.forget_imports, {"before": now - _KEPT})
    for row in rows:
        if row["storage_key"]:
            await context.storage.delete(row["storage_key"])


@app.task(name="exchange.delete_file", queue=MEDIA, pass_context=True)
async def delete_file(job: JobContext, *, key: str) -> None:
    await context_of(job).storage.delete(key)


async def defer_run(tx: Connection, workspace_id: UUID, import_id: UUID) -> None:
    await defer(tx, run_import, workspace_id=str(workspace_id), import_id=str(import_id))


async def defer_delete(tx: Connection, key: str | None) -> None:
    if key is not None:
        await defer(tx, delete_file, key=key)
