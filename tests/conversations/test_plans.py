# ruff: noqa: S608 - the statements are put together from this file only
"""The cost of a list does not grow with the workspace: it reads the rows it shows, from an index."""

import hashlib
from collections.abc import Iterator
from typing import Any, LiteralString
from uuid import UUID

import pytest
from psycopg import AsyncConnection

from madoguchi.channels.base import InboxConfig
from madoguchi.conversations.filters import Filter, Sort
from madoguchi.conversations.load import Q
from madoguchi.conversations.pages import REACH, find_page
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection, Database
from tests.support.world import Workspace

_MANY = 20_000
_LIMIT = 51


async def fill(database: Database, workspace: Workspace, inbox: InboxConfig) -> None:
    """Conversations of which a third is unassigned and a tenth closed, each with one message."""
    values = {"w": workspace.id, "i": inbox.id, "a": workspace.agent.id, "b": workspace.agent2.id, "n": _MANY}
    made = "SELECT g, md5('c' || g)::uuid AS contact, md5('v' || g)::uuid AS thread, md5('m' || g)::uuid AS message"
    series = f"{made} FROM generate_series(1, %(n)s) g"
    async with database.system() as tx:
        await tx.execute(
            "INSERT INTO contacts (workspace_id, id, name, created_at, updated_at)"
            f" SELECT %(w)s, contact, 'Person ' || g, now(), now() FROM ({series}) s",
            values,
        )
        await tx.execute(
            "INSERT INTO conversations (workspace_id, id, inbox_id, contact_id, status, assignee_id, unread,"
            " labels, waiting_since, window_closes_at, last_message_id, last_activity_id, created_at, updated_at)"
            " SELECT %(w)s, thread, %(i)s, contact, CASE WHEN g %% 10 = 0 THEN 'closed' ELSE 'open' END,"
            " (ARRAY[%(a)s, %(b)s, NULL]::uuid[])[g %% 3 + 1], g %% 2,"
            " CASE WHEN g %% 5 = 1 THEN '{vip}'::text[] ELSE '{}' END, now() - g * interval '1 second',"
            " now() + g * interval '1 second', message, message, now(), now()"
            f" FROM ({series}) s",
            values,
        )
        await tx.execute(
            "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, status,"
            " author_kind, created_at)"
            f" SELECT %(w)s, message, thread, %(i)s, 'in', 'text', 'hi', 'received', 'contact', now() FROM ({series}) s",
            values,
        )


async def analyse(dsn: str) -> None:
    async with await AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("ANALYZE")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", []):
        yield from nodes(each)


async def rows_read(tx: Connection, query: LiteralString, values: dict[str, Any]) -> int:
    """Rows that scans of tables looked at, thrown away ones included."""
    cursor = await tx.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", values)
    row = await cursor.fetchone()
    assert row is not None
    scans = [node for node in nodes(row["QUERY PLAN"][0]["Plan"]) if "Relation Name" in node]
    assert scans
    return sum(
        int(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))) for node in scans
    )


async def test_lists_read_what_they_show(
    database: Database, dsn: str, workspace: Workspace, inbox: InboxConfig
) -> None:
    await fill(database, workspace, inbox)
    await analyse(dsn)
    emma = workspace.agent.principal
    async with database.workspace(workspace.id) as tx:
        for wanted in (
            Filter(status="open"),
            Filter(view="mine", status="open"),
            Filter(view="unassigned", status="open"),
            Filter(status="open", inbox_ids=[inbox.id]),
            Filter(status="open", labels_any=["vip"]),
        ):
            assert await page_cost(tx, emma, wanted, "newest") <= 4 * _LIMIT, wanted
        everything = Filter()
        assert await page_cost(tx, emma, everything, "newest") <= 3 * _LIMIT
        assert await page_cost(tx, emma, Filter(status="open"), "waiting") <= 2 * _LIMIT
        assert await page_cost(tx, emma, Filter(status="open"), "closing") <= 2 * _LIMIT
        # A filter that leaves nothing gives up after a bounded way, and goes on with the next page.
        assert await page_cost(tx, emma, Filter(status="open", attributes={"plan": "gold"}), "newest") <= 4 * REACH
        assert await page_cost(tx, emma, Filter(status="open", language="ja"), "newest") <= 4 * REACH
        found = await find_page(tx, emma, Filter(attributes={"plan": "gold"}), "newest", after=None, limit=50)
        assert (found.ids, found.next is not None) == ([], True)


