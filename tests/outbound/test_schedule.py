"""Messages that wait: they leave at their time, ask where they may not, and can be stopped until the last moment."""

import struct
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from madoguchi.conversations.load import load_conversations, load_messages
from madoguchi.conversations.models import ConversationOut, MessageOut
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, Forbidden, Invalid, NotAssignee, NotFound, WindowClosed
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.db.pool import dedicated
from madoguchi.outbound.drafts import MessageDraft, TemplateChoice
from madoguchi.outbound.pump import abandon_sending, mark_sending, take
from madoguchi.outbound.schedule import Rescheduled, do_reschedule, do_take_back, get_scheduled
from tests.outbound.conftest import Desk, add_template
from tests.support.meta import Provider

HOUR = timedelta(hours=1)
Forward = Callable[[timedelta], None]


@pytest.fixture
def forward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Forward:
    """Moves business time."""
    file = tmp_path / "clock"
    monkeypatch.setattr(clock, "_clock", clock.Clock(file))

    def move(by: timedelta) -> None:
        with file.open("r+b") as held:
            held.write(struct.pack("<d", clock.offset() + by.total_seconds()))

    return move


async def shown(desk: Desk, message_id: UUID) -> MessageOut:
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        return (await load_messages(tx, desk.workspace.id, [message_id]))[0]


async def conversation(desk: Desk) -> ConversationOut:
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        return (await load_conversations(tx, desk.workspace.id, [desk.conversation_id]))[0]


async def reschedule(desk: Desk, message_id: UUID, by: Principal | None = None, **change: Any) -> UUID:
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        return await do_reschedule(tx, by or desk.workspace.agent.principal, message_id, Rescheduled(**change))


async def take_back(desk: Desk, message_id: UUID, by: Principal | None = None) -> None:
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        await do_take_back(tx, by or desk.workspace.agent.principal, message_id)


async def consent(desk: Desk, state: str) -> None:
    contact = await desk.one("SELECT contact_id FROM conversations WHERE id = %s", desk.conversation_id)
    await desk.do(
        "INSERT INTO consents (workspace_id, id, contact_id, channel, purpose, state, source, created_at)"
        " VALUES (%s, %s, %s, 'whatsapp', 'marketing', %s, 'test', %s)",
        *(desk.workspace.id, new_id(), contact["contact_id"], state, clock.now()),
    )


async def asked(desk: Desk, message_id: UUID) -> MessageOut:
    """The message once a worker has found that it may not leave."""
    async with desk.pump():
        await desk.until_one("SELECT 1 FROM outbox WHERE message_id = %s AND asks IS NOT NULL", message_id)
    return await shown(desk, message_id)


async def test_it_leaves_at_its_time_and_is_then_the_last_word(
    desk: Desk, provider: Provider, forward: Forward
) -> None:
    before = (await conversation(desk)).last_activity_id
    later = await desk.write("tomorrow's news", send_at=clock.now() + HOUR)
    now = await desk.write("at once")
    async with desk.pump():
        await desk.until(now, "sent")
        found = await shown(desk, later)
        assert found.status == "scheduled"
        assert found.schedule
        assert found.schedule.kind == "scheduled"
        assert found.schedule.needs is None
        assert (await conversation(desk)).last_message.id == now  # type: ignore[union-attr]
        forward(HOUR)
        await desk.until(later, "sent")
    assert [each["text"]["body"] for each in provider.taken] == ["at once", "tomorrow's news"]
    after = await conversation(desk)
    assert after.last_message
    assert after.last_message.id == later
    assert before < now < later, "its place in the thread is its time"
    assert (await shown(desk, later)).schedule is None


