"""A campaign never delays an agent's reply, however slowly the provider answers."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from madoguchi.outbound import pump
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.enqueue import enqueue
from madoguchi.outbound.lanes import CAMPAIGNS, CONVERSATIONAL
from tests.outbound.conftest import Desk, add_conversation
from tests.support.meta import Provider
from tests.support.web import Web


@pytest.fixture
async def slow(provider: Provider) -> asyncio.Event:
    """Until it is set the provider answers nothing of a campaign."""
    answer = asyncio.Event()

    async def answer_people_at_once(body: dict[str, Any]) -> web.StreamResponse:
        if body["text"]["body"].startswith("campaign"):
            await answer.wait()
        return await provider.accept(body)

    provider.answer = answer_people_at_once
    return answer


async def test_a_reply_finds_a_place_while_a_campaign_has_all_it_may_have(
    desk: Desk, provider: Provider, slow: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "MOST_IN_FLIGHT", 8)
    monkeypatch.setattr(pump, "MOST_CAMPAIGN_IN_FLIGHT", 5)
    campaign = [await _campaign(desk, number) for number in range(12)]
    async with desk.pump():
        async with asyncio.timeout(10):
            while len(provider.taken) < 5:
                await asyncio.sleep(0.01)
        reply = await desk.write("here I am")
        await desk.until(reply, "sent")
        assert len(provider.taken) == 6, "five of the campaign, and the reply"
        slow.set()
        for message_id in campaign:
            await desk.until(message_id, "sent")
    assert len(provider.taken) == 13


async def test_what_an_agent_writes_leaves_before_what_a_campaign_waits_with(desk: Desk, provider: Provider) -> None:
    for number in range(20):
        await _campaign(desk, number)
    reply = await desk.write("me first")
    async with desk.pump():
        await desk.until(reply, "sent")
        assert provider.taken[0]["text"]["body"] == "me first"


async def test_many_by_the_api_go_behind_the_replies_of_people(desk: Desk, web: Web) -> None:
    client = await web.client(desk.workspace.agent)
    body = {"inbox_id": str(desk.inbox.id), "to": "+819011110001", "type": "text", "text": "x"}
    for bulk, lane in ((True, CAMPAIGNS), (False, CONVERSATIONAL)):
        answer = await client.post("messages", json={**body, "bulk": bulk})
        assert answer.status_code == 201, answer.text
        row = await desk.one("SELECT lane FROM outbox WHERE message_id = %s", answer.json()["id"])
        assert row == {"lane": lane}


async def _campaign(desk: Desk, number: int) -> Any:
    conversation = await add_conversation(desk.context, desk.inbox, f"8190222200{number:02}")
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        draft = MessageDraft(type="text", text=f"campaign {number}")
        return await enqueue(tx, desk.workspace.agent2.principal, conversation, draft, lane=CAMPAIGNS)