class Spy:
    """A transaction that counts the rows its statements read."""

    def __init__(self, tx: Connection) -> None:
        self.tx = tx
        self.read = 0

    async def execute(self, query: LiteralString, values: dict[str, Any]) -> Any:
        if "conversation_counts" not in query:
            self.read += await rows_read(self.tx, query, values)
        return await self.tx.execute(query, values)


async def page_cost(tx: Connection, principal: Principal, wanted: Filter, sort: Sort) -> int:
    spy: Any = Spy(tx)
    found = await find_page(spy, principal, wanted, sort, after=None, limit=_LIMIT - 1)
    assert len(found.ids) == _LIMIT - 1 or wanted.attributes or wanted.language
    return int(spy.read)


@pytest.mark.parametrize("statistics", [True, False])
async def test_loading_reads_the_rows_asked_for(
    database: Database, dsn: str, workspace: Workspace, inbox: InboxConfig, *, statistics: bool
) -> None:
    await fill(database, workspace, inbox)
    if statistics:
        await analyse(dsn)
    async with database.workspace(workspace.id) as tx:
        rows = await (await tx.execute("SELECT id, last_message_id FROM conversations LIMIT 100")).fetchall()
        threads = {"workspace_id": workspace.id, "ids": [row["id"] for row in rows]}
        messages = {"workspace_id": workspace.id, "ids": [row["last_message_id"] for row in rows]}
        assert await rows_read(tx, Q.conversations, threads) <= 100 * 5
        assert await rows_read(tx, Q.messages, messages) <= 100 * 5


@pytest.mark.parametrize("statistics", [True, False])
async def test_a_page_of_a_thread_reads_that_page(
    database: Database, dsn: str, workspace: Workspace, inbox: InboxConfig, *, statistics: bool
) -> None:
    """Also where another thread was merged into it: as much again, and nothing of all the others."""
    await fill(database, workspace, inbox)
    ids = {"w": workspace.id, "i": inbox.id, "stays": md5("v1"), "gone": md5("v2")}
    async with database.system() as tx:
        await tx.execute(
            "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, status, author_kind,"
            " created_at) SELECT %(w)s, md5(thread || 'n' || g)::uuid, thread, %(i)s, 'in', 'text', 'hi', 'received',"
            " 'contact', now() FROM generate_series(1, 2000) g, unnest(ARRAY[%(stays)s, %(gone)s]::uuid[]) thread",
            ids,
        )
    if statistics:
        await analyse(dsn)
    wanted = {"workspace_id": workspace.id, "conversation_id": ids["stays"], "limit": _LIMIT}
    newest, oldest = UUID(int=(1 << 128) - 1), UUID(int=0)
    async with database.workspace(workspace.id) as tx:
        assert await rows_read(tx, Q.message_page, {**wanted, "before": newest}) <= _LIMIT
        assert await rows_read(tx, Q.messages_from, {**wanted, "from": oldest}) <= _LIMIT
        await tx.execute("UPDATE conversations SET survivor_id = %(stays)s, status = 'merged' WHERE id = %(gone)s", ids)
        assert await rows_read(tx, Q.message_page, {**wanted, "before": newest}) <= 2 * _LIMIT + 1
        assert await rows_read(tx, Q.messages_from, {**wanted, "from": oldest}) <= 2 * _LIMIT + 1


def md5(text: str) -> UUID:
    return UUID(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())