async def test_the_window_closed_meanwhile_and_somebody_is_asked(
    desk: Desk, provider: Provider, forward: Forward
) -> None:
    message_id = await desk.write("see you", send_at=clock.now() + 25 * HOUR)
    forward(26 * HOUR)
    found = await asked(desk, message_id)
    assert provider.taken == []
    assert found.status == "scheduled"
    assert found.schedule
    assert found.schedule.needs
    assert found.schedule.needs.code == "window_closed"
    assert found.schedule.needs.allowed == ["send_now", "edit", "template", "cancel"]
    there = await conversation(desk)
    assert there.asks
    assert there.last_message
    assert there.last_message.data["system"]["kind"] == "schedule_asks"
    assert there.last_message.data["system"]["agent"]["id"] == str(desk.workspace.agent.id)
    # Whoever comes next does not ask again.
    async with desk.pump():
        other = await desk.one("SELECT count(*) AS n FROM messages WHERE type = 'system'")
    assert other["n"] == 1
    with pytest.raises(WindowClosed):
        await reschedule(desk, message_id, send_at=None)
    await desk.do("UPDATE conversations SET window_closes_at = %s", clock.now() + HOUR)
    again = await reschedule(desk, message_id, send_at=None, text="see you soon")
    async with desk.pump():
        await desk.until(again, "sent")
    assert [each["text"]["body"] for each in provider.taken] == ["see you soon"]
    assert not (await conversation(desk)).asks


async def test_another_has_the_conversation_and_the_writer_is_asked(
    desk: Desk, provider: Provider, forward: Forward
) -> None:
    ravi = desk.workspace.agent2
    message_id = await desk.write("from Emma", send_at=clock.now() + HOUR)
    await desk.assign(ravi.id)
    forward(HOUR)
    found = await asked(desk, message_id)
    assert found.schedule
    assert found.schedule.needs
    assert found.schedule.needs.code == "not_assignee"
    with pytest.raises(NotAssignee):
        await reschedule(desk, message_id, send_at=None)
    # Whoever has the conversation now decides, and it leaves under their claim.
    changed = await reschedule(desk, message_id, ravi.principal, send_at=None)
    async with desk.pump():
        await desk.until(changed, "sent")
    assert len(provider.taken) == 1


async def test_consent_withdrawn_meanwhile_is_asked_about(desk: Desk, provider: Provider, forward: Forward) -> None:
    await add_template(desk.context, desk.inbox, category="MARKETING")
    template = TemplateChoice("booking", "en_US", ["Hanako", "eight"])
    await consent(desk, "granted")
    message_id = await desk.send(MessageDraft(type="template", template=template, send_at=clock.now() + HOUR))
    await consent(desk, "withdrawn")
    forward(HOUR)
    found = await asked(desk, message_id)
    assert found.schedule
    assert found.schedule.needs
    assert found.schedule.needs.code == "opted_out"
    assert provider.taken == []


async def test_a_worker_that_dies_in_the_middle_neither_sends_twice_nor_forgets(
    desk: Desk, provider: Provider, forward: Forward
) -> None:
    """Killed before it had the row: the next one sends it. Killed with it in hand: nobody knows, so nobody sends again."""
    first, second = [await desk.write(text, send_at=clock.now() + HOUR) for text in ("first", "second")]
    forward(HOUR)
    connection = await dedicated(desk.context.db.dsn)
    rows = await take(connection, {(desk.workspace.id, desk.inbox.id): 1})
    assert len(await mark_sending(connection, rows)) == 1
    await connection.close()  # the worker is gone; `rows[0]` is marked
    marked = rows[0]["message_id"]
    other = second if marked == first else first
    connection = await dedicated(desk.context.db.dsn)
    await abandon_sending(connection, {rows[0]["slot"]})
    await connection.close()
    async with desk.pump():
        await desk.until(other, "sent")
        await desk.until(marked, "uncertain")
    assert len(provider.taken) == 1


