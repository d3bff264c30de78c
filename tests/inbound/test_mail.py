"""Which conversation a mail belongs to, through the real pipeline: proofs, references, newsletters, forgeries."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest

from madoguchi.agents import preferences
from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.principal import Principal
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.outbound.drafts import Letter, MessageDraft, Person
from madoguchi.outbound.enqueue import enqueue
from madoguchi.outbound.pump import OutboundPump
from tests.inbound.conftest import Pipeline
from tests.support.mail import mail, running_relay
from tests.support.world import Workspace, make_mailbox

_RFC822 = {"content-type": "message/rfc822"}


@pytest.fixture
async def mailbox(context: Context, workspace: Workspace) -> InboxConfig:
    return await make_mailbox(context.db, workspace.id)


async def _arrive(pipeline: Pipeline, mailbox: InboxConfig, *mails: bytes) -> None:
    for raw in mails:
        assert await pipeline.post(mailbox, raw, _RFC822) == 200
    await pipeline.process()


async def _conversations(pipeline: Pipeline) -> list[dict[str, Any]]:
    return await pipeline.all("SELECT * FROM conversations ORDER BY id")


async def test_an_answer_joins_its_thread_and_a_new_mail_opens_one(pipeline: Pipeline, mailbox: InboxConfig) -> None:
    await _arrive(
        pipeline,
        mailbox,
        mail("When do you open?"),
        mail("At nine?", Message_ID="<2@example.jp>", In_Reply_To="<first@example.jp>", Subject="Re: Opening hours"),
        mail("Do you sell beans?", Message_ID="<3@example.jp>", Subject="Beans"),
    )
    hours, beans = await _conversations(pipeline)
    assert (hours["subject"], beans["subject"]) == ("Opening hours", "Beans")
    assert hours["contact_id"] == beans["contact_id"]
    texts = await pipeline.all("SELECT conversation_id, text FROM messages ORDER BY id")
    assert [(row["conversation_id"], row["text"]) for row in texts] == [
        (hours["id"], "When do you open?"),
        (hours["id"], "At nine?"),
        (beans["id"], "Do you sell beans?"),
    ]


async def test_in_one_batch_too(pipeline: Pipeline, mailbox: InboxConfig) -> None:
    first = mail("one")
    second = mail(
        "two",
        Message_ID="<2@example.jp>",
        References="<0@x> <first@example.jp>",
        Date="Sun, 22 Nov 2026 11:00:00 +0900",
    )
    assert await pipeline.post(mailbox, first, _RFC822) == 200
    assert await pipeline.post(mailbox, second, _RFC822) == 200
    await pipeline.process()
    assert len(await _conversations(pipeline)) == 1


async def test_the_same_mail_fifty_times_is_one(pipeline: Pipeline, mailbox: InboxConfig) -> None:
    again = mail(
        "Hello", Received="from a by b; Sun, 22 Nov 2026 10:00:01 +0900", Delivered_To="support@minato.example"
    )
    answers = await asyncio.gather(
        *(pipeline.post(mailbox, raw, _RFC822) for raw in [mail("Hello")] * 25 + [again] * 25)
    )
    assert answers == [200] * 50
    await pipeline.process()
    assert len(await pipeline.all("SELECT * FROM messages")) == 1
    assert len(await _conversations(pipeline)) == 1


async def test_readers_of_a_newsletter_do_not_meet(pipeline: Pipeline, mailbox: InboxConfig) -> None:
    for number, reader in enumerate(("a@example.com", "b@example.com", "c@example.com")):
        await _arrive(
            pipeline,
            mailbox,
            mail("Thanks", From=reader, Message_ID=f"<{number}@x>", In_Reply_To="<newsletter@minato.example>"),
        )
    assert len(await _conversations(pipeline)) == 3


async def test_whom_the_customer_copied_may_answer_in_it(pipeline: Pipeline, mailbox: InboxConfig) -> None:
    await _arrive(
        pipeline,
        mailbox,
        mail("With my husband", Cc="Taro <taro@example.jp>"),
        mail("Yes please", From="TARO@example.jp", Message_ID="<t@example.jp>", In_Reply_To="<first@example.jp>"),
    )
    assert len(await _conversations(pipeline)) == 1
    authors = await pipeline.all("SELECT DISTINCT author_id FROM messages")
    assert len(authors) == 2


async def test_another_topic_in_an_old_thread_is_marked(pipeline: Pipeline, mailbox: InboxConfig) -> None:
    await _arrive(
        pipeline,
        mailbox,
        mail(),
        mail("New!", Message_ID="<2@x>", In_Reply_To="<first@example.jp>", Subject="A broken cup"),
        mail("Same", Message_ID="<3@x>", In_Reply_To="<first@example.jp>", Subject="AW: RE[2]: 返信: opening Hours"),
    )
    marked = await pipeline.all("SELECT data -> 'other_subject' AS other FROM messages ORDER BY id")
    assert [row["other"] for row in marked] == [None, True, None]


async def test_an_answer_to_ours_comes_back_by_its_proof_alone(
    pipeline: Pipeline, mailbox: InboxConfig, context: Context, workspace: Workspace
) -> None:
    """From another address, with a new subject and no reference: the reply address is enough. A forged proof is not."""
    await _arrive(pipeline, mailbox, mail("When do you open?"))
    (conversation,) = await _conversations(pipeline)
    async with running_relay() as relay:
        settings = {"smtp_host": "127.0.0.1", "smtp_port": relay.port, "smtp_tls": "none", "signature": "Minato Coffee"}
        await _set(context, mailbox, settings)
        sent = await _send(
            context,
            workspace,
            conversation["id"],
            MessageDraft(type="text", text="At <nine>.\nSee https://minato.example/map."),
        )
    (recipients, _), (letter,) = relay.taken[0], relay.mails()
    assert recipients == ["hanako@example.jp"]
    assert (letter["Subject"], letter["In-Reply-To"]) == ("Re: Opening hours", "<first@example.jp>")
    plain, html = (part.get_payload(decode=True).decode() for part in letter.get_payload())  # type: ignore[union-attr]
    assert plain.replace("\r\n", "\n").startswith("At <nine>.\nSee https://minato.example/map.\n\n-- \nMinato Coffee")
    assert '<a href="https://minato.example/map">' in html
    assert "&lt;nine&gt;" in html
    assert sent["status"] == "sent"
    assert letter["Message-ID"] == f"<{sent['provider_id']}>"
    assert "Auto-Submitted" not in letter

    back = letter["Reply-To"]
    await _arrive(
        pipeline,
        mailbox,
        mail("Thanks", From="hanako@work.example", To=back.upper(), Message_ID="<4@w>", Subject="Hi"),
        mail("Me too", From="eve@evil.example", To=_forged(back), Message_ID="<5@e>", Subject="Hi"),
    )
    first, forged = await _conversations(pipeline)
    assert first["id"] == conversation["id"]
    assert [
        row["n"]
        for row in await pipeline.all("SELECT count(*) AS n FROM messages GROUP BY conversation_id ORDER BY 1 DESC")
    ] == [3, 1]
    assert forged["id"] != conversation["id"]


@pytest.mark.parametrize(
    ("whose", "below"),
    [("both", "Emma\nMinato Coffee"), ("inbox", "Minato Coffee"), ("agent", "Emma")],
)
async def test_a_person_signs_as_the_inbox_has_it(
    pipeline: Pipeline, mailbox: InboxConfig, context: Context, workspace: Workspace, whose: str, below: str
) -> None:
    await _arrive(pipeline, mailbox, mail())
    (conversation,) = await _conversations(pipeline)
    person = workspace.agent.principal
    program = msgspec.structs.replace(person, kind="api")
    async with context.db.workspace(workspace.id) as tx:
        await preferences.do_change(tx, person, preferences.PreferencesPatch(signature="Emma"))
    async with running_relay() as relay:
        signing = {"signature": "Minato Coffee", "signature_of": whose}
        await _set(context, mailbox, signing | {"smtp_host": "127.0.0.1", "smtp_port": relay.port, "smtp_tls": "none"})
        for who in (person, program):
            await _send(context, workspace, conversation["id"], MessageDraft(type="text", text="Hi"), by=who)
    plain = [next(part for part in each.walk() if not part.is_multipart()) for each in relay.mails()]
    hers, programs = (bytes(part.get_payload(decode=True)).decode() for part in plain)
    assert hers.replace("\r\n", "\n") == f"Hi\n\n-- \n{below}\n"
    assert programs.replace("\r\n", "\n") == "Hi\n\n-- \nMinato Coffee\n"  # nobody's hand


def _forged(address: str) -> str:
    local, _, domain = address.strip("<>").rpartition("<")[2].rpartition("@")
    return f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"


async def test_a_bounce_marks_the_message_and_opens_no_conversation(
    pipeline: Pipeline, mailbox: InboxConfig, context: Context, workspace: Workspace
) -> None:
    await _arrive(pipeline, mailbox, mail())
    (conversation,) = await _conversations(pipeline)
    async with running_relay() as relay:
        await _set(context, mailbox, {"smtp_host": "127.0.0.1", "smtp_port": relay.port, "smtp_tls": "none"})
        sent = await _send(
            context,
            workspace,
            conversation["id"],
            MessageDraft(
                type="text",
                text="Hi",
                letter=Letter(subject="Täst", cc=[Person("cc@example.com", "Ç C")], bcc=[Person("b@example.com")]),
            ),
        )
    assert sorted(relay.taken[0][0]) == ["b@example.com", "cc@example.com", "hanako@example.jp"]
    assert b"b@example.com" not in relay.taken[0][1]
    await _arrive(pipeline, mailbox, bounce(sent["provider_id"]), bounce("somebody-elses@example.com"))
    (conversation,) = await _conversations(pipeline)
    message = await pipeline.one("SELECT * FROM messages WHERE id = %s", sent["id"])
    assert message["status"] == "failed"
    assert (message["error"]["code"], message["error"]["provider_code"]) == ("address_unknown", "5.1.1")


async def test_one_whose_server_takes_it_later_gets_it_later_and_nobody_twice(
    pipeline: Pipeline, mailbox: InboxConfig, context: Context, workspace: Workspace
) -> None:
    """Through the queue: what is known waits with the message, for whichever worker makes the next try."""
    await _arrive(pipeline, mailbox, mail())
    (conversation,) = await _conversations(pipeline)
    both = Letter(cc=[Person("ken@example.jp"), Person("gone@example.jp")])
    async with running_relay() as relay:
        relay.refuse = {"ken@example.jp": "451 4.7.1 greylisted", "gone@example.jp": "550 5.1.1 no such user"}
        await _set(context, mailbox, {"smtp_host": "127.0.0.1", "smtp_port": relay.port, "smtp_tls": "none"})
        letter = MessageDraft(type="text", text="Hi", letter=both)
        waiting = await _send(context, workspace, conversation["id"], letter, until=_owed)
        assert waiting["data"]["begun"]["given"] == ["hanako@example.jp"]
        assert waiting["data"]["begun"]["later"] == {"ken@example.jp": "451 4.7.1 greylisted"}
        relay.refuse = {}
        await pipeline.one("UPDATE outbox SET due_at = now() RETURNING message_id")
        sent = await _pump(context, waiting["id"], _ended)
    assert [recipients for recipients, _ in relay.taken] == [["hanako@example.jp"], ["ken@example.jp"]]
    assert sent["data"]["refused"] == {"gone@example.jp": "550 5.1.1 no such user"}
    assert "begun" not in sent["data"]
    assert await pipeline.all("SELECT * FROM outbox") == []


async def test_a_file_in_a_mail_is_kept(pipeline: Pipeline, mailbox: InboxConfig, context: Context) -> None:
    from madoguchi.media.jobs import do_fetch

    raw = mail(
        "--B\nContent-Type: text/plain\n\nSee the file\n--B\nContent-Type: application/pdf; name=a.pdf\n"
        "Content-Transfer-Encoding: base64\n\nJVBERi0xLjQ=\n--B--\n",
        Content_Type="multipart/mixed; boundary=B",
    )
    await _arrive(pipeline, mailbox, raw)
    media = await pipeline.one("SELECT * FROM media")
    await do_fetch(context, media["workspace_id"], media["id"])
    media = await pipeline.one("SELECT * FROM media")
    assert (media["state"], media["name"], media["size"]) == ("stored", "a.pdf", 8)
    assert b"".join([chunk async for chunk in context.storage.read(media["storage_key"])]) == b"%PDF-1.4"


async def _set(context: Context, mailbox: InboxConfig, settings: dict[str, Any]) -> None:
    from psycopg.types.json import Jsonb

    async with context.db.system() as tx:
        await tx.execute("UPDATE inboxes SET settings = settings || %s WHERE id = %s", (Jsonb(settings), mailbox.id))


def _ended(row: dict[str, Any]) -> bool:
    return row["status"] not in {"queued", "sending"}


def _owed(row: dict[str, Any]) -> bool:
    return row["status"] == "queued" and "begun" in row["data"]


async def _send(
    context: Context,
    workspace: Workspace,
    conversation_id: UUID,
    draft: MessageDraft,
    until: Callable[[dict[str, Any]], bool] = _ended,
    by: Principal | None = None,
) -> dict[str, Any]:
    async with context.db.workspace(workspace.id) as tx:
        message_id = await enqueue(tx, by or workspace.agent.principal, conversation_id, draft)
    return await _pump(context, message_id, until)


async def _pump(context: Context, message_id: UUID, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The message, once a worker of its own has brought it so far."""
    pump = OutboundPump(context.db.dsn, InboxDirectory(context.db, context.secrets), context.http, context.storage)
    task = asyncio.create_task(pump.run())
    try:
        async with asyncio.timeout(30):
            while True:
                async with context.db.system() as tx:
                    row = await (await tx.execute("SELECT * FROM messages WHERE id = %s", (message_id,))).fetchone()
                assert row
                if until(row):
                    return row
                await asyncio.sleep(0.02)
    finally:
        pump.stop()
        await task


def bounce(message_id: str) -> bytes:
    return mail(
        "--B\nContent-Type: text/plain\n\nCould not be delivered.\n"
        "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.jp\n\n"
        "Final-Recipient: rfc822; hanako@example.jp\nAction: failed\nStatus: 5.0.0\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such user\n\n"
        f"--B\nContent-Type: message/rfc822\n\nMessage-ID: <{message_id}>\nSubject: Re: x\n\nHi\n--B--\n",
        From="MAILER-DAEMON@mx.example.jp",
        Return_Path="<>",
        Message_ID="<bounce@mx.example.jp>",
        Content_Type="multipart/report; report-type=delivery-status; boundary=B",
    )
