"""Saved views: a filter and a sort under a name, an agent's own or everybody's."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from psycopg import errors
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from madoguchi.audit import service as audit
from madoguchi.conversations.filters import Filter, Sort
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import Timestamp, rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record

Q = load_queries(__file__, "views.sql")

ViewName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$", examples=["VIP waiting"])]


class ViewOut(Struct, frozen=True, kw_only=True):
    """`filter` as in the list's query, with `labels_any`, `inbox_ids` and so on for what can be repeated there.
    `position`: where it stands among the shared ones, or among one's own."""

    id: UUID
    name: str
    shared: bool
    filter: Filter
    sort: Sort
    position: int
    created_at: Timestamp
    updated_at: Timestamp


class NewView(Struct, forbid_unknown_fields=True):
    name: ViewName
    filter: Filter
    shared: bool = False
    sort: Sort = "newest"


class ViewPatch(Struct, forbid_unknown_fields=True):
    """What is absent stays."""

    name: ViewName | UnsetType = UNSET
    filter: Filter | UnsetType = UNSET
    shared: bool | UnsetType = UNSET
    sort: Sort | UnsetType = UNSET


class ViewOrder(Struct, forbid_unknown_fields=True):
    """The first views, in their order; those not named follow as they stood."""

    ids: Annotated[list[UUID], Meta(min_length=1, max_length=200)]


Place = tuple[bool, int, str, UUID]
"""Of a view in the list: own, position, name, id."""


async def get_views(tx: Connection, principal: Principal, *, after: Place | None, limit: int) -> list[ViewOut]:
    """The shared ones, then the caller's own, in their order."""
    own, position, name, last_id = after or (False, -1, "", UUID(int=0))
    place = {"after_own": own, "after_position": position, "after_name": name, "after_id": last_id}
    rows = await (await tx.execute(Q.page, _values(principal, limit=limit, **place))).fetchall()
    return [_out(row) for row in rows]


async def get_view(tx: Connection, principal: Principal, view_id: UUID) -> ViewOut:
    """Raises NotFound, also for somebody else's own."""
    return _out(await _row(tx, principal, view_id))


async def load_views(tx: Connection, workspace_id: UUID, ids: Iterable[UUID]) -> list[ViewOut]:
    """Shared ones only, in one statement; for the live events, which everybody hears."""
    rows = await (await tx.execute(Q.shared_by_ids, {"workspace_id": workspace_id, "ids": list(ids)})).fetchall()
    return [_out(row) for row in rows]


async def do_add(tx: Connection, principal: Principal, new: NewView) -> ViewOut:
    """Raises Forbidden (shared ones are a supervisor's to make), Invalid (the name is taken)."""
    owner_id = _owner(principal, shared=new.shared)
    values = _values(principal, id=new_id(), owner_id=owner_id, name=new.name, filter=_json(new.filter), sort=new.sort)
    view = await _write(tx, Q.add, values)
    await _tell(tx, principal, "created", view)
    return view


async def do_change(tx: Connection, principal: Principal, view_id: UUID, patch: ViewPatch) -> ViewOut:
    """Raises NotFound, Forbidden, Invalid (the name is taken)."""
    before = await _changeable(tx, principal, view_id)
    owner_id = before["agent_id"] if patch.shared is UNSET else _owner(principal, shared=patch.shared)
    values = _values(
        principal,
        id=view_id,
        owner_id=owner_id,
        name=before["name"] if patch.name is UNSET else patch.name,
        filter=Jsonb(before["filter"]) if patch.filter is UNSET else _json(patch.filter),
        sort=before["sort"] if patch.sort is UNSET else patch.sort,
    )
    view = await _write(tx, Q.change, values)
    await _tell(tx, principal, "changed", view, before_shared=before["agent_id"] is None)
    return view


async def do_order(tx: Connection, principal: Principal, order: ViewOrder) -> None:
    """Raises NotFound, Forbidden (the shared ones are a supervisor's to order)."""
    ids = list(dict.fromkeys(order.ids))
    rows = await (await tx.execute(Q.kinds, _values(principal, ids=ids))).fetchall()
    if len(rows) < len(ids):
        raise _missing()
    shared = any(row["agent_id"] is None for row in rows)
    if shared:
        _check_may_share(principal)
    own = any(row["agent_id"] is not None for row in rows)
    moved = await (await tx.execute(Q.reorder, _values(principal, ids=ids, shared=shared, own=own))).fetchall()
    changes = [Change("view.updated", row["id"]) for row in moved if row["agent_id"] is None]
    if changes:
        await record(tx, principal.workspace_id, changes)


async def do_remove(tx: Connection, principal: Principal, view_id: UUID) -> None:
    """Raises NotFound, Forbidden."""
    view = _out(await _changeable(tx, principal, view_id))
    await tx.execute(Q.remove, _values(principal, id=view_id))
    await _tell(tx, principal, "deleted", view)


async def _row(tx: Connection, principal: Principal, view_id: UUID) -> DictRow:
    row = await (await tx.execute(Q.one, _values(principal, id=view_id))).fetchone()
    if row is None:
        raise _missing()
    return row


async def _changeable(tx: Connection, principal: Principal, view_id: UUID) -> DictRow:
    row = await _row(tx, principal, view_id)
    if row["agent_id"] is None:
        _check_may_share(principal)
    return row


def _owner(principal: Principal, *, shared: bool) -> UUID | None:
    if shared:
        _check_may_share(principal)
        return None
    if principal.agent_id is None:
        raise Forbidden("Only an agent can have own views.")
    return principal.agent_id


def _check_may_share(principal: Principal) -> None:
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may change the shared views.")


async def _write(tx: Connection, query: Any, values: dict[str, Any]) -> ViewOut:
    try:
        async with tx.transaction():
            row = await (await tx.execute(query, values)).fetchone()
    except errors.UniqueViolation:
        message = f"There is another view named {values['name']}."
        raise Invalid(message, errors=[FieldError("name", message)]) from None
    if row is None:
        raise _missing()
    return _out(row)


async def _tell(tx: Connection, principal: Principal, verb: str, view: ViewOut, *, before_shared: bool = False) -> None:
    """A shared view is everybody's business, also when it has just ceased to be one; an own one is not even an event."""
    if not view.shared and not before_shared:
        return
    await audit.record(
        tx,
        principal.workspace_id,
        f"view.{verb}",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="view",
        target_id=view.id,
        data={"name": view.name},
    )
    await record(tx, principal.workspace_id, [Change("view.updated", view.id)])


def _values(principal: Principal, **more: Any) -> dict[str, Any]:
    return {"workspace_id": principal.workspace_id, "agent_id": principal.agent_id, "now": clock.now(), **more}


def _json(given: Filter) -> Jsonb:
    return Jsonb(msgspec.to_builtins(given))


def _missing() -> NotFound:
    return NotFound("There is no such view.")


def _out(row: DictRow) -> ViewOut:
    return ViewOut(
        id=row["id"],
        name=row["name"],
        shared=row["agent_id"] is None,
        filter=msgspec.convert(row["filter"], Filter),
        sort=row["sort"],
        position=row["position"],
        created_at=rfc3339(row["created_at"]),
        updated_at=rfc3339(row["updated_at"]),
    )
