"""Finding the conversations of a page: which way in, which index, and where the page ends.

A list has one order, whatever way leads to it, and a cursor is a place in that order: the ways may change from page to
page as counts change, and nothing is shown twice or left out.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.rows import DictRow

from madoguchi.conversations.filters import Filter, Sort
from madoguchi.core import clock
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__, "lists.sql")

# How many rows one page looks at when a filter leaves little; more come with the next page.
REACH = 3_000
# Up to so many, all that a way leads to is read and sorted.
FEW = 1_000

_NEWEST = UUID(int=(1 << 128) - 1)
_FIRST = UUID(int=0)
_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
_NO_WAY: dict[str, Any] = {"by_owner": None, "by_free": False, "by_inbox": None, "by_team": None, "by_contact": None}


class Place(Struct, frozen=True, array_like=True):
    """After which row a page begins. First come the rows that the sort is about, by `at` and `id`; then the rest, the
    newest activity first, by `id`. `now` is the moment the list was opened: what it calls closing stays so."""

    rest: bool
    at: datetime
    id: UUID
    now: datetime


class Found(Struct, frozen=True):
    """`next` None: this was the last page."""

    ids: list[UUID]
    next: Place | None


class Way(Struct, frozen=True):
    """A way in: what leads to a set of conversations through an index of its own."""

    kind: str
    key: str
    values: dict[str, Any]
    size: int = 0


async def find_page(
    tx: Connection, principal: Principal, wanted: Filter, sort: Sort, *, after: Place | None, limit: int
) -> Found:
    now = after.now if after else clock.now()
    finder = _Finder(tx, principal, wanted, sort, now, limit)
    return await finder.run(after or finder.beginning())


class _Finder:
    def __init__(
        self, tx: Connection, principal: Principal, wanted: Filter, sort: Sort, now: datetime, limit: int
    ) -> None:
        self._tx = tx
        self._principal = principal
        self._wanted = wanted
        # Only open conversations wait or close.
        self._sort: Sort = sort if "open" in wanted.statuses else "newest"
        self._now = now
        self._limit = limit
        self._values: dict[str, Any] = {}

    def beginning(self) -> Place:
        if self._sort == "newest":
            return self._rest()
        return Place(False, _NO_TIME if self._sort == "waiting" else self._now, _FIRST, self._now)

    def _rest(self) -> Place:
        return Place(True, _NO_TIME, _NEWEST, self._now)

    async def run(self, place: Place) -> Found:
        wanted = self._wanted
        if wanted.view == "mine" and self._principal.agent_id is None:
            return Found([], None)
        inboxes = await self._inboxes()
        self._values = wanted.parameters(self._principal, inboxes, self._now) | _NO_WAY | {"most": FEW + 1}
        if wanted.view == "mentions":
            return await self._mentioned(place)
        ways = self._ways(inboxes)
        way = ways[0] if ways else None
        narrow = wanted.narrows_beyond(way.kind if way else "")
        if narrow or self._sort != "newest":
            few = await self._few(ways)
            if few is not None:
                return self._cut_few(few, place)
            way = await self._narrowest(ways)
            narrow = wanted.narrows_beyond(way.kind if way else "")
        if not place.rest and self._sort != "newest":
            found = await self._urgent(place)
            if len(found.ids) >= self._limit or (found.next and not found.next.rest):
                return found
            rest = await self._newest(way, self._rest(), self._limit - len(found.ids))
            return Found([*found.ids, *rest.ids], rest.next)
        return await self._newest(way, place, self._limit, narrow=narrow)

    async def _inboxes(self) -> list[UUID] | None:
        wanted = self._wanted
        if wanted.channel is None:
            return wanted.inbox_ids
        values = {"workspace_id": self._principal.workspace_id, "channel": wanted.channel}
        there = [row["id"] for row in await self._rows(Q.channel_inboxes, values)]
        return there if wanted.inbox_ids is None else [i for i in there if i in wanted.inbox_ids]

    def _ways(self, inboxes: list[UUID] | None) -> list[Way]:
        wanted, ways = self._wanted, list[Way]()
        if wanted.contact_id:
            ways.append(Way("contact", "", {"by_contact": wanted.contact_id}))
        if owner := wanted.owner(self._principal):
            ways.append(Way("assignee", str(owner), {"by_owner": owner}))
        if wanted.team_id:
            ways.append(Way("team", str(wanted.team_id), {"by_team": wanted.team_id}))
        if wanted.label:
            ways.append(Way("label", wanted.label, {"by_label": wanted.label}))
        if inboxes is not None and len(inboxes) == 1:
            ways.append(Way("inbox", str(inboxes[0]), {"by_inbox": inboxes[0]}))
        if wanted.view == "unassigned":
            ways.append(Way("assignee", "", {"by_free": True}))
        return ways

    async def _narrowest(self, ways: Sequence[Way]) -> Way | None:
        if len(ways) < 2:
            return ways[0] if ways else None
        return min(await self._sized(ways), key=lambda way: way.size)

    async def _sized(self, ways: Sequence[Way]) -> list[Way]:
        keys = [f"{way.kind}:{way.key}" for way in ways]
        rows = await self._rows(Q.sizes, self._values | {"ways": keys})
        sizes = {(row["kind"], row["key"]): row["total"] for row in rows}
        return [Way(way.kind, way.key, way.values, sizes.get((way.kind, way.key), 0)) for way in ways]

    async def _few(self, ways: Sequence[Way]) -> list[DictRow] | None:
        """All that is wanted, when some way leads to few; None when none does."""
        ids = await self._few_ids()
        if ids is not None:
            return await self._rows(Q.few_by_ids, self._values | {"ids": ids})
        contact = next((way for way in ways if way.kind == "contact"), None)
        way = contact or await self._narrowest_few(ways)
        if way is None:
            return None
        if way.kind == "label":
            rows = await self._rows(Q.ids_with_label, self._values | way.values)
            return await self._rows(Q.few_by_ids, self._values | {"ids": [row["id"] for row in rows]})
        return await self._rows(Q.few, self._values | way.values)

    async def _narrowest_few(self, ways: Sequence[Way]) -> Way | None:
        small = [way for way in await self._sized(ways) if way.size <= FEW] if ways else []
        return min(small, key=lambda way: way.size) if small else None

    async def _few_ids(self) -> list[UUID] | None:
        wanted = self._wanted
        if wanted.draft:
            return [row["id"] for row in await self._rows(Q.ids_with_draft, self._values)]
        if wanted.failed:
            rows = await self._rows(Q.ids_with_failure, self._values)
            return [row["id"] for row in rows] if len(rows) <= FEW else None
        if wanted.needles:
            rows = await self._rows(Q.ids_of_known, self._values)
            if rows:
                self._values |= {"needle": None}  # the whole number was found; nothing else is looked for
                return [row["id"] for row in rows]
        return None

    def _cut_few(self, rows: Sequence[DictRow], place: Place) -> Found:
        places = sorted(((self._place_of(row), row["id"]) for row in rows), key=lambda pair: _order(pair[0]))
        left = [pair for pair in places if _order(pair[0]) > _order(place)]
        shown = left[: self._limit]
        return Found([i for _, i in shown], shown[-1][0] if len(left) > self._limit else None)

    def _place_of(self, row: DictRow) -> Place:
        at = row["waiting_since"] if self._sort == "waiting" else row["window_closes_at"]
        urgent = self._sort != "newest" and row["status"] == "open" and at is not None
        if urgent and (self._sort == "waiting" or at > self._now):
            return Place(False, at, row["id"], self._now)
        return Place(True, _NO_TIME, row["last_activity_id"], self._now)

    async def _urgent(self, place: Place) -> Found:
        """Those the sort is about. `next` not at the rest: there are more of them, or perhaps more of them."""
        query, end = (Q.waiting, Q.waiting_end) if self._sort == "waiting" else (Q.closing, Q.closing_end)
        values = self._values | {"after": place.at, "after_id": place.id, "reach": REACH, "limit": self._limit + 1}
        values["statuses"] = ["open"]
        rows = await self._rows(query, values)
        if len(rows) > self._limit:
            rows = rows[: self._limit]
            return Found([row["id"] for row in rows], Place(False, rows[-1]["at"], rows[-1]["id"], self._now))
        ended = await self._rows(end, values)
        after = Place(False, ended[0]["at"], ended[0]["id"], self._now) if ended else None
        return Found([row["id"] for row in rows], after or self._rest())

    async def _newest(self, way: Way | None, place: Place, limit: int, *, narrow: bool = True) -> Found:
        filtered = narrow or self._sort != "newest"
        label = way is not None and way.kind == "label"
        query, end = (Q.newest_of_label, Q.newest_of_label_end) if label else (Q.newest, Q.newest_end)
        values = self._values | (way.values if way else {}) | {
            "before": place.id,
            "limit": limit + 1,
            "reach": REACH if filtered else limit + 1,
            "rest_of": None if self._sort == "newest" else self._sort,
        }  # fmt: skip
        rows = await self._rows(query, values)
        if len(rows) > limit:
            return self._ending(rows[:limit], rows[limit - 1]["last_activity_id"])
        if not filtered:
            return self._ending(rows, None)
        ended = await self._rows(end, values)
        if not ended:
            return self._ending(rows, None)
        border = ended[0]["last_activity_id"]
        return self._ending([row for row in rows if row["last_activity_id"] >= border], border)

    def _ending(self, rows: Sequence[DictRow], last: UUID | None) -> Found:
        return Found([row["id"] for row in rows], Place(True, _NO_TIME, last, self._now) if last else None)

    async def _mentioned(self, place: Place) -> Found:
        rows = await self._rows(Q.mentioned, self._values | {"before": place.id, "limit": self._limit + 1})
        shown = rows[: self._limit]
        more = len(rows) > self._limit
        return Found([row["id"] for row in shown], Place(True, _NO_TIME, shown[-1]["at"], self._now) if more else None)

    async def _rows(self, query: Any, values: dict[str, Any]) -> list[DictRow]:
        return await (await self._tx.execute(query, values)).fetchall()


def _order(place: Place) -> tuple[bool, datetime, int]:
    """The rest comes after, the newest first."""
    return place.rest, place.at, -place.id.int if place.rest else place.id.int
