"""Many at once: the rules of one at a time, a result for each, one transaction."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Client, Programs, running_programs
from tests.support.threads import make_thread, receive
from tests.support.world import Workspace


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


@pytest.fixture
async def emma(web: Programs, workspace: Workspace) -> Client:
    return web.client(workspace.agent)


def outcomes(body: dict[str, Any]) -> list[str]:
    return [each["code"] or each["outcome"] for each in body["results"]]


async def test_each_has_its_own_result(
    web: Programs, emma: Client, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    ken = web.client(workspace.supervisor)
    mine, theirs, free = [await make_thread(database, inbox) for _ in range(3)]
    await emma.post(f"/conversations/{mine.id}/claim")
    await web.client(workspace.agent2).post(f"/conversations/{theirs.id}/claim")
    ids = [str(each) for each in (mine.id, theirs.id, free.id, new_id())]
    closed = await emma.post("/conversations/bulk", {"ids": ids, "action": "close", "reason": "done"})
    assert (closed.status, closed.body["done"]) == (200, 2)
    assert outcomes(closed.body) == ["done", "not_assignee", "done", "not_found"]
    assert (await emma.get(f"/conversations/{theirs.id}")).body["status"] == "open"
    told = (await emma.get(f"/conversations/{free.id}/messages")).body["items"][0]
    assert told["data"]["system"]["kind"] == "closed"
    assert told["data"]["system"]["reason"] == "done"
    again = await emma.post("/conversations/bulk", {"ids": ids[:1], "action": "close"})
    assert outcomes(again.body) == ["unchanged"]
    opened = await ken.post("/conversations/bulk", {"ids": ids[:3], "action": "reopen"})
    assert outcomes(opened.body) == ["done", "unchanged", "done"]


async def test_assigning_many_obeys_the_one_writer(
    web: Programs, emma: Client, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    ken, ravi = web.client(workspace.supervisor), web.client(workspace.agent2)
    a, b = await make_thread(database, inbox), await make_thread(database, inbox)
    await ravi.post(f"/conversations/{b.id}/claim")
    ids = [str(a.id), str(b.id)]
    me = {"action": "assign", "ids": ids, "agent_id": str(workspace.agent.id)}
    assert outcomes((await emma.post("/conversations/bulk", me)).body) == ["done", "not_assignee"]
    assert outcomes((await emma.post("/conversations/bulk", me | {"take_over": True})).body) == [
        "unchanged",
        "forbidden",
    ]
    claim = (await ken.get(f"/conversations/{b.id}")).body["claim"]
    assert outcomes((await ken.post("/conversations/bulk", me | {"take_over": True})).body) == ["unchanged", "done"]
    taken = (await ken.get(f"/conversations/{b.id}")).body
    assert (taken["assignee"]["name"], taken["claim"]) == ("Emma", claim + 1)
    refused = await ravi.post(f"/conversations/{b.id}/messages", {"type": "text", "text": "still me"})
    assert (refused.status, refused.body["code"]) == (409, "not_assignee")
    async with database.workspace(workspace.id) as tx:
        rows = await (
            await tx.execute("SELECT action FROM audit_entries WHERE target_id = %s ORDER BY id", (b.id,))
        ).fetchall()
    assert [row["action"] for row in rows] == ["conversation.assigned", "conversation.taken_over"]


async def test_labels_teams_snoozing_and_reading(
    web: Programs, emma: Client, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    team = (await web.client(workspace.supervisor).post("/teams", {"name": "Returns"})).body
    threads = [await make_thread(database, inbox) for _ in range(3)]
    await receive(database, threads[0])
    ids = [str(each.id) for each in threads]
    until = (clock.now() + timedelta(hours=3)).isoformat()
    for body, expected in (
        ({"action": "label", "label": "vip"}, ["done"] * 3),
        ({"action": "label", "label": "vip"}, ["unchanged"] * 3),
        ({"action": "unlabel", "label": "vip", "ids": ids[:1]}, ["done"]),
        ({"action": "team", "team_id": team["id"]}, ["done"] * 3),
        ({"action": "read"}, ["done", "unchanged", "unchanged"]),
        ({"action": "snooze", "snooze_until": until}, ["done"] * 3),
    ):
        answer = await emma.post("/conversations/bulk", {"ids": ids, **body})
        assert outcomes(answer.body) == expected, body
    last = (await emma.get(f"/conversations/{ids[1]}")).body
    assert (last["labels"], last["team"]["name"], last["status"]) == (["vip"], "Returns", "snoozed")
    assert (await emma.get(f"/conversations/{ids[0]}")).body["unread"] == 0


async def test_a_filter_takes_what_it_finds(emma: Client, database: Database, inbox: InboxConfig) -> None:
    a, b, _ = [await make_thread(database, inbox) for _ in range(3)]
    for each in (a, b):
        await emma.patch(f"/conversations/{each.id}", {"labels": ["old"]})
    answer = await emma.post("/conversations/bulk", {"filter": {"labels_any": ["old"]}, "action": "close"})
    assert (answer.body["done"], answer.body["more"]) == (2, False)
    assert (await emma.get("/conversations/counts")).body["all"]["open"] == 1


async def test_screens_hear_of_all_at_once(emma: Client, database: Database, inbox: InboxConfig) -> None:
    threads = [await make_thread(database, inbox) for _ in range(2)]
    seq = (await emma.get("/me")).body["seq"]
    await emma.post("/conversations/bulk", {"ids": [str(each.id) for each in threads], "action": "close"})
    events = (await emma.get("/events", since=seq)).body["items"]
    assert [each["type"] for each in events] == ["message.created"] * 2 + ["conversation.updated"] * 2


@pytest.mark.parametrize(
    "body",
    [
        {"action": "close"},
        {"action": "close", "ids": []},
        {"action": "close", "ids": [str(new_id()) for _ in range(201)]},
        {"action": "close", "ids": [str(new_id())], "filter": {}},
        {"action": "label", "ids": [str(new_id())], "label": " "},
        {"action": "assign", "ids": [str(new_id())], "agent_id": str(new_id())},
        {"action": "team", "ids": [str(new_id())], "team_id": str(new_id())},
        {"action": "snooze", "ids": [str(new_id())], "snooze_until": "2001-01-01T00:00:00Z"},
        {"action": "reopen", "ids": [str(new_id())], "reason": "why"},
        {"action": "explode", "ids": [str(new_id())]},
    ],
)
async def test_what_lacks_something_is_refused_as_a_whole(emma: Client, body: dict[str, Any]) -> None:
    assert (await emma.post("/conversations/bulk", body)).status == 422
