"""Lists of contacts by label and attribute: right after every change, and read in order from an index."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from madoguchi.contacts.load import NEWEST, Q
from madoguchi.context import Context
from madoguchi.db.pool import Database
from tests.support.live import Client, running_programs
from tests.support.world import Workspace

_MANY = 20_000


@pytest.fixture
async def emma(context: Context, workspace: Workspace) -> AsyncIterator[Client]:
    async with running_programs(context) as programs:
        yield programs.client(workspace.supervisor)


async def names(emma: Client, **query: Any) -> list[str]:
    """All pages, two at a time."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await emma.get("/contacts", limit=2, **query, **cursor)
        assert answer.status == 200, answer.body
        found += [each["name"] for each in answer.body["items"]]
        if answer.body["next_cursor"] is None:
            return found
        cursor = {"cursor": answer.body["next_cursor"]}


async def test_filters_follow_every_change(emma: Client) -> None:
    ids = {}
    for name, labels, city in (("A", ["vip"], "Tokyo"), ("B", ["vip", "new"], "tokyo"), ("C", [], "Osaka")):
        made = await emma.post("/contacts", {"name": name, "labels": labels, "attributes": {"city": city}})
        ids[name] = made.body["id"]
    assert await names(emma, label="vip") == ["B", "A"]
    assert await names(emma, attribute="city:TOKYO") == ["B", "A"]
    assert await names(emma, label="new", attribute="city:tokyo") == ["B"]
    assert await names(emma, label="new", attribute="city:osaka") == []
    assert await names(emma, label="vip", q="a") == ["A"]
    await emma.patch(f"/contacts/{ids['A']}", {"labels": ["new"], "attributes": {"city": "Osaka"}})
    await emma.patch(f"/contacts/{ids['C']}", {"labels": ["vip"], "attributes": {"city": None}})
    assert await names(emma, label="vip") == ["C", "B"]
    assert await names(emma, label="new") == ["B", "A"]
    assert await names(emma, attribute="city:osaka") == ["A"]
    assert await names(emma, q="o", attribute="city:osaka") == []
    await emma.post(f"/contacts/{ids['B']}/merge", {"into": ids["C"]})
    assert await names(emma, label="vip") == ["C"]
    await emma.delete(f"/contacts/{ids['A']}")
    assert await names(emma, label="new") == []


async def test_a_long_value_and_a_strange_one_are_found(emma: Client) -> None:
    long = "え" * 900
    for name, value in (("long", long), ("other", long + "x"), ("number", 38), ("yes", True)):
        assert (await emma.post("/contacts", {"name": name, "attributes": {"x": value}})).status == 201
    assert await names(emma, attribute=f"x:{long[:300]}") == []
    assert await names(emma, attribute="x:38") == ["number"]
    assert await names(emma, attribute="x:TRUE") == ["yes"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (Q.page, {}),
        (Q.page_of_label, {"label": "vip"}),
        (Q.page_of_label, {"label": "rare"}),
        (Q.page_of_value, {"key": "city", "value": "tokyo"}),
        (Q.page_of_value, {"key": "number", "value": "23"}),
    ],
)
async def test_a_page_reads_what_it_shows(
    database: Database, workspace: Workspace, query: Any, wanted: dict[str, str]
) -> None:
    async with database.system() as tx:
        await tx.execute(
            "INSERT INTO contacts (workspace_id, id, name, labels, attributes, created_at, updated_at)"
            " SELECT %(w)s, md5('c' || g)::uuid, 'Person ' || g,"
            " CASE WHEN g %% 1000 = 1 THEN '{rare}'::text[] WHEN g %% 10 = 2 THEN '{vip}' ELSE '{}' END,"
            " CASE WHEN g %% 20 = 3 THEN jsonb_build_object('city', 'Tokyo', 'number', g) ELSE '{}' END, now(), now()"
            " FROM generate_series(1, %(n)s) g",
            {"w": workspace.id, "n": _MANY},
        )
        for table in ("contacts", "contact_labels", "contact_values"):
            await tx.execute(f"ANALYZE {table}")
    blank = {"label": None, "key": None, "value": "", "company_id": None, "channel": None}
    values = {"workspace_id": workspace.id, "before": NEWEST, "limit": 51, **blank, **wanted}
    async with database.workspace(workspace.id) as tx:
        found = await tx.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", values)
        row = await found.fetchone()
    assert row is not None
    nodes = list(walk(row["QUERY PLAN"][0]["Plan"]))
    assert not [node for node in nodes if node["Node Type"] in {"Seq Scan", "Sort"}], nodes
    assert max(node["Actual Rows"] for node in nodes) <= 60


def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(inner for each in node.get("Plans", []) for inner in walk(each))]
