"""Never twice to the customer: what happens between the queue and the provider, and when it goes wrong."""

import asyncio
import time
from datetime import timedelta
from typing import Any

from aiohttp import web

from madoguchi.channels.events import ReceiptReceived
from madoguchi.core import clock
from madoguchi.db.pool import dedicated
from madoguchi.inboxes.hold import do_resume
from madoguchi.outbound.drafts import MessageDraft, TemplateChoice
from madoguchi.outbound.parts import Arrived
from madoguchi.outbound.pump import abandon_sending, mark_sending, take
from madoguchi.outbound.receipts import apply_receipts
from tests.outbound.conftest import Desk, add_conversation, add_template
from tests.support.meta import Provider
from tests.support.world import make_inbox


async def test_a_message_reaches_the_provider_with_our_reference(desk: Desk, provider: Provider) -> None:
    async with desk.pump():
        message_id = await desk.write("welcome")
        message = await desk.until(message_id, "sent")
    (request,) = provider.taken
    assert request["to"] == "+819011110001"
    assert request["text"]["body"] == "welcome"
    assert request["biz_opaque_callback_data"] == str(message_id)
    assert message["provider_id"].startswith("wamid.out")
    assert await desk.all("SELECT * FROM outbox") == []


async def test_a_template_reaches_the_provider_with_its_variables(desk: Desk, provider: Provider) -> None:
    await add_template(desk.context, desk.inbox)
    choice = TemplateChoice("booking", "en_US", {"1": "Hanako", "2": "19:00"})
    async with desk.pump():
        await desk.until(await desk.send(MessageDraft(type="template", template=choice)), "sent")
    (request,) = provider.taken
    assert request["template"]["components"] == [
        {"type": "body", "parameters": [{"type": "text", "text": "Hanako"}, {"type": "text", "text": "19:00"}]}
    ]


async def test_what_the_provider_holds_is_marked_until_it_lets_it_go(desk: Desk, provider: Provider) -> None:
    await add_template(desk.context, desk.inbox)

    async def hold(body: dict[str, Any]) -> web.StreamResponse:
        message = {"id": "wamid.held", "message_status": "held_for_quality_assessment"}
        return web.json_response({"contacts": [{"wa_id": body["to"]}], "messages": [message]})

    provider.answer = hold
    choice = TemplateChoice("booking", "en_US", {"1": "Hanako", "2": "19:00"})
    async with desk.pump():
        message_id = await desk.send(MessageDraft(type="template", template=choice))
        held = await desk.until(message_id, "sent")
    assert held["data"]["held"] is True
    sent = ReceiptReceived(
        account=desk.inbox.credentials["phone_number_id"], provider_id="wamid.held", status="sent", at=clock.now()
    )
    async with desk.context.db.system() as tx:
        await apply_receipts(tx, [Arrived(desk.workspace.id, desk.inbox.id, sent)])
    assert "held" not in (await desk.message(message_id))["data"]


async def test_messages_of_one_contact_arrive_in_order(desk: Desk, provider: Provider) -> None:
    texts = [str(n) for n in range(30)]
    ids = [await desk.write(text) for text in texts]
    async with desk.pump():
        for message_id in ids:
            await desk.until(message_id, "sent")
    assert [r["text"]["body"] for r in provider.taken] == texts


async def test_a_retried_message_is_not_overtaken(desk: Desk, provider: Provider) -> None:
    """The first answer is "try later": what was written after it must wait too."""
    times = 0

    async def busy_once(body: dict[str, Any]) -> web.StreamResponse:
        nonlocal times
        times += 1
        return await (Provider.error(131016, 500) if times == 1 else provider.accept)(body)

    provider.answer = busy_once
    async with desk.pump() as pump:
        first = await desk.write("first")
        second = await desk.write("second")
        await asyncio.sleep(0.3)
        assert (await desk.message(second))["status"] == "queued"
        await desk.do("UPDATE outbox SET due_at = %s WHERE message_id = %s", clock.now(), first)
        pump.wake()
        await desk.until(second, "sent")
    assert [r["text"]["body"] for r in provider.taken] == ["first", "first", "second"]


async def test_no_answer_is_uncertain_and_never_sent_again(desk: Desk, provider: Provider) -> None:
    async def cut(_body: dict[str, Any]) -> web.StreamResponse:
        raise asyncio.CancelledError  # the connection ends without an answer, after the request was read

    provider.answer = cut
    async with desk.pump() as pump:
        message_id = await desk.write()
        await desk.until(message_id, "uncertain")
        provider.answer = provider.accept
        pump.wake()
        await asyncio.sleep(0.3)
    assert len(provider.taken) == 1
    assert (await desk.message(message_id))["status"] == "uncertain"


