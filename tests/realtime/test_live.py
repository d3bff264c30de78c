"""No gap on the screen (invariant 7): real sockets, real notifications, writers that do not wait."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.tokens import new_token
from madoguchi.db.pool import Database
from madoguchi.events.service import Change, record
from tests.support.live import Client, Live, Programs, running_programs
from tests.support.threads import Thread, make_thread, receive, write_inbound
from tests.support.world import Workspace, make_inbox, make_workspace


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as programs:
        yield programs


@pytest.fixture
async def emma(programs: Programs, workspace: Workspace) -> Client:
    return programs.client(workspace.agent)


@pytest.fixture
async def thread(database: Database, inbox: InboxConfig) -> Thread:
    return await make_thread(database, inbox)


async def newest(client: Client) -> int:
    return int((await client.get("/events", since=0, limit=1)).body["seq"])


async def test_a_message_appears_at_once_and_whole(emma: Client, database: Database, thread: Thread) -> None:
    async with emma.live(since=await newest(emma)) as live:
        await asyncio.sleep(0.1)
        started = asyncio.get_running_loop().time()
        message_id = await receive(database, thread, "こんにちは")
        created, updated = await live.next(), await live.next()
        waited = asyncio.get_running_loop().time() - started
    assert (created["type"], created["data"]["text"]) == ("message.created", "こんにちは")
    assert created["data"] == (await emma.get(f"/messages/{message_id}")).body
    assert (updated["type"], updated["seq"]) == ("conversation.updated", created["seq"] + 1)
    assert updated["data"] == (await emma.get(f"/conversations/{thread.id}")).body
    assert waited < 0.8, "pushed by the commit's notification, not found by the poll"


async def test_without_since_it_begins_now(emma: Client, database: Database, thread: Thread) -> None:
    await receive(database, thread, "before")
    async with emma.live(clock=1) as live:
        hello, clock_frame = await live.next(), await live.next()
        await receive(database, thread, "after")
        first = await live.next()
    assert hello["type"] == "hello"
    assert hello["data"]["seq"] == first["seq"] - 1
    assert clock_frame["type"] == "clock"
    assert first["data"]["text"] == "after"


async def test_the_clock_is_told_again(emma: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async with emma.live(clock=1) as live:
        await live.next()
        before = await live.next()
        await asyncio.sleep(0.3)
        monkeypatch.setattr(clock, "offset", lambda: 86_400.0)  # somebody moves the virtual clock
        after = await live.next(2)
    assert before["type"] == after["type"] == "clock"


async def test_a_batch_is_one_array(emma: Client, database: Database, thread: Thread) -> None:
    await receive(database, thread)
    async with emma.live(since=0, batch=1) as live:
        caught_up = await live.next()
        await receive(database, thread)
        pushed = await live.next()
    assert [frame["seq"] for frame in caught_up] == [1, 2, 3]
    assert [frame["seq"] for frame in pushed] == [4, 5]


async def storm(database: Database, threads: list[Thread], seconds: float) -> None:
    """Several writers at once, some of whom roll back."""

    async def write(thread: Thread) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            try:
                async with database.workspace(thread.inbox.workspace_id) as tx:
                    written = [await write_inbound(tx, thread) for _ in range(random.randint(1, 4))]
                    changes = [Change("message.created", each) for each in written]
                    await record(tx, thread.inbox.workspace_id, [*changes, Change("conversation.updated", thread.id)])
                    if random.random() < 0.1:
                        raise RuntimeError("roll back")
            except RuntimeError:
                continue

    await asyncio.gather(*(write(thread) for thread in threads))


async def test_a_client_that_comes_and_goes_sees_every_number_once(
    emma: Client, database: Database, inbox: InboxConfig
) -> None:
    threads = [await make_thread(database, inbox) for _ in range(6)]
    start = await newest(emma)
    steady: list[dict[str, Any]] = []
    flighty: list[dict[str, Any]] = []

    async def listen(into: list[dict[str, Any]], patience: int) -> None:
        while True:
            async with emma.live(since=into[-1]["seq"] if into else start) as live:
                for _ in range(random.randint(1, patience)):
                    into.append(await live.next(60))  # noqa: PERF401 - what came before a cancellation counts

    listeners = [asyncio.create_task(listen(steady, 10**9)), asyncio.create_task(listen(flighty, 60))]
    await storm(database, threads, 4)
    last = await newest(emma)
    async with asyncio.timeout(60):
        while not (steady and flighty and steady[-1]["seq"] == last == flighty[-1]["seq"]):
            await asyncio.sleep(0.05)
            assert not any(task.done() for task in listeners), [t for t in listeners if t.done()]
    for task in listeners:
        task.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    expected = list(range(start + 1, last + 1))
    assert len(expected) > 100
    assert [frame["seq"] for frame in steady] == expected
    assert [frame["seq"] for frame in flighty] == expected


async def snapshot(client: Client) -> dict[str, Any]:
    found = {each["id"]: each for each in (await client.get("/conversations", limit=200)).body["items"]}
    for conversation in list(found):
        page = (await client.get(f"/conversations/{conversation}/messages", limit=200)).body
        found |= {each["id"]: each for each in page["items"]}
    return found


async def test_a_snapshot_and_the_events_after_it_make_a_fresh_snapshot(
    programs: Programs, emma: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    threads = [await make_thread(database, inbox) for _ in range(4)]
    people = [programs.client(each) for each in (workspace.agent, workspace.agent2, workspace.supervisor)]
    start = await newest(emma)
    known = await snapshot(emma)

    async def act(client: Client, thread: Thread) -> None:
        path = f"/conversations/{thread.id}"
        for _ in range(6):
            method, where, body = random.choice(
                [
                    ("POST", f"{path}/claim", None),
                    ("PUT", f"{path}/assignee", {"agent_id": None, "take_over": True}),
                    ("POST", f"{path}/messages", {"type": "note", "text": "hm"}),
                    ("POST", f"{path}/messages", {"type": "text", "text": "hello"}),
                    ("PATCH", path, {"labels": [random.choice("abc")]}),
                    ("PATCH", path, {"status": random.choice(["open", "closed"])}),
                    ("POST", f"{path}/read", None),
                    ("POST", f"{path}/ask", None),
                    ("PATCH", f"/contacts/{thread.contact_id}", {"name": random.choice(["Ann", "Bo"])}),
                ]
            )
            assert (await client.ask(method, where, json=body)).status < 500

    storming = [act(client, thread) for client in people for thread in threads]
    listening = [receive(database, thread) for thread in threads]
    await asyncio.gather(*storming, *listening)
    async with emma.live(since=start) as live:
        frames = await live.until(await newest(emma))
    for frame in frames:
        if frame["type"].startswith(("message.", "conversation.")):
            known[frame["data"]["id"]] = frame["data"]
    assert known == await snapshot(emma)


async def test_what_is_deleted_meanwhile_is_said_to_be(
    programs: Programs, workspace: Workspace, database: Database, thread: Thread
) -> None:
    message_id = await receive(database, thread)
    boss = programs.client(workspace.supervisor)
    assert (await boss.delete(f"/contacts/{thread.contact_id}")).status == 204
    last = await newest(boss)
    async with boss.live(since=0) as live:
        frames = await live.until(last)
    gone = {frame["data"]["id"] for frame in frames if frame["data"].get("deleted")}
    assert gone == {str(thread.id), str(message_id), str(thread.contact_id)}


@pytest.mark.parametrize(("since", "code"), [("10000000", 4409), ("-1", 4400), ("x", 4400), ("9" * 30, 4400)])
async def test_a_number_that_never_was_is_refused(emma: Client, thread: Thread, since: str, code: int) -> None:
    async with emma.live(since=since) as live:
        assert await live.closed() == code


async def test_a_number_too_old_is_refused(emma: Client, database: Database, thread: Thread) -> None:
    for _ in range(3):
        await receive(database, thread)
    async with database.system() as tx:
        await tx.execute("DELETE FROM events WHERE seq <= 4")
    for since, code in ((3, 4409), (0, 4409)):
        async with emma.live(since=since) as live:
            assert await live.closed() == code
    async with emma.live(since=4) as live:
        assert (await live.next())["seq"] == 5
    refused = await emma.get("/events", since=3)
    assert (refused.status, refused.body["code"], refused.body["seq"]) == (409, "conflict", 7)


async def test_a_stranger_is_told_why(emma: Client, programs: Programs) -> None:
    bad = {"Authorization": f"Bearer {'mdg_' + 'x' * 54}"}
    for headers in ({}, bad, {"Cookie": "madoguchi_session=nonsense"}):
        async with emma.live(headers=headers, since=0) as live:
            assert await live.closed() == 4401
    async with programs.session.ws_connect(f"{programs.base}/api/v1/live?since=0&token=abc") as connection:
        await connection.receive()
        assert connection.close_code == 4401


async def sign_in(database: Database, workspace: Workspace) -> str:
    session = new_token(workspace.id)
    now = clock.now()
    async with database.workspace(workspace.id) as tx:
        await tx.execute(
            "INSERT INTO sessions (workspace_id, digest, agent_id, created_at, expires_at) VALUES (%s, %s, %s, %s, %s)",
            (workspace.id, session.digest, workspace.agent.id, now, now + timedelta(days=30)),
        )
    return session.text


async def test_another_sites_page_cannot_ride_on_the_cookie(
    emma: Client, programs: Programs, database: Database, workspace: Workspace, thread: Thread
) -> None:
    cookie = {"Cookie": f"madoguchi_session={await sign_in(database, workspace)}"}
    async with emma.live(headers=cookie | {"Origin": "https://evil.example"}, since=0) as live:
        assert await live.closed() == 4403
    async with emma.live(headers=cookie | {"Origin": programs.base}, since=0) as live:
        assert (await live.next())["seq"] == 1


async def test_a_session_that_ends_ends_its_sockets(
    emma: Client, programs: Programs, database: Database, workspace: Workspace, thread: Thread
) -> None:
    cookie = {"Cookie": f"madoguchi_session={await sign_in(database, workspace)}"}
    async with emma.live(headers=cookie, since=0) as by_session, emma.live(since=0) as by_token:
        await by_session.next()
        await by_token.next()
        async with database.workspace(workspace.id) as tx:
            await tx.execute("DELETE FROM sessions WHERE agent_id = %s", (workspace.agent.id,))
            await tx.execute("UPDATE agents SET status = 'disabled' WHERE id = %s", (workspace.agent.id,))
        assert await by_session.closed() == 4401
        assert await by_token.closed() == 4401


async def test_tenants_never_meet_on_a_socket(
    programs: Programs, emma: Client, database: Database, workspace: Workspace, thread: Thread
) -> None:
    other = await make_workspace(database, "Elsewhere")
    theirs = await make_thread(database, await make_inbox(database, other.id), "Other")
    stranger = programs.client(other.owner)

    async def listen(live: Live) -> set[str]:
        return {(await live.next())["data"].get("conversation_id") for _ in range(10)}

    async with emma.live() as mine, stranger.live() as their_own:
        await asyncio.sleep(0.2)
        for _ in range(10):
            await asyncio.gather(receive(database, thread), receive(database, theirs))
        assert await listen(mine) <= {str(thread.id), None}
        assert await listen(their_own) <= {str(theirs.id), None}
    assert (await stranger.get("/events", since=0)).body["seq"] == 21


async def test_a_socket_that_does_not_read_is_closed_and_can_come_back(
    emma: Client, database: Database, thread: Thread
) -> None:
    start = await newest(emma)
    async with database.workspace(thread.inbox.workspace_id) as tx:
        written = [await write_inbound(tx, thread, "長" * 4000) for _ in range(100)]
    async with emma.live(since=start) as slow, emma.live(since=start) as quick:
        served = []
        for round_ in range(1, 31):  # 36 MB: more than the kernel and the hub hold together
            async with database.workspace(thread.inbox.workspace_id) as tx:
                await record(tx, thread.inbox.workspace_id, [Change("message.updated", each) for each in written])
            served += await quick.until(start + 100 * round_, 60)  # whoever reads is served meanwhile
        assert [frame["seq"] for frame in served] == list(range(start + 1, start + 3001))
        seen = [frame["seq"] async for frame in slow]
        assert slow.connection.close_code == 4408
    assert seen == list(range(start + 1, start + 1 + len(seen))), "what came before the end has no gap"
    async with emma.live(since=seen[-1]) as again:
        rest = await again.until(start + 3000)
    assert rest[0]["seq"] == seen[-1] + 1


async def test_numbers_of_events_follow_each_other(emma: Client, database: Database, thread: Thread) -> None:
    for _ in range(5):
        await receive(database, thread)
    seen: list[int] = []
    page = (await emma.get("/events", since=0, limit=4)).body
    seen += [each["seq"] for each in page["items"]]
    while page["next_cursor"]:
        page = (await emma.get("/events", since=0, limit=4, cursor=page["next_cursor"])).body
        seen += [each["seq"] for each in page["items"]]
    assert seen == list(range(1, 12))
    assert all(b - a == 1 for a, b in pairwise(seen))
