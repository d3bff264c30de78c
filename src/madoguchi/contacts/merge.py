"""Two contacts that are one person: the one points to the other, and back.

Nothing but pointers is written (docs/adr/0014-merging-is-a-pointer.md): identities, conversations, consents and notes stay
with the contact they came with, so that inbound goes on finding its thread, each address keeps its own consent, and
un-merging restores exactly what was.
"""

from uuid import UUID

from msgspec import Struct
from psycopg.rows import DictRow

from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Invalid, NotFound
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record

Q = load_queries(__file__, "merge.sql")

_THREADS_TOLD = 200


class Merge(Struct, frozen=True, forbid_unknown_fields=True):
    """`into` is the contact that stays; where it was merged itself, its survivor."""

    into: UUID


async def get_group(tx: Connection, workspace_id: UUID, contact_id: UUID) -> list[UUID]:
    """The contact and everybody merged into it; empty when there is no such contact."""
    rows = await (await tx.execute(Q.group, {"workspace_id": workspace_id, "id": contact_id})).fetchall()
    return [row["id"] for row in rows]


async def get_reachable(tx: Connection, workspace_id: UUID, ids: list[UUID], channel: str) -> list[UUID]:
    values = {"workspace_id": workspace_id, "ids": ids, "channel": channel}
    return [row["id"] for row in await (await tx.execute(Q.reachable, values)).fetchall()]


async def do_merge(tx: Connection, principal: Principal, contact_id: UUID, into: UUID) -> UUID:
    """Returns the survivor's id. Raises NotFound, Invalid (no contact `into`), Conflict (merged already, a circle)."""
    places = await _lock(tx, principal, [contact_id, into])
    if into not in places:
        message = "There is no contact with this id."
        raise Invalid(message, errors=[FieldError("into", message)])
    survivor = places[into]["survivor_id"] or into
    if places[contact_id]["survivor_id"] is not None:
        raise Conflict("This contact is merged into another one already.", survivor=places[contact_id]["survivor_id"])
    if survivor == contact_id:
        raise Conflict("The two are one contact already.")
    values = {"workspace_id": principal.workspace_id, "id": contact_id, "into": survivor, "now": clock.now()}
    await tx.execute(Q.merge, values | {"by": principal.agent_id})
    await _tell(tx, principal, "merged", contact_id, survivor)
    return survivor


async def do_unmerge(tx: Connection, principal: Principal, contact_id: UUID) -> UUID:
    """Returns the former survivor's id. Raises NotFound, Conflict (it is not merged)."""
    place = (await _lock(tx, principal, [contact_id]))[contact_id]
    if place["merged_into"] is None:
        raise Conflict("This contact is not merged.")
    values = {"workspace_id": principal.workspace_id, "id": contact_id, "root": place["survivor_id"]}
    await tx.execute(Q.unmerge, values)
    survivor: UUID = place["survivor_id"]
    await _tell(tx, principal, "unmerged", contact_id, survivor)
    return survivor


async def _lock(tx: Connection, principal: Principal, ids: list[UUID]) -> dict[UUID, DictRow]:
    """The contacts' places, by id; the first of them is there."""
    scope = {"workspace_id": principal.workspace_id}
    await tx.execute(Q.one_at_a_time, scope)
    rows = await (await tx.execute(Q.places, scope | {"ids": ids})).fetchall()
    places = {row["id"]: row for row in rows}
    if ids[0] not in places:
        raise NotFound("There is no such contact.")
    return places


async def _tell(tx: Connection, principal: Principal, verb: str, contact_id: UUID, survivor: UUID) -> None:
    """Both contacts and the threads, whose contact is another one now."""
    await audit.record(
        tx,
        principal.workspace_id,
        f"contact.{verb}",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="contact",
        target_id=contact_id,
        data={"survivor": str(survivor)},
    )
    ids = [*await get_group(tx, principal.workspace_id, contact_id), survivor]
    values = {"workspace_id": principal.workspace_id, "ids": ids, "limit": _THREADS_TOLD}
    threads = await (await tx.execute(Q.conversations, values)).fetchall()
    changes = [Change("contact.updated", each) for each in (contact_id, survivor)]
    changes += [Change("conversation.updated", row["id"]) for row in threads]
    await record(tx, principal.workspace_id, changes)
