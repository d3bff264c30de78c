"""STOP and START are confirmed once, by us or by the provider, and by nobody to a program."""

import itertools
import json
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.errors import OptedOut
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.enqueue import enqueue
from tests.inbound.conftest import Pipeline
from tests.inbound.test_gateways import Desk, desk
from tests.support.world import Workspace, make_sms

__all__ = ["desk"]  # a fixture

OURS = "SELECT text FROM messages WHERE direction = 'out' AND author_kind = 'system' ORDER BY id"
_minutes = itertools.count()


async def _inbox(context: Context, workspace: Workspace, **settings: Any) -> InboxConfig:
    return await make_sms(
        context.db, workspace.id, settings={"provider": "cm", **settings}, credentials={"product_token": "t"}
    )


async def _say(pipeline: Pipeline, inbox: InboxConfig, text: str, customer: str = "00819011110001") -> None:
    hour, minute = divmod(next(_minutes), 60)
    at = f"2026-01-02T{hour:02d}:{minute:02d}:00"
    said = {"from": customer, "to": "00815012345678", "message": text, "timeUtc": at, "channel": "SMS"}
    assert await pipeline.post(inbox, json.dumps(said).encode(), {}) == 200
    await pipeline.process()


async def _texts(pipeline: Pipeline) -> list[str]:
    return [row["text"] for row in await pipeline.all(OURS)]


async def test_each_change_is_confirmed_once(context: Context, workspace: Workspace, pipeline: Pipeline) -> None:
    inbox = await _inbox(context, workspace, stop_text="No more. START.", start_text="Again. STOP.")
    await _say(pipeline, inbox, "Hello")
    assert await _texts(pipeline) == []
    await _say(pipeline, inbox, "stop")
    await _say(pipeline, inbox, "STOP")
    assert await _texts(pipeline) == ["No more. START."], "what changed nothing is not confirmed"
    await _say(pipeline, inbox, "START")
    assert await _texts(pipeline) == ["No more. START.", "Again. STOP."]
    await _say(pipeline, inbox, "STOP")
    await _say(pipeline, inbox, "START")
    assert len(await _texts(pipeline)) == 2, "a program that says both in turns gets no third"


async def test_whoever_has_the_conversation(context: Context, workspace: Workspace, pipeline: Pipeline) -> None:
    inbox = await _inbox(context, workspace)
    await _say(pipeline, inbox, "Hello")
    conversation = (await pipeline.one("SELECT id FROM conversations"))["id"]
    draft = MessageDraft(type="text", text="Good morning")
    async with context.db.workspace(workspace.id) as tx:
        await enqueue(tx, workspace.agent.principal, conversation, draft)
    await _say(pipeline, inbox, "STOP")
    assert len(await _texts(pipeline)) == 1
    holder = await pipeline.one("SELECT assignee_id FROM conversations")
    assert holder == {"assignee_id": workspace.agent.principal.agent_id}
    async with context.db.workspace(workspace.id) as tx:
        with pytest.raises(OptedOut):
            await enqueue(tx, workspace.agent.principal, conversation, draft)


@pytest.mark.parametrize(("customer", "company", "begins"), [("ja", "en", "配信を停止"), (None, "ja", "配信を停止")])
async def test_in_the_customers_language(
    context: Context, workspace: Workspace, pipeline: Pipeline, customer: str | None, company: str, begins: str
) -> None:
    inbox = await _inbox(context, workspace)
    await _say(pipeline, inbox, "Hello")
    async with context.db.workspace(workspace.id) as tx:
        await tx.execute("UPDATE contacts SET locale = %s", (customer,))
        await tx.execute("UPDATE workspaces SET locale = %s, name = 'みなと珈琲'", (company,))
    await _say(pipeline, inbox, "停止")
    [text] = await _texts(pipeline)
    assert begins in text
    assert text.startswith("みなと珈琲")


@pytest.mark.parametrize("sender", ["4512", "MyBank"])
async def test_no_program_is_told(context: Context, workspace: Workspace, pipeline: Pipeline, sender: str) -> None:
    inbox = await _inbox(context, workspace, region="JP")
    await _say(pipeline, inbox, "STOP", sender)
    assert len(await pipeline.all("SELECT id FROM consents")) == 1
    assert await _texts(pipeline) == []


@pytest.mark.parametrize("wish", ["auto", "never", "always"])
async def test_where_the_provider_answers_we_do_not(desk: Desk, wish: str) -> None:
    await desk.connect("twilio")
    async with desk.context.db.workspace(desk.workspace.id) as tx:
        await tx.execute(
            "UPDATE inboxes SET settings = settings || jsonb_build_object('confirm_words', %s::text)", (wish,)
        )
    said = {"provider": "twilio", "from": "+819011110001", "to": "+815012345678", "text": "STOP"}
    assert (await desk.control("messages", said))["status"] == 200
    await desk.pipeline.process()
    assert len(await _texts(desk.pipeline)) == (1 if wish == "always" else 0)


async def test_the_confirmation_leaves_and_nothing_else(desk: Desk) -> None:
    await desk.connect("kannel")
    said = {"provider": "kannel", "from": "+819011110001", "to": "+815012345678", "text": "STOP"}
    assert (await desk.control("messages", said))["status"] == 200
    await desk.pipeline.process()
    await desk.until(["delivered"])
    [sent] = [text.text for text in desk.gateways.texts if text.direction == "out"]
    assert "START" in sent
