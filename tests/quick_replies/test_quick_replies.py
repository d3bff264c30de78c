"""Quick replies: whose they are, who may change which, and how often they were used."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from madoguchi.media.jobs import do_clean
from tests.media import files
from tests.support.live import Client, Programs, running_programs
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


async def test_files_stay_with_the_quick_reply_and_copies_are_sent(
    web: Programs, context: Context, workspace: Workspace, database: Database
) -> None:
    emma = web.client(workspace.agent)
    first, second = await upload(emma, "menu.pdf", files.PDF), await upload(emma, "map.png", files.picture("PNG"))
    made = await emma.post(
        "/quick-replies", {"shortcut": "menu", "text": "Our menu", "media_ids": [second["id"], first["id"]]}
    )
    assert (made.status, [file["name"] for file in made.body["files"]]) == (201, ["map.png", "menu.pdf"])
    assert made.body["files"][1] == first
    path = f"/quick-replies/{made.body['id']}"
    kept = await emma.patch(path, {"text": "Our new menu"})
    assert kept.body["files"] == made.body["files"]
    async with database.workspace(workspace.id) as tx:
        await tx.execute("UPDATE media SET created_at = created_at - interval '2 days'")
    assert await do_clean(context) == 0
    copy = await emma.post(f"/media/{first['id']}/copy")
    assert (copy.status, copy.body["name"], copy.body["size"]) == (201, "menu.pdf", first["size"])
    assert copy.body["id"] != first["id"]
    less = await emma.patch(path, {"media_ids": [first["id"]]})
    assert [file["id"] for file in less.body["files"]] == [first["id"]]
    assert (await emma.get("/quick-replies")).body["items"] == [less.body]
    # What no quick reply has any more goes like every upload that nobody used.
    assert await do_clean(context) == 1
    async with database.workspace(workspace.id) as tx:
        await tx.execute("UPDATE media SET created_at = created_at - interval '2 days'")
    assert (await emma.delete(path)).status == 204
    assert await do_clean(context) == 2
    assert (await emma.post(f"/media/{first['id']}/copy")).status == 404


async def test_files_that_are_not_there_are_refused(web: Programs, workspace: Workspace) -> None:
    emma = web.client(workspace.agent)
    file = await upload(emma, "menu.pdf", files.PDF)
    for ids in ([str(new_id())], [file["id"], str(new_id())], [file["id"]] * 11, ["nonsense"]):
        refused = await emma.post("/quick-replies", {"shortcut": "menu", "text": "x", "media_ids": ids})
        assert (refused.status, refused.body["code"]) == (422, "invalid"), ids
        assert refused.body["errors"][0]["field"].startswith("media_ids"), refused.body
    assert (await emma.get("/quick-replies")).body["items"] == []


async def upload(client: Client, name: str, content: bytes) -> Any:
    form = aiohttp.FormData()
    form.add_field("file", content, filename=name)
    answer = await client.ask("POST", "/media", data=form)
    assert answer.status == 201, answer.body
    return answer.body
