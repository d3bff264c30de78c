"""Whole contacts by id, and pages of them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.rows import DictRow

from madoguchi.contacts.models import ContactOut, IdentityOut, MergedContact
from madoguchi.conversations.models import Named
from madoguchi.core.errors import NotFound
from madoguchi.core.phone import digits_of
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)
M = load_queries(__file__, "merge.sql")

NEWEST = UUID(int=(1 << 128) - 1)
SEARCH_REACH = 10_000
_SHORTEST_PHONE = 5


class Wanted(Struct, frozen=True, kw_only=True):
    """The filters of a list; None means any. `key` and `value` name one attribute."""

    q: str | None = None
    company_id: UUID | None = None
    channel: str | None = None
    label: str | None = None
    key: str | None = None
    value: str = ""


async def load_contacts(tx: Connection, workspace_id: UUID, ids: Iterable[UUID]) -> list[ContactOut]:
    """In the order of `ids`; those that are not there are left out. Three statements."""
    distinct = list(dict.fromkeys(ids))
    if not distinct:
        return []
    wanted: dict[str, Any] = {"workspace_id": workspace_id, "ids": distinct}
    rows = {row["id"]: row for row in await (await tx.execute(Q.contacts, wanted)).fetchall()}
    merged = await (await tx.execute(M.members, wanted)).fetchall()
    shown_under: dict[UUID, list[UUID]] = {i: [i] for i in distinct}
    for row in merged:
        shown_under[row["survivor_id"]].append(row["id"])
    everybody = [*distinct, *(row["id"] for row in merged)]
    identities: dict[UUID, list[IdentityOut]] = defaultdict(list)
    for row in await (await tx.execute(Q.identities, wanted | {"ids": everybody})).fetchall():
        identities[row["contact_id"]].append(_identity(row))
    return [
        _contact(
            rows[i],
            [identity for each in shown_under[i] for identity in identities.get(each, [])],
            [_merged(row) for row in merged if row["survivor_id"] == i],
        )
        for i in distinct
        if i in rows
    ]


async def get_contact(tx: Connection, workspace_id: UUID, contact_id: UUID) -> ContactOut:
    found = await load_contacts(tx, workspace_id, [contact_id])
    if not found:
        raise NotFound("There is no such contact.")
    return found[0]


async def get_page(
    tx: Connection, workspace_id: UUID, wanted: Wanted, *, before: UUID | None, limit: int
) -> tuple[list[ContactOut], UUID | None]:
    """Newest first; the second value is the key to go on `before`, None on the last page."""
    parameters = {"workspace_id": workspace_id, "before": before or NEWEST, "limit": limit + 1, **filters(wanted)}
    needle = (wanted.q or "").strip().lower()
    listing = Q.page_of_label if wanted.label is not None else Q.page_of_value if wanted.key is not None else Q.page
    if needle:
        recent = await _ids(tx, listing, parameters | {"limit": SEARCH_REACH})
        ids = await _ids(tx, Q.search, parameters | {"needle": needle, "exact": _exact(needle), "recent": recent})
    else:
        ids = await _ids(tx, listing, parameters)
    page = await load_contacts(tx, workspace_id, ids[:limit])
    return page, ids[limit - 1] if len(ids) > limit else None


async def _ids(tx: Connection, query: Any, values: dict[str, Any]) -> list[UUID]:
    return [row["id"] for row in await (await tx.execute(query, values, binary=True)).fetchall()]


def filters(wanted: Wanted) -> dict[str, Any]:
    return {
        "company_id": wanted.company_id,
        "channel": wanted.channel,
        "label": wanted.label,
        "key": wanted.key,
        "value": wanted.value.strip().lower(),
    }


def _exact(needle: str) -> list[str]:
    digits = digits_of(needle)
    return [needle, digits] if len(digits) >= _SHORTEST_PHONE else [needle]


def _contact(row: DictRow, identities: list[IdentityOut], merged: list[MergedContact]) -> ContactOut:
    return ContactOut(
        id=row["id"],
        name=row["name"],
        locale=row["locale"],
        attributes=row["attributes"],
        labels=row["labels"],
        company=Named(row["company_id"], row["company_name"]) if row["company_id"] else None,
        owner=Named(row["owner_id"], row["owner_name"]) if row["owner_id"] else None,
        identities=identities,
        merged=merged,
        survivor=Named(row["survivor_id"], row["survivor_name"]) if row["survivor_id"] else None,
        created_at=rfc3339(row["created_at"]),
        updated_at=rfc3339(row["updated_at"]),
    )


def _merged(row: DictRow) -> MergedContact:
    return MergedContact(
        id=row["id"],
        name=row["name"],
        merged_into=row["merged_into"],
        merged_at=rfc3339(row["merged_at"]),
        by=Named(row["merged_by"], row["merged_by_name"]) if row["merged_by"] else None,
    )


def _identity(row: DictRow) -> IdentityOut:
    return IdentityOut(
        row["id"], row["channel"], row["scope"], row["kind"], row["value"], row["verified"], row["current"]
    )