async def test_nobody_there_is_tried_again(desk: Desk, provider: Provider) -> None:
    """No connection: the request certainly did not leave."""
    await desk.do("""UPDATE inboxes SET settings = settings || '{"graph_url": "http://127.0.0.1:9/graph"}'""")
    async with desk.pump():
        message_id = await desk.write()
        async with asyncio.timeout(5):
            while (await desk.one("SELECT attempts, sending FROM outbox")) != {"attempts": 1, "sending": False}:
                await asyncio.sleep(0.02)
    assert (await desk.message(message_id))["status"] == "queued"


async def test_a_refusal_is_told_in_words(desk: Desk, provider: Provider) -> None:
    provider.answer = Provider.error(131026)
    async with desk.pump():
        message = await desk.until(await desk.write(), "failed")
    assert message["error"]["provider_code"] == "131026"
    assert message["error"]["title"]
    assert message["failed_at"] is not None


async def test_a_closed_window_at_the_provider_closes_ours(desk: Desk, provider: Provider) -> None:
    provider.answer = Provider.error(131047)
    async with desk.pump():
        await desk.until(await desk.write(), "failed")
    row = await desk.one("SELECT window_closes_at FROM conversations")
    assert row["window_closes_at"] <= clock.now()


async def test_the_window_is_checked_again_when_the_message_leaves(desk: Desk, provider: Provider) -> None:
    message_id = await desk.write()
    await desk.do("UPDATE conversations SET window_closes_at = %s", clock.now() - timedelta(seconds=1))
    async with desk.pump():
        message = await desk.until(message_id, "failed")
    assert message["error"]["code"] == "window_closed"
    assert provider.taken == []


async def test_what_is_written_while_others_wait_does_not_overtake_them(desk: Desk, provider: Provider) -> None:
    """The first is to be tried again later than those behind it were due; what is written after that comes last."""
    ids = [await desk.write(str(n)) for n in range(4)]
    now = clock.now()
    for message_id, seconds in zip(ids, (2, 3, 3, 0), strict=True):
        await desk.do(
            "UPDATE outbox SET due_at = %s WHERE message_id = %s", now - timedelta(seconds=seconds), message_id
        )
    async with desk.pump():
        for message_id in ids:
            await desk.until(message_id, "sent")
    assert [r["text"]["body"] for r in provider.taken] == ["0", "1", "2", "3"]


async def test_a_dead_token_holds_the_queue_and_loses_nothing(desk: Desk, provider: Provider) -> None:
    provider.answer = Provider.error(190, 401)
    async with desk.pump() as pump:
        ids = [await desk.write(str(n)) for n in range(3)]
        async with asyncio.timeout(5):
            while (await desk.one("SELECT held_reason FROM inboxes"))["held_reason"] != "token_invalid":
                await asyncio.sleep(0.02)
        ids.append(await desk.write("3"))  # what is written meanwhile waits behind the others
        assert {row["status"] for row in await desk.all("SELECT status FROM messages")} == {"queued"}
        provider.answer = provider.accept
        async with desk.context.db.workspace(desk.workspace.id) as tx:
            assert await do_resume(tx, desk.workspace.id, desk.inbox.id)
        pump.wake()
        for message_id in ids:
            await desk.until(message_id, "sent")
    assert [r["text"]["body"] for r in provider.taken][-4:] == ["0", "1", "2", "3"]


async def test_a_held_queue_outlives_its_worker(desk: Desk, provider: Provider) -> None:
    provider.answer = Provider.error(190, 401)
    async with desk.pump():
        ids = [await desk.write(str(n)) for n in range(2)]
        async with asyncio.timeout(5):
            while (await desk.one("SELECT held_reason FROM inboxes"))["held_reason"] is None:
                await asyncio.sleep(0.02)
    refused = len(provider.taken)
    provider.answer = provider.accept
    ids.append(await desk.write("2"))  # nobody is there to send, and the account is still held
    async with desk.pump() as pump:
        rows = await desk.all("SELECT status FROM messages")
        assert ([row["status"] for row in rows], len(provider.taken)) == (["queued"] * 3, refused)
        async with desk.context.db.workspace(desk.workspace.id) as tx:
            await do_resume(tx, desk.workspace.id, desk.inbox.id)
        pump.wake()
        for message_id in ids:
            await desk.until(message_id, "sent")
    assert [r["text"]["body"] for r in provider.taken][refused:] == ["0", "1", "2"]


