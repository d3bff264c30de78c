"""What colleagues should know of a contact, whatever the conversation. Everybody reads and adds; an author changes."""

from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.rows import DictRow

from madoguchi.contacts.load import NEWEST
from madoguchi.contacts.merge import get_group
from madoguchi.conversations.models import Named
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import Timestamp, rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record

Q = load_queries(__file__, "notes.sql")

LONGEST = 10_000


class ContactNoteOut(Struct, frozen=True, kw_only=True):
    """`author` is null when a program wrote it."""

    id: UUID
    text: str
    author: Named | None
    created_at: Timestamp
    updated_at: Timestamp


class NoteText(Struct, frozen=True, forbid_unknown_fields=True):
    text: str


async def get_notes(
    tx: Connection, workspace_id: UUID, contact_id: UUID, *, before: UUID | None, limit: int
) -> tuple[list[ContactNoteOut], UUID | None]:
    """Newest first."""
    contact_ids = await get_group(tx, workspace_id, contact_id)
    if not contact_ids:
        raise NotFound("There is no such contact.")
    values = {"workspace_id": workspace_id, "contact_ids": contact_ids, "before": before or NEWEST, "limit": limit + 1}
    rows = await (await tx.execute(Q.page, values)).fetchall()
    return [_note(row) for row in rows[:limit]], rows[limit - 1]["id"] if len(rows) > limit else None


async def do_add_note(tx: Connection, principal: Principal, contact_id: UUID, text: str) -> ContactNoteOut:
    """Raises NotFound, Invalid."""
    note_id, now = new_id(), clock.now()
    values = {**_scope(principal, contact_id, note_id), "text": _checked(text), "now": now}
    if not (await tx.execute(Q.insert, values | {"author_id": principal.agent_id})).rowcount:
        raise NotFound("There is no such contact.")
    await record(tx, principal.workspace_id, [Change("contact.updated", contact_id)])
    return await _get(tx, principal, contact_id, note_id)


async def do_change_note(
    tx: Connection, principal: Principal, contact_id: UUID, note_id: UUID, text: str
) -> ContactNoteOut:
    """Raises NotFound, Forbidden (somebody else's), Invalid."""
    await _check_mine(tx, principal, contact_id, note_id)
    await tx.execute(Q.update, {**_scope(principal, contact_id, note_id), "text": _checked(text), "now": clock.now()})
    await record(tx, principal.workspace_id, [Change("contact.updated", contact_id)])
    return await _get(tx, principal, contact_id, note_id)


async def do_delete_note(tx: Connection, principal: Principal, contact_id: UUID, note_id: UUID) -> None:
    """One's own; a supervisor anybody's. Raises NotFound, Forbidden."""
    await _check_mine(tx, principal, contact_id, note_id, or_supervisor=True)
    await tx.execute(Q.delete, _scope(principal, contact_id, note_id))
    await record(tx, principal.workspace_id, [Change("contact.updated", contact_id)])


async def _check_mine(
    tx: Connection, principal: Principal, contact_id: UUID, note_id: UUID, *, or_supervisor: bool = False
) -> None:
    group = {"contact_ids": await get_group(tx, principal.workspace_id, contact_id)}
    row = await (await tx.execute(Q.lock, _scope(principal, contact_id, note_id) | group)).fetchone()
    if row is None:
        raise NotFound("There is no such note.")
    if row["author_id"] != principal.agent_id and not (or_supervisor and principal.may_supervise):
        raise Forbidden("Only its author may change a note.")


def _checked(text: str) -> str:
    if not text.strip() or len(text) > LONGEST:
        message = f"A note has 1 to {LONGEST} characters."
        raise Invalid(message, errors=[FieldError("text", message)])
    return text.strip()


def _scope(principal: Principal, contact_id: UUID, note_id: UUID) -> dict[str, Any]:
    return {"workspace_id": principal.workspace_id, "contact_id": contact_id, "id": note_id}


async def _get(tx: Connection, principal: Principal, contact_id: UUID, note_id: UUID) -> ContactNoteOut:
    upper = UUID(int=note_id.int + 1)
    found, _ = await get_notes(tx, principal.workspace_id, contact_id, before=upper, limit=1)
    return found[0]


def _note(row: DictRow) -> ContactNoteOut:
    return ContactNoteOut(
        id=row["id"],
        text=row["text"],
        author=Named(row["author_id"], row["author_name"]) if row["author_id"] else None,
        created_at=rfc3339(row["created_at"]),
        updated_at=rfc3339(row["updated_at"]),
    )
