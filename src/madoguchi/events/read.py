"""Reading the sequence: what came after a number, and whether that number can still be gone on from."""

from typing import NamedTuple
from uuid import UUID

from madoguchi.core.errors import Conflict
from madoguchi.db.pool import Connection
from madoguchi.events.service import Q


class Row(NamedTuple):
    seq: int
    type: str
    subject_id: UUID


class Bounds(NamedTuple):
    """`first` is the oldest event kept (`last` + 1 when none is)."""

    first: int
    last: int


async def get_bounds(tx: Connection, workspace_id: UUID) -> Bounds:
    row = await (await tx.execute(Q.bounds, {"workspace_id": workspace_id})).fetchone()
    return Bounds(row["first"], row["last"]) if row else Bounds(1, 0)


def check_since(bounds: Bounds, since: int) -> None:
    """Raises Conflict when events after `since` are gone, or when `since` never was."""
    if since > bounds.last:
        raise Conflict(f"There is no event {since} yet; the newest is {bounds.last}.", seq=bounds.last)
    if since < bounds.first - 1:
        raise Conflict("Events that old are not kept; read everything anew.", seq=bounds.last, first=bounds.first)


async def get_rows(tx: Connection, workspace_id: UUID, since: int, limit: int) -> list[Row]:
    parameters = {"workspace_id": workspace_id, "since": since, "limit": limit}
    rows = await (await tx.execute(Q.since, parameters)).fetchall()
    return [Row(row["seq"], row["type"], row["subject_id"]) for row in rows]


async def get_newest(tx: Connection, workspaces: list[UUID]) -> dict[UUID, int]:
    """The newest number of each workspace; needs a transaction that sees them all."""
    rows = await (await tx.execute(Q.newest, {"workspaces": workspaces})).fetchall()
    return {row["workspace_id"]: row["seq"] for row in rows}
