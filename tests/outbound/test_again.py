"""A message that an agent sends again: it begins anew, and what became of the try before is kept beside it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web

from madoguchi.channels.events import ProviderError, ReceiptReceived
from madoguchi.conversations.info import get_info
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.outbound.enqueue import retry
from madoguchi.outbound.parts import Arrived
from madoguchi.outbound.receipts import apply_receipts, match_orphans
from tests.outbound.conftest import Desk
from tests.support.meta import Provider


async def receipt(desk: Desk, wamid: str, status: Any, reference: str | None = None, **more: Any) -> None:
    told = ReceiptReceived("1", wamid, status, clock.now(), reference=reference, **more)
    async with desk.context.db.system() as tx:
        await apply_receipts(tx, [Arrived(desk.workspace.id, desk.inbox.id, told)])


async def again(desk: Desk, message_id: UUID) -> None:
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        await retry(tx, desk.workspace.agent.principal, message_id, confirm=True)


async def test_receipts_of_the_old_try_do_not_count_for_the_new_one(desk: Desk, provider: Provider) -> None:
    async with desk.pump():
        message_id = await desk.write("welcome")
        old = (await desk.until(message_id, "sent"))["provider_id"]
    await receipt(desk, old, "failed", str(message_id), error=ProviderError("undeliverable", "131026", "No"))
    await again(desk, message_id)
    # Late and out of order, by the old id and by the old reference, before and after the new try has an id.
    await receipt(desk, old, "delivered", str(message_id))
    assert (await desk.message(message_id))["status"] == "queued"
    async with desk.pump():
        message = await desk.until(message_id, "sent")
    await receipt(desk, old, "read", str(message_id))
    async with desk.context.db.system() as tx:
        await match_orphans(tx, range(64))
    message = await desk.message(message_id)
    assert (message["status"], message["retries"], message["attempts"]) == ("sent", 1, 1)
    assert message["provider_id"] != old
    assert provider.taken[1]["biz_opaque_callback_data"] == f"{message_id}.1"
    await receipt(desk, "unknown-id", "delivered", f"{message_id}.1")
    assert (await desk.message(message_id))["status"] == "sent"  # its own id is another
    await receipt(desk, message["provider_id"], "delivered", f"{message_id}.1")
    assert (await desk.message(message_id))["status"] == "delivered"


async def test_an_uncertain_try_is_settled_by_its_own_reference_only(desk: Desk) -> None:
    message_id = await desk.write("welcome")
    await desk.do("DELETE FROM outbox")
    await desk.do("UPDATE messages SET status = 'uncertain'")
    await again(desk, message_id)
    await receipt(desk, "wamid.first", "delivered", str(message_id))
    assert (await desk.message(message_id))["status"] == "queued"
    await receipt(desk, "wamid.second", "delivered", f"{message_id}.1")
    message = await desk.message(message_id)
    assert (message["status"], message["provider_id"]) == ("delivered", "wamid.second")


async def test_the_story_of_a_message_has_both_clocks_and_the_tries_before(desk: Desk, provider: Provider) -> None:
    async with desk.pump():
        message_id = await desk.write("welcome")
        old = (await desk.until(message_id, "sent"))["provider_id"]
    await receipt(desk, old, "failed", error=ProviderError("undeliverable", "131026", "No", "why"))
    await again(desk, message_id)
    async with desk.pump():
        new = (await desk.until(message_id, "sent"))["provider_id"]
    told = ReceiptReceived(
        "1",
        new,
        "delivered",
        clock.now() - timedelta(minutes=5),
        data={"pricing": {"category": "service", "type": "regular", "model": "PMP", "billable": True, "market": "JP"}},
    )
    async with desk.context.db.system() as tx:
        await apply_receipts(tx, [Arrived(desk.workspace.id, desk.inbox.id, told)])
        info = await get_info(tx, desk.workspace.id, message_id)
    assert [step.status for step in info.steps] == ["written", "delivered"]
    delivered = info.steps[1]
    assert delivered.provider_at is not None
    assert delivered.provider_at < delivered.received_at
    assert info.pricing is not None
    assert (info.pricing.category, info.pricing.billable, info.pricing.delivered) == ("service", True, True)
    (earlier,) = info.earlier
    assert (earlier.provider_id, earlier.status, earlier.attempts) == (old, "failed", 1)
    assert earlier.error is not None
    assert (earlier.error.provider_code, earlier.error.detail) == ("131026", "why")


async def test_an_echo_of_our_own_message_becomes_that_message(desk: Desk, provider: Provider) -> None:
    """Some providers tell of our send, as of one from elsewhere, before they answer it."""
    accept = provider.accept

    async def told_first(body: dict[str, Any]) -> web.StreamResponse:
        await desk.do(
            "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, data, status,"
            " author_kind, provider_id, created_at) VALUES (%s, %s, %s, %s, 'out', 'text', 'welcome',"
            " '{\"source\": \"app\"}', 'sent', 'agent', 'wamid.echoed', %s)",
            desk.workspace.id,
            new_id(),
            desk.conversation_id,
            desk.inbox.id,
            clock.now(),
        )
        await accept(body)
        return web.json_response({"messages": [{"id": "wamid.echoed"}]})

    provider.answer = told_first
    async with desk.pump():
        message_id = await desk.write("welcome")
        message = await desk.until(message_id, "sent", "uncertain", "failed")
    assert (message["status"], message["provider_id"]) == ("sent", "wamid.echoed")
    await desk.one("SELECT id FROM messages WHERE direction = 'out'")
    assert len(provider.taken) == 1
