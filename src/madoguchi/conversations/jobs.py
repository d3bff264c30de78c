"""After the commit and never in an agent's way: telling the customer that we read or type, and waking what was snoozed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from procrastinate import JobContext

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig
from madoguchi.channels.http import HttpFailure
from madoguchi.context import Context
from madoguchi.conversations.counts import do_fold, do_recount
from madoguchi.conversations.load import Q
from madoguchi.conversations.snooze import do_wake_due
from madoguchi.core.errors import NotFound
from madoguchi.db.pool import Connection
from madoguchi.inboxes.config import load_config
from madoguchi.jobs import EFFECTS, HOUSEKEEPING, app, context_of, defer, defer_many


@app.periodic(cron="* * * * * */15", periodic_id="wake")
@app.task(name="conversations.wake", queue=HOUSEKEEPING, queueing_lock="conversations.wake", pass_context=True)
async def wake(job: JobContext, timestamp: int) -> None:  # noqa: ARG001 - periodic tasks are given it
    await do_wake_due(context_of(job).db)


@app.periodic(cron="* * * * * */10", periodic_id="fold_counts")
@app.task(name="conversations.fold_counts", queue=HOUSEKEEPING, queueing_lock="conversations.fold", pass_context=True)
async def fold_counts(job: JobContext, timestamp: int) -> None:  # noqa: ARG001
    await do_fold(context_of(job).db)


@app.periodic(cron="43 3 * * *", periodic_id="recount")
@app.task(name="conversations.recount", queue=HOUSEKEEPING, queueing_lock="conversations.recount", pass_context=True)
async def recount(job: JobContext, timestamp: int) -> None:  # noqa: ARG001
    await do_recount(context_of(job).db)


@app.task(name="messages.mark_read", queue=EFFECTS, pass_context=True)
async def mark_read(
    job: JobContext, *, workspace_id: str, conversation_id: str, message_id: str, typing: bool = False
) -> None:
    """Once is enough: a receipt that did not get through is made good by the next one."""
    context = context_of(job)
    found = await _find(context, UUID(workspace_id), UUID(conversation_id), UUID(message_id))
    if found is None:
        return
    provider_id, inbox = found
    try:
        await registry.channel(inbox.channel).mark_read(provider_id, inbox, context.http, typing=typing)
    except HttpFailure:
        return


async def defer_mark_read(
    tx: Connection, workspace_id: UUID, conversation_id: UUID, message_id: UUID, *, typing: bool = False
) -> None:
    await defer(
        tx,
        mark_read,
        workspace_id=str(workspace_id),
        conversation_id=str(conversation_id),
        message_id=str(message_id),
        typing=typing,
    )


async def defer_mark_read_many(tx: Connection, workspace_id: UUID, newest: Sequence[tuple[UUID, UUID]]) -> None:
    """`newest`: conversations, each with its newest message from the customer."""
    jobs = [
        {"workspace_id": str(workspace_id), "conversation_id": str(conversation), "message_id": str(message)}
        for conversation, message in newest
    ]
    await defer_many(tx, mark_read, jobs)


async def _find(
    context: Context, workspace_id: UUID, conversation_id: UUID, message_id: UUID
) -> tuple[str, InboxConfig] | None:
    """The provider's id of the message and its inbox; None when either is gone by now."""
    wanted: dict[str, Any] = {
        "workspace_id": workspace_id,
        "conversation_id": conversation_id,
        "message_id": message_id,
    }
    async with context.db.workspace(workspace_id) as tx:
        row = await (await tx.execute(Q.receipt_target, wanted)).fetchone()
        if row is None:
            return None
        try:
            return row["provider_id"], await load_config(tx, context.secrets, workspace_id, row["inbox_id"])
        except NotFound:
            return None
