"""Why a conversation is closed: offered reasons, own words, required or not, and lists narrowed by it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.db.pool import Database
from tests.support.live import Client, Programs, running_programs
from tests.support.threads import Thread, make_thread, receive
from tests.support.world import Workspace


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


@pytest.fixture
async def ken(web: Programs, workspace: Workspace) -> Client:
    return web.client(workspace.supervisor)


async def close(client: Client, thread: Thread, reason: str = "") -> Any:
    return await client.patch(f"/conversations/{thread.id}", {"status": "closed", "reason": reason})


async def found(client: Client, **query: Any) -> list[str]:
    answer = await client.get("/conversations", **query)
    assert answer.status == 200, answer.body
    return [each["id"] for each in answer.body["items"]]


async def test_a_supervisor_says_which_reasons_there_are(web: Programs, workspace: Workspace, ken: Client) -> None:
    emma = web.client(workspace.agent)
    assert (await emma.get("/close-reasons")).body == {"items": [], "required": False}
    kept = await ken.put("/close-reasons", {"items": [" 解決済み ", "Spam"], "required": True})
    assert (kept.status, kept.body) == (200, {"items": ["解決済み", "Spam"], "required": True})
    assert (await emma.get("/close-reasons")).body == kept.body
    assert (await emma.put("/close-reasons", {"items": []})).status == 403
    for body, field in (
        ({"items": ["a", "a "]}, "items"),
        ({"items": [" "]}, "items"),
        ({"items": ["x" * 201]}, "items"),
        ({}, "items"),
    ):
        refused = await ken.put("/close-reasons", body)
        assert refused.status == 422, body
        assert refused.body["errors"][0]["field"].startswith(field), refused.body
    assert (await ken.get("/close-reasons")).body == kept.body
    entry = (await ken.get("/audit")).body["items"][0]
    assert (entry["action"], entry["data"]["items"]) == ("close_reasons.changed", ["解決済み", "Spam"])


async def test_what_it_was_closed_with_is_shown_and_found(ken: Client, database: Database, inbox: InboxConfig) -> None:
    a, b, c = [await make_thread(database, inbox) for _ in range(3)]
    assert (await close(ken, a, " Solved ")).body["close_reason"] == "Solved"
    assert (await close(ken, b)).body["close_reason"] is None
    await ken.post("/conversations/bulk", {"ids": [str(c.id)], "action": "close", "reason": "Spam"})
    assert await found(ken, close_reason="Solved") == [str(a.id)]
    assert await found(ken, close_reason="Spam", view="closed") == [str(c.id)]
    assert await found(ken, close_reason="Spam", status="open") == []
    assert await found(ken, close_reason="Spam", view="snoozed") == []
    saved = await ken.post("/views", {"name": "Solved", "filter": {"close_reason": "Solved"}, "shared": True})
    assert saved.status == 201, saved.body
    assert await found(ken, view_id=saved.body["id"]) == [str(a.id)]


async def test_a_label_leaves_the_reason_and_opening_takes_it(
    ken: Client, database: Database, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox)
    await close(ken, thread, "Solved")
    assert (await ken.patch(f"/conversations/{thread.id}", {"labels": ["vip"]})).body["close_reason"] == "Solved"
    assert (await close(ken, thread, "Something else")).body["close_reason"] == "Solved"
    opened = await ken.patch(f"/conversations/{thread.id}", {"status": "open"})
    assert opened.body["close_reason"] is None
    assert await found(ken, close_reason="Solved") == []
    assert (await close(ken, thread)).body["close_reason"] is None
    await receive(database, thread)
    assert (await ken.get(f"/conversations/{thread.id}")).status == 200


async def test_where_a_reason_is_required_nothing_is_closed_without(
    ken: Client, database: Database, inbox: InboxConfig
) -> None:
    a, b = await make_thread(database, inbox), await make_thread(database, inbox)
    await ken.put("/close-reasons", {"items": ["Solved"], "required": True})
    refused = await close(ken, a, " ")
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "reason")
    both = {"ids": [str(a.id), str(b.id)], "action": "close"}
    refused = await ken.post("/conversations/bulk", both)
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "reason")
    assert {(await ken.get(f"/conversations/{each.id}")).body["status"] for each in (a, b)} == {"open"}
    assert (await close(ken, a, "in my own words")).status == 200
    assert (await close(ken, a)).status == 200  # it is closed already
    assert (await ken.patch(f"/conversations/{b.id}", {"status": "snoozed"})).status == 200
    assert (await ken.post("/conversations/bulk", {**both, "reason": "Solved"})).body["done"] == 1
