"""Messages that stay in the house: notes of agents, and what the system says about the conversation itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from madoguchi.conversations.load import Q
from madoguchi.conversations.merged import check_unmerged
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.events.service import Change, record

NOTE_LIMIT = 10_000


async def do_note(
    tx: Connection,
    principal: Principal,
    conversation_id: UUID,
    text: str | None,
    *,
    reply_to: UUID | None = None,
    mentions: Sequence[UUID] = (),
) -> UUID:
    """Any agent may add a note to any conversation; it is never sent. Returns the message's id.

    Raises NotFound, Invalid (the text, or somebody mentioned is no active agent).
    """
    check_note(text)
    named = await name_mentioned(tx, principal.workspace_id, mentions)
    message_id = await _write(
        tx,
        principal,
        conversation_id,
        "note",
        text=text,
        data={"mentions": named} if named else {},
        reply_to=reply_to,
        author_kind=principal.kind,
        moves=True,
    )
    await remember_mentions(tx, principal, conversation_id, message_id, [each["id"] for each in named])
    await record(
        tx,
        principal.workspace_id,
        [Change("message.created", message_id), Change("conversation.updated", conversation_id)],
    )
    return message_id


async def remember_mentions(
    tx: Connection, principal: Principal, conversation_id: UUID, message_id: UUID, agents: list[UUID]
) -> None:
    """For their list of mentions; nobody is told of their own."""
    values = {
        "workspace_id": principal.workspace_id,
        "conversation_id": conversation_id,
        "message_id": message_id,
        "agents": [agent for agent in agents if agent != principal.agent_id],
    }
    if values["agents"]:
        await tx.execute(Q.add_mentions, values)


async def name_mentioned(tx: Connection, workspace_id: UUID, mentions: Sequence[UUID]) -> list[dict[str, Any]]:
    """With the names they had when the note was written, each once."""
    wanted = list(dict.fromkeys(mentions))
    if not wanted:
        return []
    rows = await (await tx.execute(Q.active_agents, {"workspace_id": workspace_id, "ids": wanted})).fetchall()
    names = {row["id"]: row["name"] for row in rows}
    unknown = [i for i in wanted if i not in names]
    if unknown:
        message = f"There is no active agent with the id {unknown[0]}."
        raise Invalid(message, errors=[FieldError("mentions", message)])
    return [{"id": i, "name": names[i]} for i in wanted]


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
    **facts: Any,
) -> UUID:
    """`kind`: assigned, released, taken_over, closed, reopened, snoozed, woken or asked; `facts` as the kind has them
    (`until`, `reason`). The reader's language is the console's business, so it has no text. The caller records the event."""
    by = None if principal.kind == "system" else {"id": principal.agent_id, "name": principal.name}
    system: dict[str, Any] = {"kind": kind, "by": by, **facts}
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
        row = await (
            await tx.execute(Q.holder, {"workspace_id": principal.workspace_id, "id": conversation_id})
        ).fetchone()
        if row is not None:
            check_unmerged(row)
        raise NotFound("There is no such conversation.")
    return message_id
