"""Looks after the accounts: all of them each day, those whose queue holds every five minutes."""

from uuid import UUID

from procrastinate import JobContext

from madoguchi.context import Context
from madoguchi.core.errors import NotFound
from madoguchi.db.queries import load_queries
from madoguchi.inboxes import health
from madoguchi.jobs import HOUSEKEEPING, app, context_of, defer_many

Q = load_queries(__file__, "hold.sql")


@app.task(name="inboxes.check", queue=HOUSEKEEPING, pass_context=True, retry=2)
async def check(job: JobContext, workspace_id: str, inbox_id: str) -> None:
    context = context_of(job)
    try:
        await health.check(context.db, context.http, context.secrets, UUID(workspace_id), UUID(inbox_id))
    except NotFound:
        return


@app.periodic(cron="23 4 * * *", periodic_id="inboxes")
@app.task(name="inboxes.check_all", queue=HOUSEKEEPING, queueing_lock="inboxes.check_all", pass_context=True)
async def check_all(job: JobContext, timestamp: int) -> None:  # noqa: ARG001 - periodic tasks are given it
    """A token expires and a permission is taken away without a word to us."""
    await defer_checks(context_of(job), everything=True)


@app.periodic(cron="*/5 * * * *", periodic_id="held inboxes")
@app.task(name="inboxes.check_held", queue=HOUSEKEEPING, queueing_lock="inboxes.check_held", pass_context=True)
async def check_held(job: JobContext, timestamp: int) -> None:  # noqa: ARG001 - periodic tasks are given it
    """What was repaired at the provider, nobody tells us either."""
    await defer_checks(context_of(job), everything=False)


async def defer_checks(context: Context, *, everything: bool) -> None:
    async with context.db.system() as tx:
        rows = await (await tx.execute(Q.to_check, {"all": everything})).fetchall()
        each = [{"workspace_id": str(row["workspace_id"]), "inbox_id": str(row["id"])} for row in rows]
        await defer_many(tx, check, each)
