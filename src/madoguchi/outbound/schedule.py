"""Messages that have not left yet: those that wait for a time, and those their writer may still take back.

The queue's row decides: whoever removes it while no worker is sending has stopped the message, and a worker that was
faster has sent it. Nothing in between.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType
from psycopg.rows import DictRow

from madoguchi.channels import registry
from madoguchi.channels.base import Draft, Template
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record
from madoguchi.outbound import enqueue as sending
from madoguchi.outbound.drafts import check_time

Q = load_queries(__file__, "schedule.sql")


class Rescheduled(Struct, forbid_unknown_fields=True):
    """What is absent stays. `send_at` null: now."""

    send_at: datetime | UnsetType | None = UNSET
    text: str | UnsetType = UNSET


async def get_scheduled(
    tx: Connection, principal: Principal, conversation_id: UUID, *, after: UUID | None, limit: int
) -> list[UUID]:
    """Ids, the earliest first. Raises NotFound."""
    values = {"workspace_id": principal.workspace_id, "conversation_id": conversation_id}
    if await (await tx.execute(Q.conversation, values)).fetchone() is None:
        raise NotFound("There is no such conversation.")
    page = values | {"after": after or UUID(int=0), "limit": limit}
    return [row["id"] for row in await (await tx.execute(Q.page, page)).fetchall()]


async def do_take_back(tx: Connection, principal: Principal, message_id: UUID) -> None:
    """The message was never sent and is gone; its files can be used again.

    Raises NotFound, Conflict (it has left), Forbidden (neither its writer, nor the assignee, nor a supervisor).
    """
    message, row = await _waiting(tx, principal, message_id)
    concerned = {message["author_id"], row["assignee_id"]}
    if not principal.may_supervise and principal.agent_id not in concerned:
        raise Forbidden("Only its writer, the conversation's agent or a supervisor may take a message back.")
    values = {"workspace_id": principal.workspace_id, "id": message_id}
    for statement in (Q.take_out, Q.free_media, Q.remove):
        await tx.execute(statement, values)
    conversation = {"workspace_id": principal.workspace_id, "conversation_id": message["conversation_id"]}
    # A scheduled message was not among the conversation's words; the line that asked about it stays.
    if not message["scheduled"]:
        await tx.execute(Q.as_before, conversation | {"now": clock.now()})
    await record(tx, principal.workspace_id, _changes(message_id, message["conversation_id"]))


async def do_reschedule(tx: Connection, principal: Principal, message_id: UUID, change: Rescheduled) -> UUID:
    """Returns the id under which the message is now: its place in the thread follows its time.

    Raises NotFound, Conflict (it has left, or is not a scheduled one), NotAssignee, Invalid, and what the channel's rules
    say (WindowClosed …) where it is to leave now.
    """
    message, row = await _waiting(tx, principal, message_id)
    if not message["scheduled"]:
        raise Conflict("The message leaves in a moment; take it back to change it.")
    sending.check_writer(row, principal, None)
    text = message["text"] if change.text is UNSET else _checked_text(message, row, change.text)
    now = clock.now()
    send_at = await _time_of(tx, principal, message, row, change)
    scheduled = send_at is not None and send_at > now
    changed_id = sending.id_for(send_at) if scheduled and send_at else new_id()
    values = {
        "workspace_id": principal.workspace_id,
        "id": message_id,
        "new_id": changed_id,
        "text": text,
        "claim": row["claim"],
        "slot": row["slot"],
        "due_at": send_at if scheduled else now,
        "scheduled": scheduled,
        "shown_at": rfc3339(send_at) if send_at else None,
    }
    await _move(tx, values)
    if not scheduled:
        moved = {"workspaces": [principal.workspace_id], "ids": [changed_id], "now": now}
        await tx.execute(sending.Q.answered, moved)
    changes = [*_changes(message_id, message["conversation_id"]), Change("message.created", changed_id)]
    await record(tx, principal.workspace_id, changes)
    await tx.execute(sending.Q.wake, {"inbox_id": row["inbox_id"]})
    return changed_id


async def _waiting(tx: Connection, principal: Principal, message_id: UUID) -> tuple[DictRow, DictRow]:
    """The message and its conversation's situation, both locked, in the order in which a send locks them."""
    values = {"workspace_id": principal.workspace_id, "id": message_id}
    place = await (await tx.execute(Q.conversation_of, values)).fetchone()
    if place is None:
        raise NotFound("There is no such outgoing message.")
    row = await sending.situation_row(tx, principal, place["conversation_id"])
    message = await (await tx.execute(Q.waiting, values)).fetchone()
    if message is None:
        raise Conflict("The message has left already.")
    return message, row


def _checked_text(message: DictRow, row: DictRow, text: str) -> str:
    if message["type"] != "text" or not text.strip():
        words = "Only a text can be changed." if message["type"] != "text" else "A message needs a text."
        raise Invalid(words, errors=[FieldError("text", words)])
    errors = registry.channel(row["channel"]).check(Draft(type="text", text=text, data=message["data"]))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return text


async def _time_of(
    tx: Connection, principal: Principal, message: DictRow, row: DictRow, change: Rescheduled
) -> datetime | None:
    """None: now; then the rules are asked at once."""
    if change.send_at is UNSET:
        if message["asks"]:
            return None
        return await _present_time(tx, principal, message["id"])
    if errors := check_time(change.send_at):
        raise Invalid(errors[0].message, errors=errors)
    if change.send_at is None or change.send_at <= clock.now():
        sending.check_rules(message["type"], await _template(tx, principal, message, row), row)
    return change.send_at


async def _present_time(tx: Connection, principal: Principal, message_id: UUID) -> datetime | None:
    values = {"workspace_id": principal.workspace_id, "id": message_id}
    row = await (await tx.execute(Q.due, values)).fetchone()
    found: datetime | None = row["due_at"] if row else None
    return found


async def _template(tx: Connection, principal: Principal, message: DictRow, row: DictRow) -> Template | None:
    chosen: dict[str, Any] | None = message["data"].get("template")
    if chosen is None:
        return None
    values = {
        "workspace_id": principal.workspace_id,
        "inbox_id": row["inbox_id"],
        "name": chosen["name"],
        "language": chosen["language"],
    }
    found = await (await tx.execute(sending.Q.template, values)).fetchone()
    return msgspec.convert(found, Template) if found else None


async def _move(tx: Connection, values: dict[str, Any]) -> None:
    """Files and the queue point to the message by its id."""
    media = [row["id"] for row in await (await tx.execute(Q.free_media, values)).fetchall()]
    await tx.execute(Q.take_out, values)
    await tx.execute(Q.change, values)
    moved = values | {"id": values["new_id"], "media": media}
    await tx.execute(Q.put_back, moved)
    if media:
        await tx.execute(Q.keep_media, moved)


def _changes(message_id: UUID, conversation_id: UUID) -> list[Change]:
    return [Change("message.updated", message_id), Change("conversation.updated", conversation_id)]
