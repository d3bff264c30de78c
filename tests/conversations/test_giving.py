"""Who is there, whose customer it is, and conversations given out by rule."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from madoguchi.agents.presence import GONE_AFTER, do_notice_gone, do_seen
from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.conversations.giving import do_give, do_take_back
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from madoguchi.events.service import record
from tests.support.live import Client, Programs, running_programs
from tests.support.threads import Thread, make_thread
from tests.support.world import Person, Workspace, make_workspace


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as programs:
        yield programs


@pytest.fixture
async def boss(programs: Programs, workspace: Workspace) -> Client:
    return programs.client(workspace.supervisor)


async def set_rule(boss: Client, inbox: InboxConfig, **rule: Any) -> None:
    assert (await boss.put(f"/inboxes/{inbox.id}/assignment", rule)).status == 200


async def give(database: Database, workspace: Workspace, threads: list[Thread]) -> None:
    """As the job does it after the commit that brought the messages in."""
    async with database.workspace(workspace.id) as tx:
        changes = await do_give(tx, workspace.id, [each.id for each in threads])
        if changes:
            await record(tx, workspace.id, changes)


async def assignees(boss: Client, threads: list[Thread]) -> list[str | None]:
    found = [(await boss.get(f"/conversations/{each.id}")).body["assignee"] for each in threads]
    return [each and each["name"] for each in found]


async def connected(database: Database, *people: Person) -> None:
    for person in people:
        await do_seen(database, person.principal)


async def long_ago(database: Database, person: Person, minutes: int) -> None:
    async with database.system() as tx:
        await tx.execute(
            "UPDATE agent_presence SET seen_at = %(at)s,"
            " absent_since = CASE WHEN absent_since IS NOT NULL THEN %(at)s END WHERE agent_id = %(id)s",
            {"at": datetime.now(UTC) - timedelta(minutes=minutes), "id": person.id},
        )


async def test_presence_is_what_is_said_and_whether_a_console_is_there(
    programs: Programs, boss: Client, workspace: Workspace, database: Database
) -> None:
    emma, path = programs.client(workspace.agent), f"/agents/{workspace.agent.id}"
    assert (await boss.get(path)).body["availability"] == "offline"
    await connected(database, workspace.agent)
    assert (await boss.get(path)).body["availability"] == "available"
    assert (await emma.put(f"{path}/availability", {"availability": "away"})).body["availability"] == "away"
    await connected(database, workspace.agent)
    assert (await emma.get("/me")).body["agent"]["availability"] == "away"
    assert (await boss.put(f"{path}/availability", {"availability": "available"})).body["availability"] == "available"
    ravi = programs.client(workspace.agent2)
    assert (await ravi.put(f"{path}/availability", {"availability": "away"})).status == 403
    assert (await boss.put(f"/agents/{new_id()}/availability", {"availability": "away"})).status == 404
    assert (await emma.put(f"{path}/availability", {"availability": "asleep"})).status == 422


async def test_a_silent_console_is_offline_and_everybody_hears_of_it(
    boss: Client, workspace: Workspace, database: Database
) -> None:
    await connected(database, workspace.agent)
    seq = (await boss.get("/events", since=0)).body["seq"]
    assert await do_notice_gone(database) == 0
    await long_ago(database, workspace.agent, int(GONE_AFTER.total_seconds() // 60) + 1)
    assert await do_notice_gone(database) == 1
    assert await do_notice_gone(database) == 0
    events = (await boss.get("/events", since=seq)).body["items"]
    assert [(e["type"], e["data"]["availability"]) for e in events] == [("agent.updated", "offline")]


async def test_an_open_socket_makes_its_agent_present(programs: Programs, boss: Client, workspace: Workspace) -> None:
    """A program that listens with a token makes nobody present: only a console does."""
    async with programs.client(workspace.agent).live(clock=1) as live:
        await live.next()
        assert (await boss.get(f"/agents/{workspace.agent.id}")).body["availability"] == "offline"


async def test_in_turn_among_those_who_are_there(
    programs: Programs, boss: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    await set_rule(boss, inbox, mode="round_robin")
    await connected(database, workspace.agent, workspace.agent2, workspace.owner)
    owner = programs.client(workspace.owner)
    await owner.put(f"/agents/{workspace.owner.id}/availability", {"availability": "away"})
    threads = [await make_thread(database, inbox, f"P{n}") for n in range(4)]
    for each in threads:
        await give(database, workspace, [each])
    assert await assignees(boss, threads) == ["Emma", "Ravi", "Emma", "Ravi"]
    lines = (await boss.get(f"/conversations/{threads[0].id}/messages")).body["items"]
    assert lines[0]["data"]["system"] == {
        "kind": "assigned",
        "by": None,
        "agent": {"id": str(workspace.agent.id), "name": "Emma"},
        "why": "turn",
    }


async def test_whoever_has_the_fewest_up_to_their_capacity(
    boss: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    people = [str(workspace.agent.id), str(workspace.agent2.id)]
    await set_rule(boss, inbox, mode="least_open", capacity=2, agent_ids=people)
    await connected(database, workspace.agent, workspace.agent2, workspace.owner)
    threads = [await make_thread(database, inbox, f"P{n}") for n in range(6)]
    await give(database, workspace, threads)
    given = Counter(await assignees(boss, threads))
    assert given == {"Emma": 2, "Ravi": 2, None: 2}


async def test_many_at_once_exceed_no_capacity_and_give_nothing_twice(
    boss: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    await set_rule(boss, inbox, mode="least_open", capacity=3)
    await connected(database, workspace.agent, workspace.agent2)
    threads = [await make_thread(database, inbox, f"P{n}") for n in range(8)]
    await asyncio.gather(*(give(database, workspace, threads) for _ in range(6)))
    given = Counter(await assignees(boss, threads))
    assert given == {"Emma": 3, "Ravi": 3, None: 2}
    assert all([(await boss.get(f"/conversations/{t.id}")).body["claim"] <= 1 for t in threads])


async def test_a_customer_stays_with_their_agent(
    programs: Programs, boss: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    await set_rule(boss, inbox, keep_contacts=True)
    emma, ravi = programs.client(workspace.agent), programs.client(workspace.agent2)
    thread = await make_thread(database, inbox)
    await emma.post(f"/conversations/{thread.id}/claim")
    contact = f"/contacts/{thread.contact_id}"
    assert (await emma.get(contact)).body["owner"]["name"] == "Emma"
    await emma.put(f"/conversations/{thread.id}/assignee", {"agent_id": None})
    await ravi.post(f"/conversations/{thread.id}/claim")
    assert (await emma.get(contact)).body["owner"]["name"] == "Emma", "a colleague helping out changes nothing"
    await ravi.put(f"/conversations/{thread.id}/assignee", {"agent_id": None})

    await give(database, workspace, [thread])
    assert await assignees(boss, [thread]) == [None], "Emma is not there; manual otherwise"
    await connected(database, workspace.agent, workspace.agent2)
    await give(database, workspace, [thread])
    assert await assignees(boss, [thread]) == ["Emma"]

    moved = await emma.patch(contact, {"owner_id": str(workspace.agent2.id)})
    assert moved.body["owner"]["name"] == "Ravi"
    assert (await emma.patch(contact, {"owner_id": str(new_id())})).status == 422
    assert (await programs.client(workspace.owner).delete(f"/agents/{workspace.agent2.id}")).status == 204
    assert (await emma.get(contact)).body["owner"] is None


async def test_what_an_absent_agent_left_behind_goes_back(
    programs: Programs, boss: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    await set_rule(boss, inbox, when_absent="queue", absent_minutes=10)
    emma = programs.client(workspace.agent)
    await connected(database, workspace.agent)
    thread = await make_thread(database, inbox)
    await emma.post(f"/conversations/{thread.id}/claim")
    await emma.put(f"/agents/{workspace.agent.id}/availability", {"availability": "away"})
    await long_ago(database, workspace.agent, 9)
    assert await do_take_back(database) == 0
    await long_ago(database, workspace.agent, 11)
    assert await do_take_back(database) == 1
    now = (await boss.get(f"/conversations/{thread.id}")).body
    assert (now["assignee"], now["claim"]) == (None, 2)
    line = (await boss.get(f"/conversations/{thread.id}/messages")).body["items"][0]["data"]["system"]
    assert (line["kind"], line["by"], line["previous"]["name"]) == ("released", None, "Emma")
    late = await emma.post(f"/conversations/{thread.id}/messages", {"type": "text", "text": "late", "claim": 1})
    assert late.status == 409


async def test_it_goes_straight_to_the_next_where_the_inbox_gives_out(
    programs: Programs, boss: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    await set_rule(boss, inbox, mode="least_open", when_absent="queue", absent_minutes=1)
    await connected(database, workspace.agent, workspace.agent2)
    thread = await make_thread(database, inbox)
    emma = programs.client(workspace.agent)
    await emma.post(f"/conversations/{thread.id}/claim")
    await emma.put(f"/agents/{workspace.agent.id}/availability", {"availability": "offline"})
    await long_ago(database, workspace.agent, 2)
    assert await do_take_back(database) == 1
    assert await assignees(boss, [thread]) == ["Ravi"]


async def test_a_hand_over_says_why(
    programs: Programs, boss: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    emma = programs.client(workspace.agent)
    thread = await make_thread(database, inbox)
    path = f"/conversations/{thread.id}"
    await emma.post(f"{path}/claim")
    body = {"agent_id": str(workspace.agent2.id), "note": " She wants the blue one "}
    assert (await emma.put(f"{path}/assignee", body)).status == 200
    line = (await boss.get(f"{path}/messages")).body["items"][0]["data"]["system"]
    assert (line["kind"], line["note"], line["previous"]["name"]) == ("assigned", "She wants the blue one", "Emma")
    over = {"agent_id": str(workspace.supervisor.id), "take_over": True, "note": "I know her"}
    assert (await boss.put(f"{path}/assignee", over)).status == 200
    line = (await boss.get(f"{path}/messages")).body["items"][0]["data"]["system"]
    assert (line["kind"], line["note"], line["previous"]["name"]) == ("taken_over", "I know her", "Ravi")


async def test_rules_are_the_supervisors(
    programs: Programs, boss: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    emma, path = programs.client(workspace.agent), f"/inboxes/{inbox.id}/assignment"
    assert (await emma.get(path)).body["mode"] == "manual"
    assert (await emma.put(path, {"mode": "round_robin"})).status == 403
    assert (await boss.put(path, {"mode": "best"})).status == 422
    assert (await boss.put(path, {"capacity": 0})).status == 422
    assert (await boss.put(path, {"agent_ids": [str(new_id())]})).body["errors"][0]["field"] == "agent_ids"
    assert (await boss.put(f"/inboxes/{new_id()}/assignment", {})).status == 404
    stranger = programs.client((await make_workspace(database, "Elsewhere")).owner)
    assert (await stranger.get(path)).status == 404
    assert (await stranger.put(path, {})).status == 404
    assert (await stranger.put(f"/agents/{workspace.agent.id}/availability", {"availability": "away"})).status == 404


async def test_a_claim_waits_for_who_deletes_the_contact_and_holds_nothing_meanwhile(
    programs: Programs, boss: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    """Contacts before conversations, as a deletion takes them: neither waits for the other in a circle."""
    await set_rule(boss, inbox, keep_contacts=True)
    thread = await make_thread(database, inbox)
    emma = programs.client(workspace.agent)
    waiting = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid IN"
        " (SELECT l.pid FROM pg_locks l WHERE NOT l.granted)"
    )
    async with database.system() as tx:
        await tx.execute("SELECT 1 FROM contacts WHERE id = %s FOR UPDATE", (thread.contact_id,))
        claim = asyncio.create_task(emma.post(f"/conversations/{thread.id}/claim"))
        async with asyncio.timeout(30):
            while not await (await tx.execute(waiting)).fetchall():
                assert not claim.done()
                await asyncio.sleep(0)
        await tx.execute("SELECT 1 FROM conversations WHERE id = %s FOR UPDATE NOWAIT", (thread.id,))
    assert (await asyncio.wait_for(claim, 30)).status == 200
    assert (await emma.get(f"/contacts/{thread.contact_id}")).body["owner"]["name"] == "Emma"
