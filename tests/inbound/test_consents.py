# ruff: noqa: RUF001 - customers write full-width letters.
"""The consents ledger: what customers say and what the provider tells, once each and in the order it happened."""

import json
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from tests.inbound.conftest import Pipeline
from tests.support.meta import status, text_message, webhook

LEDGER = "SELECT purpose, state, source FROM consents ORDER BY id"
BEGIN = 1_795_000_000


def preference(value: str, at: int, user_id: str = "JP.81901111") -> bytes:
    told = {"user_id": user_id, "category": "marketing_messages", "value": value, "timestamp": at, "detail": "said"}
    inside = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "815012345678", "phone_number_id": "100000000000001"},
        "contacts": [{"profile": {"name": "Hanako"}, "user_id": user_id}],
        "user_preferences": [told],
    }
    change = {"field": "user_preferences", "value": inside}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "2", "changes": [change]}]}).encode()


async def states(pipeline: Pipeline) -> list[Any]:
    return [row["state"] for row in await pipeline.all(LEDGER)]


async def test_the_switch_of_the_app_is_recorded_and_told(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await pipeline.post(inbox, preference("stop", BEGIN))
    await pipeline.process()
    assert await pipeline.all(LEDGER) == [{"purpose": "marketing", "state": "withdrawn", "source": "preference"}]
    # Somebody who never wrote: known from now on, without a conversation on anybody's screen.
    assert await pipeline.all("SELECT name FROM contacts") == [{"name": "Hanako"}]
    assert await pipeline.all("SELECT * FROM conversations") == []
    assert await pipeline.all("SELECT type FROM events") == [{"type": "contact.updated"}]


async def test_stop_and_resume_count_once_and_in_their_order(pipeline: Pipeline, inbox: InboxConfig) -> None:
    for body in (preference("stop", BEGIN), preference("resume", BEGIN + 60)):
        for _ in range(3):
            await pipeline.post(inbox, body)
            await pipeline.process()
    await pipeline.post(inbox, preference("stop", BEGIN))  # delivered again, hours late
    await pipeline.process()
    assert await states(pipeline) == ["withdrawn", "granted"]


@pytest.mark.parametrize("word", ["STOP", "stop", " Stop! ", "ＳＴＯＰ", "停止", "配信停止。", "unsubscribe"])
async def test_a_word_alone_withdraws(pipeline: Pipeline, inbox: InboxConfig, word: str) -> None:
    await pipeline.post(inbox, webhook(text_message(word)))
    await pipeline.process()
    assert await pipeline.all(LEDGER) == [{"purpose": "marketing", "state": "withdrawn", "source": "word"}]


@pytest.mark.parametrize("words", ["please do not stop", "停止しないでください", "STOP it", "stop " * 20, "!!", "🛑"])
async def test_other_words_are_only_words(pipeline: Pipeline, inbox: InboxConfig, words: str) -> None:
    await pipeline.post(inbox, webhook(text_message(words)))
    await pipeline.process()
    assert await states(pipeline) == []


async def test_the_word_to_start_records_consent(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await pipeline.post(
        inbox, webhook(text_message("STOP", timestamp=str(BEGIN)), text_message("再開", timestamp=str(BEGIN + 5)))
    )
    await pipeline.process()
    assert await states(pipeline) == ["withdrawn", "granted"]


async def test_each_inbox_has_its_own_words(pipeline: Pipeline, inbox: InboxConfig) -> None:
    async with pipeline.database.system() as tx:
        await tx.execute("UPDATE inboxes SET settings = settings || %s::jsonb", ('{"stop_words": "parar、やめて"}',))
    for word in ("STOP", "Parar"):
        await pipeline.post(inbox, webhook(text_message(word)))
    await pipeline.process()
    assert await states(pipeline) == ["withdrawn"]


async def test_a_refusal_because_of_a_stop_is_a_stop(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await pipeline.post(inbox, webhook(text_message("hi")))
    failed = status("wamid.x", "failed", errors=[{"code": 131050, "title": "no"}])
    for _ in range(2):
        await pipeline.post(inbox, webhook(statuses=(failed,)))
    await pipeline.process()
    assert await pipeline.all(LEDGER) == [{"purpose": "marketing", "state": "withdrawn", "source": "refusal"}]
    assert len(await pipeline.all("SELECT * FROM contacts")) == 1
