"""Quick replies: whose they are, who may change which, and how often they were used."""

from collections.abc import AsyncIterator

import pytest

from madoguchi.context import Context
from tests.support.live import Programs, running_programs
from tests.support.world import Workspace


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


async def test_own_and_shared_are_listed_others_are_not(web: Programs, workspace: Workspace) -> None:
    emma, ravi, ken = (web.client(p) for p in (workspace.agent, workspace.agent2, workspace.supervisor))
    own = await emma.post("/quick-replies", {"shortcut": "hours", "text": "8 to 19"})
    shared = await ken.post(
        "/quick-replies", {"shortcut": "営業時間", "text": "8時から", "scope": "shared", "folder": "店"}
    )
    assert (own.status, own.body["scope"], own.body["usage"]) == (201, "personal", 0)
    assert (shared.status, shared.body["scope"], shared.body["folder"]) == (201, "shared", "店")
    assert [r["shortcut"] for r in (await emma.get("/quick-replies")).body["items"]] == ["hours", "営業時間"]
    first = (await emma.get("/quick-replies", limit=1)).body
    rest = (await emma.get("/quick-replies", limit=1, cursor=first["next_cursor"])).body
    assert [r["shortcut"] for r in rest["items"]] == ["営業時間"]
    assert [r["shortcut"] for r in (await ravi.get("/quick-replies")).body["items"]] == ["営業時間"]
    assert (await ravi.patch(f"/quick-replies/{own.body['id']}", {"text": "x"})).status == 404
    assert (await ravi.post(f"/quick-replies/{own.body['id']}/used")).status == 404


async def test_shared_ones_are_a_supervisors(web: Programs, workspace: Workspace) -> None:
    emma, ken = web.client(workspace.agent), web.client(workspace.supervisor)
    refused = await emma.post("/quick-replies", {"shortcut": "hi", "text": "hi", "scope": "shared"})
    assert (refused.status, refused.body["code"]) == (403, "forbidden")
    shared = (await ken.post("/quick-replies", {"shortcut": "hi", "text": "hi", "scope": "shared"})).body
    assert (await emma.patch(f"/quick-replies/{shared['id']}", {"text": "bye"})).status == 403
    assert (await emma.delete(f"/quick-replies/{shared['id']}")).status == 403
    own = (await emma.post("/quick-replies", {"shortcut": "hi", "text": "mine"})).body
    assert (await emma.patch(f"/quick-replies/{own['id']}", {"scope": "shared"})).status == 403
    changed = await ken.patch(f"/quick-replies/{shared['id']}", {"text": "bye"})
    assert (changed.status, changed.body["text"], changed.body["shortcut"]) == (200, "bye", "hi")
    assert (await ken.delete(f"/quick-replies/{shared['id']}")).status == 204


async def test_uses_are_counted_and_shortcuts_are_unique(web: Programs, workspace: Workspace) -> None:
    emma = web.client(workspace.agent)
    reply = (await emma.post("/quick-replies", {"shortcut": "hi", "text": "{{contact.name}}"})).body
    for _ in range(2):
        assert (await emma.post(f"/quick-replies/{reply['id']}/used")).status == 204
    assert (await emma.get("/quick-replies")).body["items"][0]["usage"] == 2
    for body in (
        {"shortcut": "hi", "text": "again"},
        {"shortcut": "two words", "text": "x"},
        {"shortcut": "x", "text": ""},
    ):
        refused = await emma.post("/quick-replies", body)
        assert (refused.status, refused.body["code"]) == (422, "invalid"), body
    assert (await emma.post("/quick-replies", {"shortcut": "other", "text": "x"})).status == 201