async def test_the_slots_of_a_dead_worker_become_uncertain(desk: Desk, provider: Provider) -> None:
    message_id = await desk.write()
    dead = await dedicated(desk.context.db.dsn)
    rows = await take(dead, {(desk.workspace.id, desk.inbox.id): 10})
    await mark_sending(dead, rows)
    await dead.close()
    async with desk.pump():
        await desk.until(message_id, "uncertain")
    assert provider.taken == []
    assert await desk.all("SELECT * FROM outbox") == []


async def test_two_workers_mark_a_message_once(desk: Desk) -> None:
    await desk.write()
    workers = [await dedicated(desk.context.db.dsn) for _ in range(2)]
    limits = {(desk.workspace.id, desk.inbox.id): 10}
    rows = await take(workers[0], limits)
    marked = await asyncio.gather(*(mark_sending(w, rows) for w in workers))
    assert sorted(len(m) for m in marked) == [0, 1]
    for worker in workers:
        await worker.close()


async def test_stopping_leaves_nothing_sending(desk: Desk, provider: Provider) -> None:
    async def slow(body: dict[str, Any]) -> web.StreamResponse:
        await asyncio.sleep(0.3)
        return await provider.accept(body)

    provider.answer = slow
    ids = [await desk.write(str(n)) for n in range(5)]
    async with desk.pump():
        await desk.until(ids[0], "sending")
    states = {m["status"] for m in await desk.all("SELECT status FROM messages")}
    assert "sending" not in states
    assert "sent" in states


async def test_the_rate_of_an_inbox_is_kept(desk: Desk, provider: Provider) -> None:
    slow_inbox = await make_inbox(
        desk.context.db, desk.workspace.id, graph_url=provider.url, settings={"messages_per_second": 20}
    )
    times: list[float] = []

    async def note(body: dict[str, Any]) -> web.StreamResponse:
        times.append(time.monotonic())
        return await provider.accept(body)

    provider.answer = note
    ids = []
    for number in range(30):
        conversation = await add_conversation(desk.context, slow_inbox, f"4479000000{number:02d}")
        ids.append(await desk.send(MessageDraft(type="text", text="x"), conversation=conversation))
    async with desk.pump():
        await desk.until(ids[-1], "sent")
        for message_id in ids:
            await desk.until(message_id, "sent")
    for start in times:
        assert sum(1 for t in times if start <= t < start + 1) <= 22 + 2  # the rate, the burst, and jitter


async def test_a_person_gets_no_more_than_the_pair_rate_allows(desk: Desk, provider: Provider) -> None:
    for number in range(50):
        await desk.write(str(number))
    async with desk.pump():
        await asyncio.sleep(1.0)
    assert len(provider.taken) == 45
    waiting = await desk.all("SELECT due_at FROM outbox")
    assert len(waiting) == 5


async def test_abandoning_touches_only_the_given_slots(desk: Desk) -> None:
    message_id = await desk.write()
    worker = await dedicated(desk.context.db.dsn)
    await mark_sending(worker, await take(worker, {(desk.workspace.id, desk.inbox.id): 1}))
    slot = (await desk.one("SELECT slot FROM outbox"))["slot"]
    await abandon_sending(worker, set(range(64)) - {slot})
    assert (await desk.message(message_id))["status"] == "sending"
    await abandon_sending(worker, {slot})
    assert (await desk.message(message_id))["status"] == "uncertain"
    await worker.close()


async def test_an_inbox_whose_secrets_cannot_be_read_stops_nobody_else(desk: Desk, provider: Provider) -> None:
    damaged = await make_inbox(desk.context.db, desk.workspace.id, graph_url=provider.url)
    await desk.do("UPDATE inboxes SET credentials = 'damaged' WHERE id = %s", damaged.id)
    stuck = await add_conversation(desk.context, damaged, "447900000009")
    await desk.send(MessageDraft(type="text", text="cannot leave"), conversation=stuck)
    async with desk.pump():
        await desk.until(await desk.write("leaves"), "sent")
    assert [r["text"]["body"] for r in provider.taken if r["text"]["body"] == "leaves"] == ["leaves"]