async def test_it_is_moved_changed_listed_and_cancelled(desk: Desk, forward: Forward) -> None:
    soon, late = [await desk.write(text, send_at=clock.now() + n * HOUR) for n, text in ((1, "soon"), (2, "late"))]
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        assert await get_scheduled(tx, desk.workspace.agent.principal, desk.conversation_id, after=None, limit=9) == [
            soon,
            late,
        ]
    moved = await reschedule(desk, soon, send_at=clock.now() + 3 * HOUR)
    assert moved > late
    worded = await reschedule(desk, moved, text="later than late")
    found = await shown(desk, worded)
    assert (found.text, found.schedule and found.schedule.kind) == ("later than late", "scheduled")
    await take_back(desk, late)
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        left = await get_scheduled(tx, desk.workspace.agent.principal, desk.conversation_id, after=None, limit=9)
        assert left == [worded]
        with pytest.raises(NotFound):
            await get_scheduled(tx, desk.workspace.agent.principal, new_id(), after=None, limit=9)
    with pytest.raises(NotFound):
        await take_back(desk, late)


@pytest.mark.parametrize("change", [{"text": " "}, {"text": "x" * 5000}, {"send_at": clock.now() + 400 * 24 * HOUR}])
async def test_a_change_that_cannot_be_is_refused_and_nothing_is_lost(desk: Desk, change: dict[str, Any]) -> None:
    message_id = await desk.write("kept", send_at=clock.now() + HOUR)
    with pytest.raises(Invalid):
        await reschedule(desk, message_id, **change)
    assert (await shown(desk, message_id)).text == "kept"


async def test_a_held_message_is_taken_back_and_never_sent(desk: Desk, provider: Provider, forward: Forward) -> None:
    held = await desk.write("on my way", hold=5)
    found = await shown(desk, held)
    assert found.status == "queued"
    assert found.schedule
    assert found.schedule.kind == "hold"
    async with desk.pump():
        await take_back(desk, held)
        forward(timedelta(seconds=10))
        sent = await desk.write("instead", hold=0)
        await desk.until(sent, "sent")
    assert [each["text"]["body"] for each in provider.taken] == ["instead"]
    assert await desk.all("SELECT 1 FROM messages WHERE id = %s", held) == []


async def test_what_was_taken_back_leaves_the_conversation_as_it_was(desk: Desk) -> None:
    first = await desk.customer_says("hello?", clock.now())
    held = await desk.write("oops", hold=5)
    assert (await conversation(desk)).waiting_since is None
    await take_back(desk, held)
    after = await conversation(desk)
    assert after.waiting_since is not None
    assert after.last_message
    assert after.last_message.id == first


async def test_a_held_message_keeps_its_place_and_leaves_once(desk: Desk, provider: Provider, forward: Forward) -> None:
    held = await desk.write("first", hold=5)
    after = await desk.write("second")
    async with desk.pump():
        forward(timedelta(seconds=5))
        await desk.until(after, "sent")
        await desk.until(held, "sent")
        with pytest.raises(Conflict):
            await take_back(desk, held)
    assert [each["text"]["body"] for each in provider.taken] == ["first", "second"]


async def test_whoever_is_faster_decides(desk: Desk, provider: Provider, forward: Forward) -> None:
    """Taken by a worker: too late to take it back. Taken back: the worker that had read it marks nothing."""
    held = await desk.write("now or never", hold=5)
    forward(timedelta(seconds=5))
    connection = await dedicated(desk.context.db.dsn)
    try:
        rows = await take(connection, {(desk.workspace.id, desk.inbox.id): 5})
        await take_back(desk, held)
        assert await mark_sending(connection, rows) == []
        other = await desk.write("next", hold=5)
        forward(timedelta(seconds=5))
        await mark_sending(connection, await take(connection, {(desk.workspace.id, desk.inbox.id): 5}))
        with pytest.raises(Conflict):
            await take_back(desk, other)
    finally:
        await connection.close()


async def test_a_message_is_its_writers_and_its_conversations(desk: Desk) -> None:
    held = await desk.write("mine", hold=5)
    with pytest.raises(Forbidden):
        await take_back(desk, held, desk.workspace.agent2.principal)
    await take_back(desk, held, desk.workspace.owner.principal)
