"""Teams: put together by supervisors, given conversations by whoever may move them."""

from collections.abc import AsyncIterator

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Programs, running_programs
from tests.support.threads import make_thread
from tests.support.world import Workspace, make_workspace


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


async def test_a_supervisor_puts_a_team_together(web: Programs, workspace: Workspace) -> None:
    ken, emma = web.client(workspace.supervisor), web.client(workspace.agent)
    body = {"name": "返品", "member_ids": [str(workspace.agent.id), str(workspace.agent.id)]}
    made = await ken.post("/teams", body)
    assert made.status == 201
    assert [each["name"] for each in made.body["members"]] == ["Emma"]
    assert (await emma.get("/teams")).body["items"] == [made.body]
    path = f"/teams/{made.body['id']}"
    both = [str(workspace.agent2.id), str(workspace.supervisor.id)]
    changed = (await ken.patch(path, {"name": "Returns", "member_ids": both})).body
    assert (changed["name"], [each["name"] for each in changed["members"]]) == ("Returns", ["Ken", "Ravi"])
    assert (await ken.patch(path, {"name": "Returns!"})).body["members"] == changed["members"]
    assert (await emma.post("/teams", {"name": "Mine"})).status == 403
    assert (await emma.delete(path)).status == 403


@pytest.mark.parametrize("body", [{"name": " "}, {"name": "x" * 61}, {"name": "Taken"}, {"name": "A", "more": 1}])
async def test_a_bad_team_is_refused(web: Programs, workspace: Workspace, body: dict[str, object]) -> None:
    ken = web.client(workspace.supervisor)
    await ken.post("/teams", {"name": "Taken"})
    refused = await ken.post("/teams", body)
    assert (refused.status, refused.body["code"]) == (422, "invalid")


async def test_a_stranger_is_no_member(web: Programs, workspace: Workspace, database: Database) -> None:
    ken, other = web.client(workspace.supervisor), await make_workspace(database, "Elsewhere")
    refused = await ken.post("/teams", {"name": "A", "member_ids": [str(other.agent.id)]})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "member_ids.0")
    assert (await ken.get("/teams")).body["items"] == []


async def test_a_conversation_is_given_to_a_team(
    web: Programs, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    ken, emma, ravi = (web.client(who) for who in (workspace.supervisor, workspace.agent, workspace.agent2))
    team = (await ken.post("/teams", {"name": "Returns"})).body
    thread = await make_thread(database, inbox)
    path = f"/conversations/{thread.id}/team"
    given = await emma.put(path, {"team_id": team["id"]})
    assert (given.status, given.body["team"]) == (200, {"id": team["id"], "name": "Returns"})
    told = (await emma.get(f"/conversations/{thread.id}/messages")).body["items"]
    assert [each["data"]["system"]["team"]["name"] for each in told] == ["Returns"]
    await emma.put(path, {"team_id": team["id"]})
    assert len((await emma.get(f"/conversations/{thread.id}/messages")).body["items"]) == 1
    await emma.post(f"/conversations/{thread.id}/claim", {})
    refused = await ravi.put(path, {"team_id": None})
    assert (refused.status, refused.body["code"]) == (409, "not_assignee")
    assert (await emma.put(path, {"team_id": str(new_id())})).body["errors"][0]["field"] == "team_id"
    assert (await ken.delete(f"/teams/{team['id']}")).status == 204
    left = (await ken.get(f"/conversations/{thread.id}")).body
    assert (left["team"], left["assignee"]["name"]) == (None, "Emma")


async def test_screens_hear_of_a_change(web: Programs, workspace: Workspace) -> None:
    ken = web.client(workspace.supervisor)
    seq = (await ken.get("/me")).body["seq"]
    made = (await ken.post("/teams", {"name": "Returns"})).body
    events = (await ken.get("/events", since=seq)).body["items"]
    assert [(each["type"], each["data"]) for each in events] == [("team.updated", made)]
