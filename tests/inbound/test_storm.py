"""Programs that answer programs; and a server that is gone before it says whether it took the mail."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.errors import Conflict
from madoguchi.core.principal import Principal
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.enqueue import enqueue
from madoguchi.outbound.pump import OutboundPump
from tests.inbound.conftest import Pipeline
from tests.support.mail import mail, running_relay
from tests.support.world import Workspace, make_mailbox

_RFC822 = {"content-type": "message/rfc822"}


async def _answer(context: Context, workspace: Workspace, pipeline: Pipeline) -> int:
    """An automatic reply, as simple as one can be: to every conversation, whenever something came."""
    principal = Principal(workspace.id, "system", None, "agent", "Reception")
    sent = 0
    for row in await pipeline.all("SELECT id FROM conversations ORDER BY id"):
        try:
            async with context.db.workspace(workspace.id) as tx:
                await enqueue(tx, principal, row["id"], MessageDraft(type="text", text="We are closed now."))
            sent += 1
        except Conflict:
            continue
    return sent


@pytest.mark.parametrize("honest", [True, False])
async def test_two_responders_face_each_other_for_an_hour(
    context: Context, workspace: Workspace, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, *, honest: bool
) -> None:
    """Theirs answers every twenty seconds, in the same thread and in new ones, with and without a word about what it is."""
    inbox = await make_mailbox(context.db, workspace.id)
    now = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    replies = 0
    for number in range(180):
        marks = {"Auto_Submitted": "auto-replied"} if honest else {}
        raw = mail(
            "I am away.",
            Message_ID=f"<{number}@example.jp>",
            Subject="Away" if number % 2 else f"Away {number}",
            In_Reply_To=f"<{number - 1}@example.jp>" if number % 3 else None,
            Date=now.strftime("%a, %d %b %Y %H:%M:%S +0000"),
            **marks,
        )
        assert await pipeline.post(inbox, raw, _RFC822) == 200
        if number % 12 == 11:  # the desk looks every four minutes
            await pipeline.process()
            replies += await _answer(context, workspace, pipeline)
        now += timedelta(seconds=20)
    assert replies == (0 if honest else 1)
    out = await pipeline.one("SELECT count(*) AS n FROM messages WHERE direction = 'out'")
    assert out["n"] == replies


async def test_after_a_day_a_person_is_answered_again(
    context: Context, workspace: Workspace, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = await make_mailbox(context.db, workspace.id)
    now = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    for hours, expected in ((0, 1), (23, 0), (2, 1)):
        now += timedelta(hours=hours)
        raw = mail("Hello?", Message_ID=f"<{hours}@x>", In_Reply_To="<0@x>")
        assert await pipeline.post(inbox, raw, _RFC822) == 200
        await pipeline.process()
        assert await _answer(context, workspace, pipeline) == expected


async def test_a_server_gone_after_the_last_dot_gets_the_same_mail_again(
    context: Context, workspace: Workspace, pipeline: Pipeline
) -> None:
    async with running_relay() as relay:
        relay.drop_after_dot = True
        chosen = {"smtp_host": "127.0.0.1", "smtp_port": relay.port, "smtp_tls": "none"}
        inbox: InboxConfig = await make_mailbox(context.db, workspace.id, settings=chosen)
        assert await pipeline.post(inbox, mail("Hello"), _RFC822) == 200
        await pipeline.process()
        conversation = await pipeline.one("SELECT id FROM conversations")
        async with context.db.workspace(workspace.id) as tx:
            draft = MessageDraft(type="text", text="Good morning")
            await enqueue(tx, workspace.agent.principal, conversation["id"], draft)
        pump = OutboundPump(context.db.dsn, InboxDirectory(context.db, context.secrets), context.http, context.storage)
        task = asyncio.create_task(pump.run())
        async with asyncio.timeout(40):
            while (await pipeline.one("SELECT status FROM messages WHERE direction = 'out'"))["status"] != "sent":
                # What waits for its next try is due at once.
                async with context.db.system() as tx:
                    await tx.execute("UPDATE outbox SET due_at = %s WHERE NOT sending", (clock.now(),))
                pump.wake()
                await asyncio.sleep(0.05)
        pump.stop()
        await task
    first, second = relay.mails()
    assert first["Message-ID"] == second["Message-ID"]
    row = await pipeline.one("SELECT provider_id FROM messages WHERE direction = 'out'")
    assert first["Message-ID"] == f"<{row['provider_id']}>"
