"""Every error is a problem+json, and none tells more than it should."""

from tests.support.web import Web
from tests.support.world import Workspace


async def test_nothing_at_an_address(web: Web) -> None:
    answer = await (await web.client()).get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


async def test_me(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.owner)
    answer = await client.get("me")
    assert answer.status_code == 200, answer.text
    assert answer.json()["agent"]["name"] == "Aoi"
