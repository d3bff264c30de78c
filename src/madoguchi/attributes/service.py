"""Definitions of attributes, and contacts' values checked against them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from msgspec import UNSET

from madoguchi.attributes.models import AttributeOut, AttributePatch, NewAttribute
from madoguchi.attributes.values import Unfit, check_value, missing
from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import stamped
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record

Q = load_queries(__file__)

MOST = 100
# Where a workspace has not said its country: the one its language points to.
_COUNTRY_OF = {"ja": "JP"}


async def get_definitions(tx: Connection, workspace_id: UUID) -> list[AttributeOut]:
    """All of them, in the order they were made."""
    rows = await (await tx.execute(Q.all, {"workspace_id": workspace_id})).fetchall()
    return [AttributeOut(**stamped(row)) for row in rows]


async def load_definitions(tx: Connection, workspace_id: UUID, ids: Iterable[UUID]) -> list[AttributeOut]:
    rows = await (await tx.execute(Q.by_ids, {"workspace_id": workspace_id, "ids": list(ids)})).fetchall()
    return [AttributeOut(**stamped(row)) for row in rows]


async def get_region(tx: Connection, workspace_id: UUID) -> str | None:
    """The country whose numbers may be written without their code."""
    row = await (await tx.execute(Q.region, {"workspace_id": workspace_id})).fetchone()
    return (row["country"] or _COUNTRY_OF.get(row["locale"])) if row else None


async def check_attributes(
    tx: Connection, workspace_id: UUID, given: dict[str, Any], *, complete: bool
) -> dict[str, Any]:
    """Values as they are kept; null takes one away. `complete`: nothing required may be missing. Raises Invalid naming
    `attributes.<key>`."""
    definitions = {each.key: each for each in await get_definitions(tx, workspace_id)}
    region = await get_region(tx, workspace_id)
    kept, errors = dict(given), []
    for key, value in given.items():
        if key in definitions and value is not None:
            try:
                kept[key] = check_value(definitions[key], value, region)
            except Unfit as unfit:
                errors.append(FieldError(f"attributes.{key}", f"{definitions[key].label}: {unfit}"))
    asked = definitions.values() if complete else [each for each in definitions.values() if each.key in given]
    errors += [FieldError(f"attributes.{each.key}", f"{each.label} is required.") for each in missing(asked, kept)]
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return kept


async def do_add(tx: Connection, principal: Principal, new: NewAttribute) -> AttributeOut:
    """Raises Forbidden, Invalid, Conflict (100 of them)."""
    _check_may_change(principal)
    _check_options(new.type, new.options)
    count = await (await tx.execute(Q.count, {"workspace_id": principal.workspace_id})).fetchone()
    if count and count["n"] >= MOST:
        raise Conflict(f"A workspace has at most {MOST} attributes.")
    values = {
        "workspace_id": principal.workspace_id,
        "id": new_id(),
        "key": new.key,
        "label": new.label.strip(),
        "type": new.type,
        "options": list(dict.fromkeys(new.options)),
        "required": new.required,
        "now": clock.now(),
    }
    row = await (await tx.execute(Q.add, values)).fetchone()
    if row is None:
        message = f"There is another attribute with the key {new.key}."
        raise Invalid(message, errors=[FieldError("key", message)])
    await _tell(tx, principal, "created", row["id"], new.key)
    return AttributeOut(**stamped(row))


async def do_change(tx: Connection, principal: Principal, attribute_id: UUID, patch: AttributePatch) -> AttributeOut:
    """Raises NotFound, Forbidden, Invalid. Values that no longer fit stay until somebody changes them."""
    _check_may_change(principal)
    before = await _lock(tx, principal, attribute_id)
    given = {"label": patch.label, "options": patch.options, "required": patch.required}
    merged: dict[str, Any] = {key: before[key] if value is UNSET else value for key, value in given.items()}
    _check_options(before["type"], merged["options"])
    values = {"workspace_id": principal.workspace_id, "id": attribute_id, "now": clock.now(), **merged}
    row = await (await tx.execute(Q.change, values)).fetchone()
    if row is None:
        raise NotFound("There is no such attribute.")
    await _tell(tx, principal, "changed", attribute_id, before["key"])
    return AttributeOut(**stamped(row))


async def do_remove(tx: Connection, principal: Principal, attribute_id: UUID) -> None:
    """The contacts keep their values, which are then free. Raises NotFound, Forbidden."""
    _check_may_change(principal)
    before = await _lock(tx, principal, attribute_id)
    await tx.execute(Q.remove, {"workspace_id": principal.workspace_id, "id": attribute_id})
    await _tell(tx, principal, "deleted", attribute_id, before["key"])


def _check_may_change(principal: Principal) -> None:
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may change what is asked about contacts.")


def _check_options(kind: str, options: list[str]) -> None:
    if (kind == "list") != bool(options):
        message = "A list needs its options." if kind == "list" else "Only a list has options."
        raise Invalid(message, errors=[FieldError("options", message)])


async def _lock(tx: Connection, principal: Principal, attribute_id: UUID) -> dict[str, Any]:
    row = await (await tx.execute(Q.lock, {"workspace_id": principal.workspace_id, "id": attribute_id})).fetchone()
    if row is None:
        raise NotFound("There is no such attribute.")
    return row


async def _tell(tx: Connection, principal: Principal, verb: str, attribute_id: UUID, key: str) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        f"attribute.{verb}",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="attribute",
        target_id=attribute_id,
        data={"key": key},
    )
    await record(tx, principal.workspace_id, [Change("attribute.updated", attribute_id)])
