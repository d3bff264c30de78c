"""Conversations and messages over HTTP, as the console and programs use them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Client, Programs, running_programs
from tests.support.threads import Thread, make_thread, receive
from tests.support.world import Workspace, make_inbox, make_workspace


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


@pytest.fixture
async def emma(web: Programs, workspace: Workspace) -> Client:
    return web.client(workspace.agent)


@pytest.fixture
async def thread(database: Database, inbox: InboxConfig) -> Thread:
    return await make_thread(database, inbox)


async def ids(client: Client, **query: Any) -> list[str]:
    answer = await client.get("/conversations", **query)
    assert answer.status == 200, answer.body
    return [each["id"] for each in answer.body["items"]]


async def test_views_filters_and_order(
    emma: Client, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    second = await make_inbox(database, workspace.id, credentials={"phone_number_id": "2"})
    a, b, c, d = [await make_thread(database, box, name) for box, name in
                  ((inbox, "Ann"), (inbox, "Ben"), (second, "Cem"), (inbox, "Dov"))]  # fmt: skip
    await emma.post(f"/conversations/{b.id}/claim")
    await emma.patch(f"/conversations/{c.id}", {"labels": ["vip"]})
    await emma.patch(f"/conversations/{d.id}", {"status": "closed"})
    await receive(database, a)
    every = [str(t.id) for t in (a, d, c, b)]
    assert await ids(emma) == every
    assert await ids(emma, view="mine") == [str(b.id)]
    assert await ids(emma, view="unassigned") == [str(t.id) for t in (a, d, c)]
    assert await ids(emma, view="unassigned", status="open") == [str(t.id) for t in (a, c)]
    assert await ids(emma, inbox_id=second.id) == [str(c.id)]
    assert await ids(emma, label="vip") == [str(c.id)]
    for locale in ("ja-JP", "ja", "pt-BR"):
        await emma.patch(f"/contacts/{c.contact_id}", {"locale": locale})
        assert await ids(emma, language="ja") == ([str(c.id)] if locale.startswith("ja") else [])
    assert (await emma.get("/conversations", language="J")).status == 422
    assert await ids(emma, contact_id=a.contact_id) == [str(a.id)]
    counts = (await emma.get("/conversations/counts")).body
    assert counts == {
        "mine": {"open": 1, "unread": 0},
        "unassigned": {"open": 2, "unread": 1},
        "all": {"open": 3, "unread": 1},
        "mentions": {"open": 0, "unread": 0},
        "snoozed": 0,
        "closed": 1,
        "inboxes": [
            {"id": str(inbox.id), "open": 2, "unread": 1},
            {"id": str(second.id), "open": 1, "unread": 0},
        ],
        "teams": [],
        "labels": [{"name": "vip", "open": 1, "unread": 0}],
    }


async def test_search_finds_by_part_of_a_name_or_number(emma: Client, database: Database, inbox: InboxConfig) -> None:
    hanako = await make_thread(database, inbox, "佐藤 花子", phone="819011110001")
    await make_thread(database, inbox, "John", phone="447700900003")
    for q in ("花子", "+81 90-1111-0001", "9011110"):
        assert await ids(emma, q=q) == [str(hanako.id)], q
    assert await ids(emma, q="%") == []
    assert await ids(emma, q="nobody") == []


async def test_pages_meet_without_gap_or_double_while_things_move(
    emma: Client, database: Database, inbox: InboxConfig
) -> None:
    threads = [await make_thread(database, inbox) for _ in range(25)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = (await emma.get("/conversations", limit=10, **({"cursor": cursor} if cursor else {}))).body
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        await receive(database, threads[24])  # moves to the top, where we have been
    assert seen == [str(t.id) for t in reversed(threads)]
    assert (await emma.get("/conversations", cursor="bm9wZQ")).status == 422


async def test_a_thread_is_read_newest_first_by_pages(emma: Client, database: Database, thread: Thread) -> None:
    written = [str(await receive(database, thread, f"message {n}")) for n in range(7)]
    first = (await emma.get(f"/conversations/{thread.id}/messages", limit=4)).body
    rest = (await emma.get(f"/conversations/{thread.id}/messages", limit=4, cursor=first["next_cursor"])).body
    assert [each["id"] for each in first["items"] + rest["items"]] == written[::-1]
    assert rest["next_cursor"] is None
    one = await emma.get(f"/messages/{written[0]}")
    assert one.body == rest["items"][-1]
    assert (await emma.get(f"/conversations/{new_id()}/messages")).status == 404


async def test_a_claim_lost_names_the_winner(web: Programs, emma: Client, workspace: Workspace, thread: Thread) -> None:
    won = await emma.post(f"/conversations/{thread.id}/claim")
    again = await emma.post(f"/conversations/{thread.id}/claim")
    lost = await web.client(workspace.agent2).post(f"/conversations/{thread.id}/claim")
    assert (won.status, won.body["assignee"]["id"], won.body["claim"]) == (200, str(workspace.agent.id), 1)
    assert (again.status, again.body["claim"]) == (200, 1)
    assert (lost.status, lost.body["code"]) == (409, "already_claimed")
    assert lost.body["assignee"] == {"id": str(workspace.agent.id), "name": "Emma"}


async def test_only_the_assignee_writes_and_everybody_reads(
    web: Programs, emma: Client, workspace: Workspace, database: Database, thread: Thread
) -> None:
    await receive(database, thread)
    ravi = web.client(workspace.agent2)
    await emma.post(f"/conversations/{thread.id}/claim")
    sent = await emma.post(f"/conversations/{thread.id}/messages", {"type": "text", "text": "はい", "claim": 1})
    assert (sent.status, sent.body["status"], sent.body["text"]) == (201, "queued", "はい")
    refused = await ravi.post(f"/conversations/{thread.id}/messages", {"type": "text", "text": "me too"})
    assert (refused.status, refused.body["code"]) == (409, "not_assignee")
    assert refused.body["assignee"]["name"] == "Emma"
    read = await ravi.get(f"/conversations/{thread.id}/messages")
    assert read.body["items"][0]["id"] == sent.body["id"]


async def test_a_note_names_colleagues(emma: Client, workspace: Workspace, thread: Thread) -> None:
    ravi = str(workspace.agent2.id)
    note = await emma.post(
        f"/conversations/{thread.id}/messages", {"type": "note", "text": "@Ravi please", "mentions": [ravi, ravi]}
    )
    assert note.body["data"] == {"mentions": [{"id": ravi, "name": "Ravi"}]}
    refused = await emma.post(
        f"/conversations/{thread.id}/messages", {"type": "note", "text": "@x", "mentions": [str(new_id())]}
    )
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "mentions")


async def test_a_note_may_be_written_by_anyone_and_is_never_sent(
    web: Programs, emma: Client, workspace: Workspace, database: Database, thread: Thread
) -> None:
    await emma.post(f"/conversations/{thread.id}/claim")
    ravi = web.client(workspace.agent2)
    note = await ravi.post(f"/conversations/{thread.id}/messages", {"type": "note", "text": "VIP, be kind"})
    assert (note.status, note.body["type"], note.body["status"]) == (201, "note", "sent")
    assert (await ravi.post(f"/conversations/{thread.id}/messages", {"type": "note", "text": " "})).status == 422
    async with database.workspace(workspace.id) as tx:
        queued = await (await tx.execute("SELECT count(*) AS n FROM outbox")).fetchone()
    assert queued == {"n": 0}
    listed = (await emma.get(f"/conversations/{thread.id}")).body
    assert listed["last_message"]["text"] == "VIP, be kind"
    assert listed["assignee"]["name"] == "Emma"


async def test_the_same_key_sends_once(emma: Client, database: Database, thread: Thread) -> None:
    await receive(database, thread)
    path, body = f"/conversations/{thread.id}/messages", {"type": "text", "text": "once"}
    answers = await asyncio.gather(*(emma.post(path, body, key="k1") for _ in range(5)))
    assert len({answer.body["id"] for answer in answers}) == 1
    assert (await emma.post(path, {"type": "text", "text": "other"}, key="k1")).status == 422
    thread_now = (await emma.get(path)).body["items"]
    assert [each["text"] for each in thread_now if each["direction"] == "out" and each["type"] == "text"] == ["once"]


async def test_status_and_labels_change_with_a_word_in_the_thread(
    web: Programs, emma: Client, workspace: Workspace, thread: Thread
) -> None:
    closed = await emma.patch(f"/conversations/{thread.id}", {"status": "closed", "labels": ["vip", "vip ", "refund"]})
    assert (closed.body["status"], closed.body["labels"]) == ("closed", ["vip", "refund"])
    await emma.patch(f"/conversations/{thread.id}", {"status": "closed"})  # nothing new, nothing told
    await emma.patch(f"/conversations/{thread.id}", {"status": "open"})
    found = (await emma.get(f"/conversations/{thread.id}/messages")).body["items"]
    assert [each["data"]["system"]["kind"] for each in found] == ["reopened", "closed"]
    assert found[0]["data"]["system"]["by"]["name"] == "Emma"
    await emma.post(f"/conversations/{thread.id}/claim")
    ravi = web.client(workspace.agent2)
    assert (await ravi.patch(f"/conversations/{thread.id}", {"status": "closed"})).body["code"] == "not_assignee"
    assert (await ravi.patch(f"/conversations/{thread.id}", {"labels": [""]})).status == 422
    assert (await ravi.patch(f"/conversations/{thread.id}", {"status": "gone"})).status == 422


async def test_a_colleague_can_ask_for_it(web: Programs, emma: Client, workspace: Workspace, thread: Thread) -> None:
    ravi = web.client(workspace.agent2)
    assert (await ravi.post(f"/conversations/{thread.id}/ask")).status == 409
    await emma.post(f"/conversations/{thread.id}/claim")
    asked = await ravi.post(f"/conversations/{thread.id}/ask")
    assert asked.status == 201
    assert asked.body["data"]["system"] == {
        "kind": "asked",
        "by": {"id": str(workspace.agent2.id), "name": "Ravi"},
        "agent": {"id": str(workspace.agent.id), "name": "Emma"},
    }
    assert (await emma.post(f"/conversations/{thread.id}/ask")).status == 409


async def test_reading_tells_the_customer_once_and_only_by_the_assignee(
    web: Programs, emma: Client, workspace: Workspace, database: Database, thread: Thread
) -> None:
    first = await receive(database, thread)
    await receive(database, thread)
    newest = await receive(database, thread)
    await emma.post(f"/conversations/{thread.id}/claim")
    ravi = web.client(workspace.agent2)
    assert (await ravi.post(f"/conversations/{thread.id}/read")).status == 204
    assert (await emma.get(f"/conversations/{thread.id}")).body["unread"] == 3
    assert (await emma.post(f"/conversations/{thread.id}/read", {"up_to": str(first)})).status == 204
    assert (await emma.get(f"/conversations/{thread.id}")).body["unread"] == 2
    for _ in range(2):
        assert (await emma.post(f"/conversations/{thread.id}/read")).status == 204
    assert (await emma.get(f"/conversations/{thread.id}")).body["unread"] == 0
    async with database.system() as tx:
        jobs = await (await tx.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")).fetchall()
    assert [job["task_name"] for job in jobs] == ["messages.mark_read"] * 2
    assert [job["args"]["message_id"] for job in jobs] == [str(first), str(newest)]


async def test_typing_is_the_assignees(
    web: Programs, emma: Client, workspace: Workspace, database: Database, thread: Thread
) -> None:
    await receive(database, thread)
    assert (await emma.post(f"/conversations/{thread.id}/typing")).body["code"] == "not_assignee"
    await emma.post(f"/conversations/{thread.id}/claim")
    assert (await emma.post(f"/conversations/{thread.id}/typing")).status == 204
    assert (await web.client(workspace.agent2).post(f"/conversations/{thread.id}/typing")).status == 409
    async with database.system() as tx:
        jobs = await (await tx.execute("SELECT args FROM procrastinate_jobs")).fetchall()
    assert [job["args"]["typing"] for job in jobs] == [True]


async def test_send_by_address_makes_contact_and_conversation_once(
    emma: Client, inbox: InboxConfig, database: Database, workspace: Workspace
) -> None:
    async with database.workspace(workspace.id) as tx:
        await tx.execute(
            "INSERT INTO templates (workspace_id, id, inbox_id, name, language, category, status, components, synced_at)"
            """ VALUES (%s, %s, %s, 'hello', 'en', 'utility', 'approved', '[{"type":"BODY","text":"Hello"}]', now())""",
            (workspace.id, new_id(), inbox.id),
        )
    body = {
        "inbox_id": str(inbox.id),
        "to": "+81 90 1111 0009",
        "type": "template",
        "template": {"name": "hello", "language": "en"},
    }
    answers = [await emma.post("/messages", body) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201], answers[0].body["errors"]
    assert len({answer.body["conversation_id"] for answer in answers}) == 1
    refused = await emma.post("/messages", body | {"type": "text", "text": "free text", "template": None})
    assert (refused.status, refused.body["code"]) == (409, "window_closed")


async def test_tenants_never_meet(web: Programs, database: Database, workspace: Workspace, thread: Thread) -> None:
    message_id = await receive(database, thread)
    other = await make_workspace(database, "Elsewhere")
    await make_inbox(database, other.id)
    stranger = web.client(other.owner)
    assert await ids(stranger) == []
    assert await ids(stranger, contact_id=thread.contact_id) == []
    assert await ids(stranger, q="Hanako") == []
    assert (await stranger.get("/conversations/counts")).body["all"] == {"open": 0, "unread": 0}
    one = f"/conversations/{thread.id}"
    attempts = [
        stranger.get(one),
        stranger.patch(one, {"status": "closed"}),
        stranger.post(f"{one}/claim"),
        stranger.put(f"{one}/assignee", {"agent_id": str(other.owner.id), "take_over": True}),
        stranger.post(f"{one}/ask"),
        stranger.post(f"{one}/read"),
        stranger.post(f"{one}/typing"),
        stranger.get(f"{one}/messages"),
        stranger.post(f"{one}/messages", {"type": "text", "text": "hi"}),
        stranger.post(f"{one}/messages", {"type": "note", "text": "hi"}),
        stranger.get(f"/messages/{message_id}"),
        stranger.post(f"/messages/{message_id}/retry"),
    ]
    assert {(answer.status, answer.body["code"]) for answer in await asyncio.gather(*attempts)} == {(404, "not_found")}
    mine = web.client(workspace.agent)
    assert (await mine.get(one)).body["unread"] == 1
    assert len((await mine.get(f"{one}/messages")).body["items"]) == 1
