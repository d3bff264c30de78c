"""Messages that stay in the house: notes of agents, and what the system says about the conversation itself."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from madoguchi.conversations.load import Q
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.events.service import Change, record

NOTE_LIMIT = 10_000


async def do_note(
    tx: Connection, principal: Principal, conversation_id: UUID, text: str | None, reply_to: UUID | None = None
) -> UUID:
    """Any agent may add a note to any conversation; it is never sent. Returns the message's id."""
    check_note(text)
    message_id = await _write(
        tx, principal, conversation_id, "note", text=text, reply_to=reply_to, author_kind=principal.kind, moves=True
    )
    await record(
        tx,
        principal.workspace_id,
        [Change("message.created", message_id), Change("conversation.updated", conversation_id)],
    )
    return message_id


def check_note(text: str | None) -> None:
    if text is None or not text.strip() or len(text) > NOTE_LIMIT:
        message = f"A note has 1 to {NOTE_LIMIT} characters."
        raise Invalid(message, errors=[FieldError("text", message)])


async def write_system_message(
    tx: Connection,
    principal: Principal,
    conversation_id: UUID,
    kind: str,
    *,
    agent: tuple[UUID, str] | None = None,
    moves: bool = False,
) -> UUID:
    """`kind`: assigned, released, taken_over, closed, reopened, snoozed or asked. The reader's language is the console's
    business, so it has no text. The caller records the event."""
    system: dict[str, Any] = {"kind": kind, "by": {"id": principal.agent_id, "name": principal.name}}
    if agent is not None:
        system["agent"] = {"id": agent[0], "name": agent[1]}
    return await _write(tx, principal, conversation_id, "system", data={"system": system}, moves=moves)


async def _write(  # noqa: PLR0913
    tx: Connection,
    principal: Principal,
    conversation_id: UUID,
    kind: str,
    *,
    text: str | None = None,
    data: dict[str, Any] | None = None,
    reply_to: UUID | None = None,
    author_kind: str = "system",
    moves: bool,
) -> UUID:
    message_id = new_id()
    written = await tx.execute(
        Q.write_internal,
        {
            "workspace_id": principal.workspace_id,
            "conversation_id": conversation_id,
            "id": message_id,
            "type": kind,
            "text": text,
            "data": Jsonb(data or {}),
            "author_kind": author_kind,
            "author_id": None if author_kind == "system" else principal.agent_id,
            "reply_to": reply_to,
            "moves": moves,
            "now": clock.now(),
        },
    )
    if not written.rowcount:
        raise NotFound("There is no such conversation.")
    return message_id
