"""Keeps the templates as the provider has them."""

from uuid import UUID

from procrastinate import JobContext

from madoguchi.channels import registry
from madoguchi.core.errors import NotFound
from madoguchi.db.queries import load_queries
from madoguchi.jobs import HOUSEKEEPING, app, context_of, defer_many
from madoguchi.templates.service import do_sync

Q = load_queries(__file__)


@app.task(name="templates.sync", queue=HOUSEKEEPING, pass_context=True, retry=3)
async def sync(job: JobContext, workspace_id: str, inbox_id: str) -> None:
    context = context_of(job)
    try:
        await do_sync(context.db, context.http, context.secrets, UUID(workspace_id), UUID(inbox_id))
    except NotFound:
        return


@app.periodic(cron="41 */6 * * *", periodic_id="templates")
@app.task(name="templates.sync_all", queue=HOUSEKEEPING, queueing_lock="templates.sync_all", pass_context=True)
async def sync_all(job: JobContext, timestamp: int) -> None:  # noqa: ARG001 - periodic tasks are given it
    """Providers tell changes by webhook, and now and then lose one."""
    with_templates = [name for name, each in registry.channels().items() if each.manifest.capabilities.templates]
    async with context_of(job).db.system() as tx:
        rows = await (await tx.execute(Q.inboxes_of, {"channels": with_templates})).fetchall()
        each = [{"workspace_id": str(row["workspace_id"]), "inbox_id": str(row["id"])} for row in rows]
        await defer_many(tx, sync, each)
