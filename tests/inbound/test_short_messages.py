"""Short messages through the pipelines: one person, one report, and a word that ends it all."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.errors import Invalid, OptedOut
from madoguchi.outbound.address import send_to_address
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.enqueue import enqueue
from tests.inbound.conftest import Pipeline
from tests.support.world import Workspace, make_sms

FORM = {"MessageSid": "SM1", "From": "+819011110001", "To": "+815012345678", "Body": "Hi", "NumMedia": "0"}


@pytest.fixture
async def sms(context: Context, workspace: Workspace) -> InboxConfig:
    return await make_sms(context.db, workspace.id, settings={"region": "JP", "help_text": "Minato Coffee. STOP ends."})


async def _post(pipeline: Pipeline, inbox: InboxConfig, **form: str) -> int:
    values = {**FORM, **form}
    url = f"/webhooks/{inbox.settings['webhook_key']}"
    signed = (url + "".join(name + value for name, value in sorted(values.items()))).encode()
    signature = base64.b64encode(hmac.new(b"token", signed, hashlib.sha1).digest()).decode()
    status = await pipeline.post(inbox, urlencode(values).encode(), {"X-Twilio-Signature": signature})
    await pipeline.process()
    return status


async def _write(context: Context, workspace: Workspace, conversation: Any, text: str = "hello") -> Any:
    async with context.db.workspace(workspace.id) as tx:
        draft = MessageDraft(type="text", text=text)
        return await enqueue(tx, workspace.agent.principal, conversation, draft)


async def test_a_message_five_times_is_one(pipeline: Pipeline, sms: InboxConfig) -> None:
    for _ in range(5):
        assert await _post(pipeline, sms) == 200
    message = await pipeline.one("SELECT text, direction FROM messages")
    assert message == {"text": "Hi", "direction": "in"}
    assert await pipeline.all("SELECT channel, kind, value FROM contact_identities") == [
        {"channel": "sms", "kind": "phone", "value": "819011110001"}
    ]


async def test_a_wrong_signature_leaves_nothing(pipeline: Pipeline, sms: InboxConfig) -> None:
    assert await pipeline.post(sms, urlencode(FORM).encode(), {"X-Twilio-Signature": "AAAA"}) == 401
    assert await pipeline.all("SELECT id FROM ingest_log") == []


@pytest.mark.parametrize("word", ["STOP", "stop", "停止", "配信停止。", "ＳＴＯＰ"])  # noqa: RUF001
async def test_stop_ends_it_for_agents_too_and_start_lifts_it(
    context: Context, workspace: Workspace, pipeline: Pipeline, sms: InboxConfig, word: str
) -> None:
    await _post(pipeline, sms, Body=word)
    conversation = (await pipeline.one("SELECT id FROM conversations"))["id"]
    assert await pipeline.all("SELECT purpose, state FROM consents") == [{"purpose": "all", "state": "withdrawn"}]
    with pytest.raises(OptedOut):
        await _write(context, workspace, conversation)
    await _post(pipeline, sms, Body="START", MessageSid="SM2")
    assert await _write(context, workspace, conversation)


async def test_help_is_answered_by_the_inbox(pipeline: Pipeline, sms: InboxConfig) -> None:
    await _post(pipeline, sms, Body="Help!")
    answers = await pipeline.all("SELECT text, author_kind, status FROM messages WHERE direction = 'out'")
    assert answers == [{"text": "Minato Coffee. STOP ends.", "author_kind": "system", "status": "queued"}]
    await _post(pipeline, sms, Body="I need help", MessageSid="SM2")
    assert len(await pipeline.all("SELECT id FROM messages WHERE direction = 'out'")) == 1


async def test_where_an_agent_has_the_conversation_the_agent_answers(
    context: Context, workspace: Workspace, pipeline: Pipeline, sms: InboxConfig
) -> None:
    await _post(pipeline, sms)
    await _write(context, workspace, (await pipeline.one("SELECT id FROM conversations"))["id"])
    await _post(pipeline, sms, Body="HELP", MessageSid="SM2")
    assert await pipeline.all("SELECT id FROM messages WHERE author_kind = 'system'") == []


async def test_a_name_can_only_be_read(
    context: Context, workspace: Workspace, pipeline: Pipeline, sms: InboxConfig
) -> None:
    await _post(pipeline, sms, From="MyBank")
    with pytest.raises(Invalid, match="only be read"):
        await _write(context, workspace, (await pipeline.one("SELECT id FROM conversations"))["id"])


async def test_a_national_number_is_read_by_the_inboxs_country(
    context: Context, workspace: Workspace, sms: InboxConfig, pipeline: Pipeline
) -> None:
    bare = await make_sms(context.db, workspace.id)
    async with context.db.workspace(workspace.id) as tx:
        draft = MessageDraft(type="text", text="hello")
        await send_to_address(tx, workspace.agent.principal, sms.id, "090-1111-0001", draft)
        with pytest.raises(Invalid) as refused:
            await send_to_address(tx, workspace.agent.principal, bare.id, "090-1111-0001", draft)
    assert [error.field for error in refused.value.errors] == ["to"]
    assert await pipeline.one("SELECT value FROM contact_identities") == {"value": "819011110001"}
