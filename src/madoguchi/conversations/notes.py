"""Internal notes, after they were written: their writer changes the words, and takes them back.

Colleagues have read them: who changes a note leaves the earlier words with it, as an edited message has them. A note that was
deleted leaves that it was there, and by whom it was deleted, and no words.
"""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from madoguchi.audit import service as audit
from madoguchi.conversations.internal import check_note, name_mentioned, remember_mentions
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, Forbidden, NotFound
from madoguchi.core.principal import Principal
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record
from madoguchi.search.again import look_again

Q = load_queries(__file__, "notes.sql")


class NotePatch(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole note anew: its words, and whom they name."""

    text: Annotated[str, Meta(max_length=10_000)]
    mentions: Annotated[list[UUID], Meta(max_length=50)] = []


async def do_change_note(tx: Connection, principal: Principal, note_id: UUID, patch: NotePatch) -> None:
    """Raises NotFound (no such note), Forbidden (somebody else's), Conflict (deleted), Invalid (the words)."""
    check_note(patch.text)
    row = await _lock(tx, principal, note_id)
    if not _is_own(principal, row):
        raise Forbidden("Only who wrote a note may change it.")
    if patch.text == row["text"]:
        return
    named = await name_mentioned(tx, principal.workspace_id, patch.mentions)
    data = {key: value for key, value in row["data"].items() if key != "mentions"}
    data |= {"mentions": named} if named else {}
    data["edited"] = _edited(row, patch.text)
    await _write(tx, principal, row, patch.text, data)
    known = {each["id"] for each in row["data"].get("mentions", [])}
    new = [each["id"] for each in named if str(each["id"]) not in known]
    await remember_mentions(tx, principal, row["conversation_id"], note_id, new)
    await _tell(tx, principal, row, "conversation.note_changed")


async def do_delete_note(tx: Connection, principal: Principal, note_id: UUID) -> None:
    """Raises NotFound (no such note), Forbidden (somebody else's, and no supervisor), Conflict (deleted already)."""
    row = await _lock(tx, principal, note_id)
    if not _is_own(principal, row) and not principal.may_supervise:
        raise Forbidden("Only who wrote a note, or a supervisor, may delete it.")
    await _write(tx, principal, row, None, {"revoked": {"at": rfc3339(clock.now()), "by": principal.name}})
    await _tell(tx, principal, row, "conversation.note_deleted")


async def _lock(tx: Connection, principal: Principal, note_id: UUID) -> DictRow:
    row = await (await tx.execute(Q.lock, {"workspace_id": principal.workspace_id, "id": note_id})).fetchone()
    if row is None or row["type"] != "note":
        raise NotFound("There is no such note.")
    if "revoked" in row["data"]:
        raise Conflict("This note was deleted.")
    return row


def _is_own(principal: Principal, row: DictRow) -> bool:
    return principal.agent_id is not None and row["author_id"] == principal.agent_id


def _edited(row: DictRow, text: str) -> dict[str, Any]:
    at = rfc3339(clock.now())
    before: Sequence[Any] = (row["data"].get("edited") or {}).get("versions") or [
        {"id": None, "at": rfc3339(row["created_at"]), "text": row["text"]}
    ]
    return {"at": at, "versions": [*before, {"id": None, "at": at, "text": text}]}


async def _write(tx: Connection, principal: Principal, row: DictRow, text: str | None, data: dict[str, Any]) -> None:
    values = {"workspace_id": principal.workspace_id, "id": row["id"], "text": text, "data": Jsonb(data)}
    await tx.execute(Q.change, values)
    await look_again(tx, [(principal.workspace_id, row["id"])])


async def _tell(tx: Connection, principal: Principal, row: DictRow, action: str) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        action,
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="conversation",
        target_id=row["conversation_id"],
        data={"message_id": str(row["id"])},
    )
    changes = [Change("message.updated", row["id"]), Change("conversation.updated", row["conversation_id"])]
    await record(tx, principal.workspace_id, changes)
