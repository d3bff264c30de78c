"""Windows and limits: what opens them, what they cost, whom they count."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from madoguchi.channels import registry
from madoguchi.channels.events import ReceiptReceived
from madoguchi.conversations.load import load_conversations
from madoguchi.core import clock
from madoguchi.core.errors import Invalid
from madoguchi.inboxes.limits_api import get_limits, limit_of
from madoguchi.outbound.drafts import MessageDraft, ReactionChoice, TemplateChoice
from madoguchi.outbound.parts import Arrived
from madoguchi.outbound.receipts import apply_receipts
from tests.outbound.conftest import Desk, add_conversation, add_template
from tests.support.meta import Provider

BOOKING = MessageDraft(type="template", template=TemplateChoice("booking", "en_US", {"1": "Hanako", "2": "19:00"}))


async def window(desk: Desk) -> Any:
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        (conversation,) = await load_conversations(tx, desk.workspace.id, [desk.conversation_id])
    return conversation.window


async def test_an_answer_to_somebody_from_an_advertisement_costs_nothing_for_three_days(desk: Desk) -> None:
    assert (await window(desk)).kind == "service"
    await desk.do("UPDATE conversations SET entered_at = %s", clock.now() - timedelta(hours=23))
    assert (await window(desk)).kind == "service"  # it begins with our answer
    before = clock.now()
    await desk.write("welcome")
    shown = await window(desk)
    assert shown.kind == "entry_point"
    row = await desk.one("SELECT free_until FROM conversations")
    assert row["free_until"] - before > timedelta(hours=71, minutes=59)
    await desk.write("and again")
    assert await desk.one("SELECT free_until FROM conversations") == row
    told = clock.now() + timedelta(hours=50)
    message = (await desk.all("SELECT id FROM messages ORDER BY id"))[0]
    receipt = ReceiptReceived(
        "1", "wamid.x", "sent", clock.now(), reference=str(message["id"]), data={"free_until": told.isoformat()}
    )
    async with desk.context.db.system() as tx:
        await apply_receipts(tx, [Arrived(desk.workspace.id, desk.inbox.id, receipt)])
    assert (await desk.one("SELECT free_until FROM conversations"))["free_until"] == told


async def test_an_answer_after_a_day_begins_no_free_time(desk: Desk) -> None:
    await desk.do("UPDATE conversations SET entered_at = %s", clock.now() - timedelta(hours=24, minutes=1))
    await desk.write("too late")
    assert (await window(desk)).free_until is None


async def test_the_window_says_when_little_is_left(desk: Desk) -> None:
    shown = await window(desk)
    assert shown.warn_at is not None
    assert shown.warn_at < shown.closes_at
    await desk.do("UPDATE conversations SET window_closes_at = %s", clock.now() - timedelta(seconds=1))
    shown = await window(desk)
    assert (shown.open, shown.warn_at, shown.allowed) == (False, None, ["template"])


async def test_people_written_to_first_count_once_in_24_hours(desk: Desk, provider: Provider) -> None:
    await add_template(desk.context, desk.inbox)
    closed = await add_conversation(desk.context, desk.inbox, "819011110009", open_hours=-1)
    async with desk.pump():
        for conversation in (closed, closed, desk.conversation_id):  # the last one's window is open
            await desk.until(await desk.send(BOOKING, conversation=conversation), "sent")
    await desk.do('UPDATE inboxes SET health_facts = \'{"limit": "TIER_250"}\'')
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        limits = await get_limits(tx, desk.workspace.agent.principal, desk.inbox.id)
    assert (limits.limit, limits.used, limits.remaining) == (250, 1, 249)
    assert limits.frees_at is not None
    await desk.do("UPDATE begun_contacts SET at = at - interval '24 hours'")
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        limits = await get_limits(tx, desk.workspace.agent.principal, desk.inbox.id)
    assert (limits.used, limits.frees_at) == (0, None)
    assert len(provider.taken) == 3


@pytest.mark.parametrize(
    ("tier", "limit"),
    [
        ("TIER_250", 250),
        ("TIER_2K", 2_000),
        ("TIER_100K", 100_000),
        ("1000", 1_000),
        ("TIER_UNLIMITED", None),
        (None, None),
    ],
)
def test_tiers_are_read(tier: str | None, limit: int | None) -> None:
    assert limit_of(tier) == limit


@pytest.mark.parametrize(
    ("chosen", "facts", "rate"),
    [
        (80, {}, 80),
        (80, {"throughput": "standard"}, 80),
        (80, {"throughput": "high"}, 1000),
        (50, {"throughput": "high"}, 50),
        (80, {"coexistence": True}, 20),
        (10, {"coexistence": True}, 10),
        (80, {"throughput": "high", "coexistence": True}, 20),
    ],
)
def test_the_rate_follows_the_account(desk: Desk, chosen: int, facts: dict[str, Any], rate: float) -> None:
    settings = {**desk.inbox.settings, "messages_per_second": chosen}
    inbox = msgspec.structs.replace(desk.inbox, settings=settings)
    assert registry.channel(inbox.channel).rate(inbox, facts) == rate


async def test_a_code_needs_a_phone_number_before_it_is_queued(desk: Desk) -> None:
    await add_template(desk.context, desk.inbox, category="AUTHENTICATION", name="code")
    await desk.do("UPDATE contact_identities SET kind = 'bsuid', value = 'JP.12345678'")
    code = MessageDraft(type="template", template=TemplateChoice("code", "en_US", {"1": "482913"}))
    with pytest.raises(Invalid) as refused:
        await desk.send(code)
    assert refused.value.errors[0].field == "template.name"
    assert "phone" in refused.value.errors[0].message
    assert await desk.all("SELECT * FROM outbox") == []


async def test_only_the_customers_recent_messages_are_reacted_to(desk: Desk) -> None:
    ours = await desk.write("ours")
    await desk.do("UPDATE messages SET provider_id = 'wamid.ours' WHERE id = %s", ours)
    await _refused_reaction(desk, ours)
    await desk.do("UPDATE messages SET direction = 'in', created_at = created_at - interval '31 days'")
    await _refused_reaction(desk, ours)
    await desk.do("UPDATE messages SET created_at = created_at + interval '2 days'")
    await desk.send(MessageDraft(type="reaction", reaction=ReactionChoice(ours, "👍")))


async def _refused_reaction(desk: Desk, message_id: UUID) -> None:
    with pytest.raises(Invalid) as refused:
        await desk.send(MessageDraft(type="reaction", reaction=ReactionChoice(message_id, "👍")))
    assert refused.value.errors[0].field == "reaction.message_id"
