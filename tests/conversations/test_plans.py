# ruff: noqa: S608 - the statements are put together from this file only
"""The cost of a list does not grow with the workspace: it reads the rows it shows, from an index."""

from collections.abc import Iterator
from typing import Any, LiteralString
from uuid import UUID

import pytest
from psycopg import AsyncConnection

from madoguchi.channels.base import InboxConfig
from madoguchi.conversations.load import Q
from madoguchi.db.pool import Connection, Database
from tests.support.world import Workspace

_MANY = 20_000
_LIMIT = 51
_NEWEST = UUID(int=(1 << 128) - 1)


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
            " last_message_id, last_activity_id, created_at, updated_at)"
            " SELECT %(w)s, thread, %(i)s, contact, CASE WHEN g %% 10 = 0 THEN 'closed' ELSE 'open' END,"
            " (ARRAY[%(a)s, %(b)s, NULL]::uuid[])[g %% 3 + 1], g %% 2, message, message, now(), now()"
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
    values: dict[str, Any] = {
        "workspace_id": workspace.id,
        "agent_id": workspace.agent.id,
        "inbox_id": None,
        "contact_ids": None,
        "label": None,
        "before": _NEWEST,
        "limit": _LIMIT,
    }
    async with database.workspace(workspace.id) as tx:
        for view in ("all", "mine", "unassigned"):
            for statuses in (["open"], ["open", "snoozed", "closed"]):
                read = await rows_read(tx, Q.page, values | {"view": view, "statuses": statuses})
                assert read <= len(statuses) * _LIMIT, (view, statuses)
        in_the_middle = values | {"view": "all", "statuses": ["open"], "before": UUID(int=1 << 127)}
        assert await rows_read(tx, Q.page, in_the_middle) <= _LIMIT
        one_inbox = values | {"view": "all", "statuses": ["open"], "inbox_id": inbox.id}
        assert await rows_read(tx, Q.page, one_inbox) <= _LIMIT
        counts = {"workspace_id": workspace.id, "agent_id": workspace.agent.id, "most": 1000}
        assert await rows_read(tx, Q.counts, counts) <= 3000


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
