"""One telephone number, several channels, one person (docs/adr/0018-one-number-one-person.md).

A number that one channel's provider vouches for leads to the same contact on every other. What somebody typed leads nowhere.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from madoguchi.channels import registry
from madoguchi.contacts.load import get_contact
from madoguchi.conversations.models import Named
from madoguchi.core.phone import one_number, written_forms
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__, "numbers.sql")

PHONE = "phone"
"""The kind of identity that is a telephone number with its country code, digits only, on whichever channel."""


class Newcomer(NamedTuple):
    """Somebody whom the channel does not know yet, and their number as `one_number` writes it."""

    workspace_id: UUID
    channel: str
    number: str


class Known(NamedTuple):
    """Whether numbers meet in this workspace, and the one contact that has the number elsewhere."""

    meets: bool
    contact_id: UUID | None = None


class SameNumber(Struct, frozen=True):
    """Another contact with the same telephone number, `number` as `+81…`; `verified` when a provider vouches that it is theirs."""

    contact: Named
    number: str
    verified: bool


def number_of(kind: str, value: str) -> str | None:
    """None for an identity that is no telephone number, or not a whole one."""
    return one_number(value) if kind == PHONE else None


async def meet(tx: Connection, newcomers: Sequence[Newcomer]) -> list[Known]:
    """In the order of `newcomers`. Until the end of the transaction nobody else makes people out of the same numbers."""
    rows = [{"position": position, **one._asdict()} for position, one in enumerate(newcomers)]
    cursor = await tx.execute(Q.hold, {"rows": _json(rows)})
    meeting = {row["position"] for row in await cursor.fetchall()}
    found = await _holders(tx, newcomers, meeting) if meeting else {}
    return [Known(position in meeting, found.get(position)) for position in range(len(newcomers))]


async def _holders(tx: Connection, newcomers: Sequence[Newcomer], meeting: set[int]) -> dict[int, UUID]:
    """A statement of its own, after the locks: it sees what those who were waited for have written."""
    rows = [
        {"position": position, "workspace_id": one.workspace_id, "channel": one.channel, "value": value}
        for position, one in enumerate(newcomers)
        if position in meeting
        for value in written_forms(one.number)
    ]
    values = {"rows": _json(rows), "channels": sorted(registry.channels())}
    return {row["position"]: row["contact_id"] for row in await (await tx.execute(Q.holders, values)).fetchall()}


async def get_same_number(tx: Connection, workspace_id: UUID, contact_id: UUID) -> list[SameNumber]:
    """At most five. Nobody for a contact that is merged into another. Raises NotFound."""
    contact = await get_contact(tx, workspace_id, contact_id)
    numbers = {number_of(each.kind, each.value) for each in contact.identities if each.current}
    values = [form for number in numbers if number for form in written_forms(number)]
    if contact.survivor or not values:
        return []
    asked = {"workspace_id": workspace_id, "channels": sorted(registry.channels()), "values": values}
    asked["contact_ids"] = [contact.id, *(each.id for each in contact.merged)]
    rows = await (await tx.execute(Q.namesakes, asked)).fetchall()
    return [SameNumber(Named(row["id"], row["name"]), f"+{row['value']}", row["verified"]) for row in rows]


def _json(rows: list[dict[str, object]]) -> str:
    return msgspec.json.encode(rows).decode()
