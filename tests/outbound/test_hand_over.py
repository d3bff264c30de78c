"""What two workers, a database that says no and a full inbox do to messages on their way out."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from aiohttp import web

from madoguchi.channels.events import ReceiptReceived
from madoguchi.core import clock
from madoguchi.db.pool import dedicated
from madoguchi.inbound.process import write_events
from madoguchi.outbound import pump as pump_module
from madoguchi.outbound import results
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.parts import Arrived
from madoguchi.outbound.pump import mark_sending, take
from madoguchi.outbound.receipts import apply_receipts
from tests.outbound.conftest import Desk, add_conversation
from tests.support.meta import Provider


async def test_a_second_worker_leaves_alone_what_is_under_way(
    desk: Desk, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slots are given back when another worker comes, but not with a request in the air."""
    monkeypatch.setattr(pump_module, "_SWEEP_SECONDS", 0.05)
    answer, seen = asyncio.Event(), asyncio.Event()

    async def slow(body: dict[str, Any]) -> web.StreamResponse:
        seen.set()
        await answer.wait()
        return await provider.accept(body)

    provider.answer = slow
    await desk.do("UPDATE inboxes SET slot = 63")
    async with desk.pump():
        message_id = await desk.write()
        await seen.wait()
        async with desk.pump():
            await asyncio.sleep(2.5)
            assert (await desk.message(message_id))["status"] == "sending"
            answer.set()
            await desk.until(message_id, "sent")
            # The slot moves on then, and whoever has it works.
            after = await desk.write("after")
            await desk.until(after, "sent")
    assert len(provider.taken) == 2


@pytest.mark.parametrize("error", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure])
async def test_a_deadlock_does_not_make_outcomes_unknown(
    desk: Desk, provider: Provider, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Receipts and outcomes touch the same rows: the database may pick us as the victim."""
    real, times = results._record_accepted, 0

    async def first_a_victim(*arguments: Any) -> None:
        nonlocal times
        times += 1
        if times == 1:
            raise error
        await real(*arguments)

    monkeypatch.setattr(results, "_record_accepted", first_a_victim)
    async with desk.pump():
        await desk.until(await desk.write(), "sent")


async def test_an_outcome_that_cannot_be_written_stands_alone(desk: Desk, provider: Provider) -> None:
    """One provider's nonsense must not make the sends of all others unknown, nor end the worker."""

    async def nonsense(body: dict[str, Any]) -> web.StreamResponse:
        if body["text"]["body"] == "poison":
            return web.json_response({"messages": [{"id": "wamid.\0"}]})
        return await provider.accept(body)

    provider.answer = nonsense
    other = await add_conversation(desk.context, desk.inbox, "819011110009")
    poisoned = await desk.write("poison")
    fine = [await desk.write("fine"), await desk.send(MessageDraft(type="text", text="fine too"), conversation=other)]
    async with desk.pump():
        await desk.until(poisoned, "uncertain")
        for message_id in fine:
            await desk.until(message_id, "sent")
    assert await desk.all("SELECT * FROM outbox") == []


async def test_where_little_may_leave_the_order_still_holds(desk: Desk) -> None:
    """The first was postponed and is due again, the second has waited behind it: with room for one, the first goes."""
    first, second = await desk.write("first"), await desk.write("second")
    await desk.do("UPDATE outbox SET due_at = %s WHERE message_id = %s", clock.now() - timedelta(seconds=1), first)
    await desk.do("UPDATE outbox SET due_at = %s WHERE message_id = %s", clock.now() - timedelta(seconds=9), second)
    connection = await dedicated(desk.context.db.dsn)
    try:
        rows = await take(connection, {(desk.workspace.id, desk.inbox.id): 1})
        assert [row["message_id"] for row in rows] == [first]
    finally:
        await connection.close()


async def test_a_scheduled_message_that_was_postponed_is_still_under_its_claim(desk: Desk, provider: Provider) -> None:
    """It waits for the pair rate, the conversation changes hands meanwhile: it must not leave."""
    message_id = await desk.write("later", send_at=clock.now() + timedelta(hours=1))
    await desk.do("UPDATE outbox SET due_at = %s", clock.now())
    connection = await dedicated(desk.context.db.dsn)
    try:
        rows = await mark_sending(connection, await take(connection, {(desk.workspace.id, desk.inbox.id): 1}))
        until = clock.now()
        outcome = results.Outcome(
            desk.workspace.id, rows[0]["id"], desk.inbox.id, 1, results.Postponed(until, counted=False)
        )
        await results.record_outcomes(connection, [outcome])
    finally:
        await connection.close()
    await desk.assign(desk.workspace.agent2.id)
    async with desk.pump():
        row = await desk.until_one("SELECT asks FROM outbox WHERE message_id = %s AND asks IS NOT NULL", message_id)
    assert row["asks"]["code"] == "not_assignee"
    assert provider.taken == []


async def test_a_receipt_during_the_wait_for_another_try_ends_it(desk: Desk, provider: Provider) -> None:
    """The provider said "try later" and sent it all the same: a second request would reach the customer twice."""

    async def busy(_body: dict[str, Any]) -> web.StreamResponse:
        return await Provider.error(131016, 500)(_body)

    provider.answer = busy
    async with desk.pump():
        message_id = await desk.write()
        async with asyncio.timeout(5):
            while not await desk.all("SELECT 1 FROM outbox WHERE NOT sending AND attempts = 1"):
                await asyncio.sleep(0.01)
        receipt = ReceiptReceived(
            account="", provider_id="wamid.r1", status="delivered", at=clock.now(), reference=str(message_id)
        )
        async with desk.context.db.system() as tx:
            arrived = [Arrived(desk.workspace.id, desk.inbox.id, receipt)]
            await write_events(tx, await apply_receipts(tx, arrived))
        provider.answer = provider.accept
        await desk.do("UPDATE outbox SET due_at = %s", clock.now())
        await asyncio.sleep(1.3)
    assert (await desk.message(message_id))["status"] == "delivered"
    assert len(provider.taken) == 1


async def test_a_rate_that_is_no_rate_does_not_stop_an_inbox(desk: Desk, provider: Provider) -> None:
    await desk.do("UPDATE inboxes SET settings = settings || '{\"messages_per_second\": -5}'")
    async with desk.pump():
        for _ in range(3):
            await desk.until(await desk.write(), "sent")


async def test_waiting_behind_a_message_that_waits_costs_nothing(
    desk: Desk, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first waits for its next try, up to an hour; the second is due and may not pass: nothing to hurry for."""
    provider.answer = Provider.error(131016, 500)
    looks, real = 0, pump_module.take

    async def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal looks
        looks += 1
        return await real(*arguments, **named)

    async with desk.pump():
        await desk.write("first")
        async with asyncio.timeout(5):
            while not await desk.all("SELECT 1 FROM outbox WHERE NOT sending AND attempts = 1"):
                await asyncio.sleep(0.01)
        await desk.do("UPDATE outbox SET due_at = %s", clock.now() + timedelta(hours=1))
        await desk.write("second")
        monkeypatch.setattr(pump_module, "take", counted)
        await asyncio.sleep(1.5)
    assert looks <= 5
