"""Out of sight until a time or the next message; closed with a reason."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.conversations.snooze import do_wake_due
from madoguchi.core import clock
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Database
from tests.support.live import Client, Programs, running_programs
from tests.support.threads import Thread, make_thread
from tests.support.world import Workspace


@pytest.fixture
async def emma(context: Context, workspace: Workspace) -> AsyncIterator[Client]:
    async with running_programs(context) as web:
        programs: Programs = web
        yield programs.client(workspace.agent)


@pytest.fixture
async def thread(database: Database, inbox: InboxConfig) -> Thread:
    return await make_thread(database, inbox)


async def notice(emma: Client, thread: Thread) -> dict[str, object]:
    found: dict[str, object] = (await emma.get(f"/conversations/{thread.id}/messages")).body["items"][0]["data"][
        "system"
    ]
    return found


async def test_it_wakes_when_its_time_has_come(
    emma: Client, database: Database, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = clock.now() + timedelta(hours=2)
    snoozed = await emma.patch(f"/conversations/{thread.id}", {"status": "snoozed", "snooze_until": until.isoformat()})
    assert (snoozed.status, snoozed.body["status"], snoozed.body["snoozed_until"]) == (200, "snoozed", rfc3339(until))
    assert (await notice(emma, thread))["until"] == rfc3339(until)
    assert await do_wake_due(database) == 0
    seq = (await emma.get("/me")).body["seq"]
    monkeypatch.setattr(clock, "now", lambda: until + timedelta(seconds=1))
    assert [await do_wake_due(database) for _ in range(2)] == [1, 0]
    woken = (await emma.get(f"/conversations/{thread.id}")).body
    assert (woken["status"], woken["snoozed_until"]) == ("open", None)
    assert await notice(emma, thread) == {"kind": "woken", "by": None}
    events = (await emma.get("/events", since=seq)).body["items"]
    assert [each["type"] for each in events] == ["message.created", "conversation.updated"]


async def test_another_time_counts_and_none_waits_for_the_customer(
    emma: Client, database: Database, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    for hours in (1, 3):
        body = {"status": "snoozed", "snooze_until": (now + timedelta(hours=hours)).isoformat()}
        assert (await emma.patch(f"/conversations/{thread.id}", body)).status == 200
    forever = await emma.patch(f"/conversations/{thread.id}", {"status": "snoozed"})
    assert (forever.body["status"], forever.body["snoozed_until"]) == ("snoozed", None)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=30))
    assert await do_wake_due(database) == 0


async def test_a_label_leaves_the_time_alone(emma: Client, thread: Thread) -> None:
    until = (clock.now() + timedelta(hours=1)).isoformat()
    before = await emma.patch(f"/conversations/{thread.id}", {"status": "snoozed", "snooze_until": until})
    after = await emma.patch(f"/conversations/{thread.id}", {"labels": ["VIP"]})
    assert after.body["snoozed_until"] == before.body["snoozed_until"]


async def test_a_reason_stands_in_the_thread(emma: Client, thread: Thread) -> None:
    closed = await emma.patch(f"/conversations/{thread.id}", {"status": "closed", "reason": " sold out "})
    assert closed.body["status"] == "closed"
    said = await notice(emma, thread)
    assert (said["kind"], said["reason"]) == ("closed", "sold out")


async def test_what_makes_no_sense_is_refused(emma: Client, thread: Thread) -> None:
    future, past = ((clock.now() + timedelta(hours=hours)).isoformat() for hours in (1, -1))
    for body, field in (
        ({"status": "snoozed", "snooze_until": past}, "snooze_until"),
        ({"status": "open", "snooze_until": future}, "snooze_until"),
        ({"labels": [], "reason": "why"}, "reason"),
    ):
        refused = await emma.patch(f"/conversations/{thread.id}", body)
        assert (refused.status, refused.body["errors"][0]["field"]) == (422, field)
