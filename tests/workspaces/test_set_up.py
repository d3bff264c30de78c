"""What an owner sets up by hand: the workspace, who works here, and who did what."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Client, Programs, running_programs
from tests.support.world import Workspace, make_workspace

PASSWORD = "a long enough password"


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as programs:
        yield programs


@pytest.fixture
async def aoi(programs: Programs, workspace: Workspace) -> Client:
    return programs.client(workspace.owner)


async def test_the_workspace_is_its_owners_to_describe(programs: Programs, aoi: Client, workspace: Workspace) -> None:
    body = {"name": " 港コーヒー ", "locale": "ja", "time_zone": "Asia/Tokyo", "country": "JP"}
    changed = (await aoi.patch("/workspace", body)).body
    assert changed == {"id": str(workspace.id), **body, "name": "港コーヒー", "meet_numbers": True, "logo": None}
    assert (await aoi.get("/me")).body["workspace"]["time_zone"] == "Asia/Tokyo"
    assert (await aoi.patch("/workspace", {"country": None})).body["country"] is None
    for wrong, field in (({"time_zone": "Mars/Base"}, "time_zone"), ({"country": "ZZ"}, "country")):
        assert (await aoi.patch("/workspace", wrong)).body["errors"][0]["field"] == field
    assert (await aoi.patch("/workspace", {"name": " "})).status == 422
    assert (await programs.client(workspace.supervisor).patch("/workspace", {"name": "x"})).status == 403
    assert (await programs.client(workspace.agent).get("/workspace")).body["name"] == "港コーヒー"


async def test_numbers_are_read_as_those_of_the_country(aoi: Client) -> None:
    await aoi.post("/attributes", {"key": "shop", "label": "Shop", "type": "phone"})
    body = {"name": "Ann", "attributes": {"shop": "090-1111-0001"}}
    assert (await aoi.post("/contacts", body)).status == 422
    await aoi.patch("/workspace", {"country": "JP"})
    assert (await aoi.post("/contacts", body)).body["attributes"] == {"shop": "+819011110001"}


async def test_an_invitation_works_once(programs: Programs, aoi: Client, workspace: Workspace) -> None:
    agent = (await aoi.post("/agents", {"name": "Mei", "email": "mei@example.com"})).body
    first = (await aoi.post(f"/agents/{agent['id']}/invitation")).body["url"].rpartition("/")[2]
    token = (await aoi.post(f"/agents/{agent['id']}/invitation")).body["url"].rpartition("/")[2]
    stranger = Client(programs.session, programs.base, "none")
    assert (await stranger.get(f"/invitations/{first}")).status == 404, "a new one takes the place of the last"
    invited = (await stranger.get(f"/invitations/{token}")).body
    assert invited == {"workspace": "Minato Coffee", "name": "Mei", "email": "mei@example.com"}
    assert (await stranger.post(f"/invitations/{token}", {"password": "short"})).status == 422
    answers = await asyncio.gather(*(stranger.post(f"/invitations/{token}", {"password": PASSWORD}) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [204, 404, 404, 404]
    signed_in = await stranger.post("/session", {"email": "mei@example.com", "password": PASSWORD})
    assert signed_in.status == 201
    assert (await stranger.get("/invitations/nonsense")).status == 404


async def test_an_invitation_ends(programs: Programs, aoi: Client, workspace: Workspace, database: Database) -> None:
    agent = (await aoi.post("/agents", {"name": "Mei", "email": "mei@example.com"})).body
    path = f"/agents/{agent['id']}/invitation"
    token = (await aoi.post(path)).body["url"].rpartition("/")[2]
    assert (await aoi.delete(path)).status == 204
    assert (await aoi.delete(path)).status == 404
    assert (await aoi.get(f"/invitations/{token}")).status == 404
    token = (await aoi.post(path)).body["url"].rpartition("/")[2]
    async with database.system() as tx:
        await tx.execute("UPDATE agent_invitations SET expires_at = %s", (clock.now() - timedelta(seconds=1),))
    assert (await aoi.get(f"/invitations/{token}")).status == 404
    token = (await aoi.post(path)).body["url"].rpartition("/")[2]
    assert (await aoi.delete(f"/agents/{agent['id']}")).status == 204
    assert (await aoi.post(f"/invitations/{token}", {"password": PASSWORD})).status == 404
    assert (await aoi.post(path)).status == 409
    boss = programs.client(workspace.supervisor)
    assert (await boss.post(f"/agents/{workspace.owner.id}/invitation")).status == 403
    assert (await boss.post(f"/agents/{new_id()}/invitation")).status == 404


async def test_the_audit_log_is_read_by_those_who_may(
    programs: Programs, aoi: Client, workspace: Workspace, database: Database
) -> None:
    await aoi.patch("/workspace", {"name": "Minato"})
    label = (await aoi.post("/labels", {"name": "vip"})).body
    page = (await aoi.get("/audit", limit=1)).body
    assert [(e["action"], e["actor_name"], e["target_id"]) for e in page["items"]] == [
        ("label.created", "Aoi", label["id"])
    ]
    rest = (await aoi.get("/audit", limit=1, cursor=page["next_cursor"])).body
    assert rest["items"][0]["data"] == {"name": "Minato"}
    assert len((await aoi.get("/audit", target_id=label["id"])).body["items"]) == 1
    assert (await programs.client(workspace.agent).get("/audit")).status == 403
    stranger = programs.client((await make_workspace(database, "Elsewhere")).owner)
    assert (await stranger.get("/audit")).body["items"] == []
