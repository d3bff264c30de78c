"""A provider that takes less than there is for longer than a message's tries: nothing fails, and the inbox says so."""

from datetime import timedelta

from madoguchi.core import clock
from tests.outbound.conftest import Desk
from tests.support.meta import Provider

_HEALTH = "SELECT health, split_part(health_detail, ':', 1) AS why, held_reason FROM inboxes"
_OPEN = "SELECT level, data ->> 'code' AS code FROM notices WHERE dismissed_at IS NULL"


async def test_too_fast_for_long_waits_and_is_told_until_it_is_over(desk: Desk, provider: Provider) -> None:
    provider.answer = Provider.error(130429, 400)
    message_id = await desk.write("waits")
    await desk.do("UPDATE outbox SET attempts = 5")  # its last try
    async with desk.pump():
        await desk.until_one("SELECT 1 FROM inboxes WHERE health = 'attention'")
        assert (await desk.message(message_id))["status"] == "queued"
        assert await desk.one(_HEALTH) == {"health": "attention", "why": "rate_limited", "held_reason": None}
        assert await desk.all(_OPEN) == [{"level": "attention", "code": "rate_limited"}]
    provider.answer = provider.accept
    await desk.do("UPDATE outbox SET due_at = %s", clock.now() - timedelta(seconds=1))
    async with desk.pump():
        await desk.until(message_id, "sent")
    assert (await desk.one(_HEALTH))["health"] == "ok"
    assert await desk.all(_OPEN) == []
    assert len(provider.taken) == 2  # the refused one and the one that left
