"""Keeps the templates as the provider has them."""

from uuid import UUID

from procrastinate import JobContext

from madoguchi.core.errors import NotFound
from madoguchi.jobs import HOUSEKEEPING, app, context_of
from madoguchi.templates.service import do_sync


@app.task(name="templates.sync", queue=HOUSEKEEPING, pass_context=True, retry=3)
async def sync(job: JobContext, workspace_id: str, inbox_id: str) -> None:
    context = context_of(job)
    try:
        await do_sync(context.db, context.http, context.secrets, UUID(workspace_id), UUID(inbox_id))
    except NotFound:
        return
