"""What agents do to a conversation besides writing in it: close, label, ask for it, read it, type in it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from madoguchi.audit import service as audit
from madoguchi.channels import registry
from madoguchi.conversations.assignment import check_is_agent, get_holder
from madoguchi.conversations.closing import check_reason
from madoguchi.conversations.internal import write_system_message
from madoguchi.conversations.load import Q
from madoguchi.conversations.merged import check_unmerged
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Invalid, NotAssignee, NotFound
from madoguchi.core.principal import Principal
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.events.service import Change, record

_NEWEST = UUID(int=(1 << 128) - 1)
MOST_LABELS = 30
_LONGEST_LABEL = 60
SPOKEN = {"open": "reopened", "snoozed": "snoozed", "closed": "closed"}


async def do_change(
    tx: Connection,
    principal: Principal,
    conversation_id: UUID,
    *,
    status: str | None = None,
    labels: list[str] | None = None,
    snooze_until: datetime | None = None,
    reason: str = "",
) -> bool:
    """Change the status, the labels, or both; None leaves it. False when nothing changed.

    `snooze_until` goes with the status snoozed (None: until the customer writes), `reason` with closed.
    Raises NotFound, Invalid (also where a reason is required), NotAssignee (the status of a conversation is its assignee's or a supervisor's to change).
    """
    wanted = check_labels(labels)
    facts = check_status(status, snooze_until, reason)
    before = await _lock(tx, principal, conversation_id)
    moves = status is not None and (status != before["status"] or before["snoozed_until"] != snooze_until)
    if moves:
        await _check_may_close(tx, principal, conversation_id)
        await check_reason(tx, principal.workspace_id, status, reason)
    if not await _apply(tx, principal, conversation_id, status, wanted, snooze_until, facts.get("reason")):
        return False
    changes = [Change("conversation.updated", conversation_id)]
    if status is not None and moves:
        message_id = await write_system_message(tx, principal, conversation_id, SPOKEN[status], **facts)
        changes.insert(0, Change("message.created", message_id))
    await _audit(tx, principal, "conversation.changed", conversation_id, {"status": status, "labels": wanted, **facts})
    await record(tx, principal.workspace_id, changes)
    return True


def check_status(status: str | None, snooze_until: datetime | None, reason: str) -> dict[str, Any]:
    """What the system message tells beside the status; raises Invalid."""
    if snooze_until is not None and (status != "snoozed" or snooze_until.tzinfo is None or snooze_until <= clock.now()):
        message = "A time with its zone, in the future, together with the status snoozed."
        raise Invalid(message, errors=[FieldError("snooze_until", message)])
    if reason and status != "closed":
        message = "A reason goes with the status closed."
        raise Invalid(message, errors=[FieldError("reason", message)])
    until = rfc3339(snooze_until)
    return {key: value for key, value in (("until", until), ("reason", reason.strip())) if value}


def check_labels(labels: list[str] | None) -> list[str] | None:
    """Without doubles and blanks around; raises Invalid."""
    if labels is None:
        return None
    cleaned = list(dict.fromkeys(label.strip() for label in labels))
    if len(cleaned) > MOST_LABELS or any(not 1 <= len(label) <= _LONGEST_LABEL for label in cleaned):
        message = f"At most {MOST_LABELS} labels of 1 to {_LONGEST_LABEL} characters."
        raise Invalid(message, errors=[FieldError("labels", message)])
    return cleaned


async def do_ask(tx: Connection, principal: Principal, conversation_id: UUID) -> UUID:
    """Ask the assignee to hand over; returns the id of the message that tells so in the thread."""
    me = check_is_agent(principal)
    holder = await get_holder(tx, principal.workspace_id, conversation_id)
    if holder.agent_id is None:
        raise Conflict("Nobody has this conversation; you can take it.")
    if holder.agent_id == me:
        raise Conflict("You have this conversation.")
    asked = (holder.agent_id, holder.name or "")
    message_id = await write_system_message(tx, principal, conversation_id, "asked", agent=asked, moves=True)
    changes = [Change("message.created", message_id), Change("conversation.updated", conversation_id)]
    await record(tx, principal.workspace_id, changes)
    return message_id


async def do_read(
    tx: Connection, principal: Principal, conversation_id: UUID, up_to: UUID | None = None
) -> UUID | None:
    """Nothing is unread any more up to `up_to` (None: the newest). Returns the message whose reading the customer should
    hear of, None when the channel has no read receipts or nothing was unread.

    In somebody's conversation only their reading counts: a colleague who looks in changes nothing.
    """
    seen = await read_mentions(tx, principal, [conversation_id])
    channel = await _channel_for(tx, principal, conversation_id)
    if channel is None:
        if seen:
            await record(tx, principal.workspace_id, [Change("conversation.updated", conversation_id)])
        return None
    read = await tx.execute(
        Q.mark_read, {"workspace_id": principal.workspace_id, "id": conversation_id, "up_to": up_to}
    )
    if not read.rowcount:
        if seen:
            await record(tx, principal.workspace_id, [Change("conversation.updated", conversation_id)])
        return None
    message_id = None
    if registry.channel(channel).manifest.capabilities.read_receipts:
        message_id = await _newest_inbound(tx, principal, conversation_id, up_to)
    await record(tx, principal.workspace_id, [Change("conversation.updated", conversation_id)])
    return message_id


async def read_mentions(tx: Connection, principal: Principal, conversations: list[UUID]) -> bool:
    """Whoever looks in has seen where they are named, whoever has the conversation."""
    values = {"workspace_id": principal.workspace_id, "agent_id": principal.agent_id, "ids": conversations}
    return (await tx.execute(Q.read_mentions, values)).rowcount > 0


async def get_typing_target(tx: Connection, principal: Principal, conversation_id: UUID) -> UUID | None:
    """The customer's message under which "typing" is shown, None when the channel cannot show it.

    Raises NotFound, NotAssignee.
    """
    row = await _row(tx, principal, conversation_id)
    if row["assignee_id"] is None or row["assignee_id"] != principal.agent_id:
        raise _not_assignee(row)
    if not registry.channel(row["channel"]).manifest.capabilities.typing:
        return None
    return await _newest_inbound(tx, principal, conversation_id, None)


async def _channel_for(tx: Connection, principal: Principal, conversation_id: UUID) -> str | None:
    row = await _row(tx, principal, conversation_id)
    mine = row["assignee_id"] in (None, principal.agent_id)
    return str(row["channel"]) if mine else None


async def _newest_inbound(
    tx: Connection, principal: Principal, conversation_id: UUID, up_to: UUID | None
) -> UUID | None:
    parameters = {
        "workspace_id": principal.workspace_id,
        "conversation_id": conversation_id,
        "up_to": up_to or _NEWEST,
    }
    row = await (await tx.execute(Q.newest_inbound, parameters)).fetchone()
    return row["id"] if row else None


async def _check_may_close(tx: Connection, principal: Principal, conversation_id: UUID) -> None:
    row = await _row(tx, principal, conversation_id)
    if row["assignee_id"] not in (None, principal.agent_id) and not principal.may_supervise:
        raise _not_assignee(row)


def _not_assignee(row: DictRow) -> NotAssignee:
    if row["assignee_id"] is None:
        return NotAssignee("Take the conversation first.", assignee=None)
    assignee = {"id": row["assignee_id"], "name": row["assignee_name"]}
    return NotAssignee(f"{row['assignee_name']} has this conversation.", assignee=assignee)


async def _row(tx: Connection, principal: Principal, conversation_id: UUID) -> DictRow:
    parameters = {"workspace_id": principal.workspace_id, "id": conversation_id}
    row = await (await tx.execute(Q.holder, parameters)).fetchone()
    if row is None:
        raise NotFound("There is no such conversation.")
    return row


async def _lock(tx: Connection, principal: Principal, conversation_id: UUID) -> DictRow:
    parameters = {"workspace_id": principal.workspace_id, "id": conversation_id}
    row = await (await tx.execute(Q.lock, parameters)).fetchone()
    if row is None:
        raise NotFound("There is no such conversation.")
    check_unmerged(row)
    return row


async def _apply(
    tx: Connection,
    principal: Principal,
    conversation_id: UUID,
    status: str | None,
    labels: list[str] | None,
    snooze_until: datetime | None,
    reason: str | None,
) -> bool:
    parameters = {
        "workspace_id": principal.workspace_id,
        "id": conversation_id,
        "status": status,
        "labels": labels,
        "snooze_until": snooze_until,
        "reason": reason,
        "now": clock.now(),
    }
    return (await tx.execute(Q.change, parameters)).rowcount == 1


async def _audit(
    tx: Connection, principal: Principal, action: str, conversation_id: UUID, data: dict[str, Any]
) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        action,
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="conversation",
        target_id=conversation_id,
        data={key: value for key, value in data.items() if value is not None},
    )
