"""Drafts: one's own, on every screen, and nobody else's business."""

from collections.abc import AsyncIterator

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Programs, running_programs
from tests.support.threads import make_thread
from tests.support.world import Workspace


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


async def test_a_draft_is_kept_changed_listed_and_dropped(
    web: Programs, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    emma, ravi = web.client(workspace.agent), web.client(workspace.agent2)
    threads = [await make_thread(database, inbox) for _ in range(2)]
    path = f"/conversations/{threads[0].id}/draft"
    assert (await emma.get(path)).status == 404
    for text in ("承知", "承知しました"):
        assert (await emma.put(path, {"text": text})).body["text"] == text
    await emma.put(f"/conversations/{threads[1].id}/draft", {"text": "other"})
    assert (await emma.get(path)).body["text"] == "承知しました"
    first = (await emma.get("/drafts", limit=1)).body
    rest = (await emma.get("/drafts", limit=1, cursor=first["next_cursor"])).body
    assert [each["text"] for each in first["items"] + rest["items"]] == ["承知しました", "other"]
    assert (await ravi.get("/drafts")).body["items"] == []
    assert (await ravi.get(path)).status == 404
    assert [(await emma.delete(path)).status for _ in range(2)] == [204, 204]
    assert (await emma.get(path)).status == 404


async def test_what_cannot_be_kept_is_refused(web: Programs, workspace: Workspace) -> None:
    emma = web.client(workspace.agent)
    assert (await emma.put(f"/conversations/{new_id()}/draft", {"text": "x"})).status == 404
    assert (await emma.put(f"/conversations/{new_id()}/draft", {"text": ""})).status == 422


async def test_another_screens_draft_is_not_replaced_unseen(
    web: Programs, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    emma = web.client(workspace.agent)
    path = f"/conversations/{(await make_thread(database, inbox)).id}/draft"
    first = (await emma.put(path, {"text": "on the desk", "seen": None})).body
    phone = (await emma.put(path, {"text": "on the phone", "seen": first["updated_at"]})).body
    for stale in (first["updated_at"], None):
        refused = await emma.put(path, {"text": "on the desk again", "seen": stale})
        assert (refused.status, refused.body["code"]) == (409, "draft_changed")
        assert refused.body["draft"] == phone
    assert (await emma.delete(path, seen=first["updated_at"])).body["draft"] == phone
    assert (await emma.get(path)).body == phone
    # The same words are no quarrel, and what is gone can be written anew.
    assert (await emma.put(path, {"text": "on the phone", "seen": None})).status == 200
    now = (await emma.get(path)).body["updated_at"]
    assert [(await emma.delete(path, seen=now)).status for _ in range(2)] == [204, 204]
    assert (await emma.put(path, {"text": "anew", "seen": now})).status == 200
