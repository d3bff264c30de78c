"""Labels: how they look and which ones are offered. Supervisors look after them, everybody uses them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from msgspec import UNSET
from psycopg import errors
from psycopg.rows import DictRow

from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import stamped
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record
from madoguchi.labels.models import LabelOut, LabelPatch, NewLabel

Q = load_queries(__file__)


async def get_labels(
    tx: Connection, principal: Principal, *, after: tuple[str, str] | None, limit: int
) -> list[LabelOut]:
    """By category and name."""
    category, name = after or ("", "")
    values = {"workspace_id": principal.workspace_id, "category": category, "after": name, "limit": limit}
    return [LabelOut(**stamped(row)) for row in await (await tx.execute(Q.page, values)).fetchall()]


async def load_labels(tx: Connection, workspace_id: UUID, ids: Iterable[UUID]) -> list[LabelOut]:
    """Those that are there, in one statement; for the live events."""
    found = await tx.execute(Q.by_ids, {"workspace_id": workspace_id, "ids": list(ids)})
    return [LabelOut(**stamped(row)) for row in await found.fetchall()]


async def do_add(tx: Connection, principal: Principal, new: NewLabel) -> LabelOut:
    """Raises Forbidden, Invalid (the name is taken)."""
    _check_may_change(principal)
    values = _values(principal, new_id(), name=new.name, colour=new.colour, category=new.category)
    label = await _write(tx, Q.add, values)
    await _tell(tx, principal, "created", label.id, label.name)
    return label


async def do_change(tx: Connection, principal: Principal, label_id: UUID, patch: LabelPatch) -> LabelOut:
    """A new name goes to the conversations with the same commit. Raises NotFound, Forbidden, Invalid."""
    _check_may_change(principal)
    before = await _lock(tx, principal, label_id)
    given = {"name": patch.name, "colour": patch.colour, "category": patch.category}
    content = {key: before[key] if value is UNSET else value for key, value in given.items()}
    label = await _write(tx, Q.change, _values(principal, label_id, **content))
    if label.name != before["name"]:
        renamed = {"workspace_id": principal.workspace_id, "old": before["name"], "name": label.name}
        await tx.execute(Q.rename_on_contacts, renamed)
        await tx.execute(Q.rename_on_conversations, renamed)
    await _tell(tx, principal, "changed", label_id, label.name)
    return label


async def do_remove(tx: Connection, principal: Principal, label_id: UUID) -> None:
    """Takes it off every conversation too. Raises NotFound, Forbidden."""
    _check_may_change(principal)
    before = await _lock(tx, principal, label_id)
    await tx.execute(Q.remove, {"workspace_id": principal.workspace_id, "id": label_id})
    gone = {"workspace_id": principal.workspace_id, "name": before["name"]}
    await tx.execute(Q.take_off_contacts, gone)
    await tx.execute(Q.take_off_conversations, gone)
    await _tell(tx, principal, "deleted", label_id, before["name"])


def _check_may_change(principal: Principal) -> None:
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may change the labels that are offered.")


async def _lock(tx: Connection, principal: Principal, label_id: UUID) -> DictRow:
    row = await (await tx.execute(Q.lock, {"workspace_id": principal.workspace_id, "id": label_id})).fetchone()
    if row is None:
        raise NotFound("There is no such label.")
    return row


async def _write(tx: Connection, query: Any, values: dict[str, Any]) -> LabelOut:
    try:
        async with tx.transaction():
            row = await (await tx.execute(query, values)).fetchone()
    except errors.UniqueViolation:
        message = f"There is another label named {values['name']}."
        raise Invalid(message, errors=[FieldError("name", message)]) from None
    if row is None:
        raise NotFound("There is no such label.")
    return LabelOut(**stamped(row))


def _values(principal: Principal, label_id: UUID, **content: Any) -> dict[str, Any]:
    return {"workspace_id": principal.workspace_id, "id": label_id, "now": clock.now(), **content}


async def _tell(tx: Connection, principal: Principal, verb: str, label_id: UUID, name: str) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        f"label.{verb}",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="label",
        target_id=label_id,
        data={"name": name},
    )
    await record(tx, principal.workspace_id, [Change("label.updated", label_id)])
