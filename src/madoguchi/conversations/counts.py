"""How many conversations there are in each place. Kept by the database with every change (`conversations_updated` and its
siblings in the migrations), folded here, and put right here should they ever be wrong."""

from collections import defaultdict
from uuid import UUID

import structlog
from psycopg.rows import DictRow

from madoguchi.conversations.models import Count, Counts, LabelCount, PlaceCount
from madoguchi.conversations.pages import Q
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection, Database

log = structlog.get_logger()

_NONE = Count(0, 0)


async def get_counts(tx: Connection, principal: Principal) -> Counts:
    """Exact, in two statements whose cost does not grow with the conversations."""
    values = {"workspace_id": principal.workspace_id, "agent_id": principal.agent_id}
    rows = await (await tx.execute(Q.counts, values)).fetchall()
    mentions = await (await tx.execute(Q.count_mentions, values)).fetchone()
    open_ones: dict[str, dict[str, Count]] = defaultdict(dict)
    for row in rows:
        if row["status"] == "open":
            open_ones[row["kind"]][row["key"]] = Count(row["total"], row["unread"])
    owners = open_ones["assignee"]
    return Counts(
        mine=owners.get(str(principal.agent_id), _NONE),
        unassigned=owners.get("", _NONE),
        all=open_ones["all"].get("", _NONE),
        mentions=Count(mentions["open"], mentions["unread"]) if mentions else _NONE,
        snoozed=_total(rows, "snoozed"),
        closed=_total(rows, "closed"),
        inboxes=_places(open_ones["inbox"]),
        teams=_places(open_ones["team"]),
        labels=[LabelCount(name, count.open, count.unread) for name, count in sorted(open_ones["label"].items())],
    )


def _total(rows: list[DictRow], status: str) -> int:
    return sum(row["total"] for row in rows if row["kind"] == "all" and row["status"] == status)


def _places(counts: dict[str, Count]) -> list[PlaceCount]:
    return [PlaceCount(UUID(key), count.open, count.unread) for key, count in sorted(counts.items())]


async def do_fold(db: Database) -> None:
    """Differences into the counts. Two at once share the work: a row is deleted by one of them only."""
    async with db.system() as tx:
        await tx.execute(Q.fold_counts)


async def do_recount(db: Database) -> int:
    """Counts all conversations and puts right what differs, while others write. Returns how many counts were wrong."""
    async with db.system() as tx:
        rows = await (await tx.execute(Q.workspaces)).fetchall()
    wrong = 0
    for row in rows:
        async with db.workspace(row["workspace_id"]) as tx:
            found = (await tx.execute(Q.recount, row)).rowcount
        if found:
            log.error(
                "maintained counts were wrong and are put right", workspace=str(row["workspace_id"]), counts=found
            )
        wrong += found
    return wrong
