"""Mail servers hand over: an answer for each recipient, 250 after the commit, nothing lost when nothing can be stored."""

import asyncio
import smtplib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context, MailDoor
from madoguchi.inbound import commit
from madoguchi.inbound import delivery as delivery_module
from madoguchi.inbound.delivery import Delivery
from madoguchi.inboxes.directory import InboxDirectory
from tests.inbound.conftest import Pipeline
from tests.support.certificates import HERE, Authority
from tests.support.mail import mail
from tests.support.ports import free_port
from tests.support.postfix import Postfix, running_postfix
from tests.support.world import Workspace, make_mailbox

SUPPORT, ORDERS, NOBODY = "support@minato.example", "orders@minato.example", "nobody@minato.example"


@pytest.fixture
async def inboxes(context: Context, workspace: Workspace) -> list[InboxConfig]:
    return [await make_mailbox(context.db, workspace.id, address=each) for each in (SUPPORT, "Orders@Minato.example")]


@asynccontextmanager
async def _door(context: Context, scheme: str) -> AsyncIterator[int]:
    port = free_port()
    directory = InboxDirectory(context.db, context.secrets)
    delivery = Delivery(context.db, directory, MailDoor(f"{scheme}://127.0.0.1:{port}"))
    task = asyncio.create_task(delivery.run())
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            await writer.wait_closed()
            break
    try:
        yield port
    finally:
        delivery.stop()
        await task


async def test_a_certificate_that_is_missing_is_waited_for(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_module, "_RETRY_SECONDS", 0.05)
    rested, rest = asyncio.Event(), Delivery._rest

    async def noted(self: Delivery) -> None:
        rested.set()
        await rest(self)

    monkeypatch.setattr(Delivery, "_rest", noted)
    port = free_port()
    door = MailDoor(f"smtp://127.0.0.1:{port}", tls=str(tmp_path / "server.pem"))
    delivery = Delivery(context.db, InboxDirectory(context.db, context.secrets), door)
    task = asyncio.create_task(delivery.run())
    try:
        await asyncio.wait_for(rested.wait(), 30)
        assert not task.done()
        Authority().serving(tmp_path, HERE, 30)
        async with asyncio.timeout(30):
            while (greeting := await _greeting(port)) is None:
                await asyncio.sleep(0.02)
        assert greeting.startswith(b"220 ")
    finally:
        delivery.stop()
        await task


async def _greeting(port: int) -> bytes | None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return None
    line = await reader.readline()
    writer.close()
    return line


async def _talk(port: int, work: Callable[[smtplib.SMTP], Any], kind: type[smtplib.SMTP] = smtplib.SMTP) -> Any:
    def run() -> Any:
        with kind("127.0.0.1", port, timeout=30) as client:
            return work(client)

    return await asyncio.to_thread(run)


def _by_hand(client: smtplib.SMTP, recipients: list[str], content: bytes) -> list[bytes]:
    """LMTP as it is on the wire: the answers to each RCPT, then one line for each accepted recipient."""
    client.docmd("LHLO relay.example")
    client.docmd("MAIL FROM:<hanako@example.jp>")
    answers = [client.docmd(f"RCPT TO:<{each}>") for each in recipients]
    client.docmd("DATA")
    client.send(smtplib._quote_periods(content) + b"\r\n.\r\n")  # type: ignore[attr-defined]
    accepted = sum(code == 250 for code, _ in answers)
    return [b"%d %b" % each for each in answers] + [b"%d %b" % client.getreply() for _ in range(accepted)]


def _sending(raw: bytes, *recipients: str) -> Callable[[smtplib.SMTP], Any]:
    return lambda client: client.sendmail("h@example.jp", recipients, raw)


async def test_lmtp_answers_for_each_recipient(
    context: Context, pipeline: Pipeline, inboxes: list[InboxConfig]
) -> None:
    async with _door(context, "lmtp") as port:
        answers = await _talk(
            port,
            lambda client: _by_hand(
                client, [SUPPORT, NOBODY, ORDERS.upper(), "support+tag@minato.example"], mail("Hello")
            ),
        )
    assert [answer[:9] for answer in answers] == [
        b"250 2.1.5", b"550 5.1.1", b"250 2.1.5", b"250 2.1.5", b"250 2.0.0", b"250 2.0.0", b"250 2.0.0",
    ]  # fmt: skip
    await pipeline.process()
    rows = await pipeline.all("SELECT inbox_id FROM messages")
    assert {row["inbox_id"] for row in rows} == {inbox.id for inbox in inboxes}
    assert len(rows) == 2


async def test_smtp_takes_long_lines_dots_and_an_empty_sender(
    context: Context, pipeline: Pipeline, inboxes: list[InboxConfig]
) -> None:
    text = "." + "x" * 5000
    async with _door(context, "smtp") as port:
        await _talk(port, lambda client: client.sendmail("", [SUPPORT], mail(text)))
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            await _talk(port, lambda client: client.sendmail("a@b.example", [NOBODY], mail("Hi")))
    assert refused.value.recipients[NOBODY][0] == 550
    await pipeline.process()
    assert (await pipeline.one("SELECT text FROM messages"))["text"] == text
    assert len(inboxes) == 2


async def test_too_big_is_said_before_and_after(
    context: Context, inboxes: list[InboxConfig], pipeline: Pipeline
) -> None:
    """60 MiB are the limit: told in EHLO, refused by the announced size, and by the true one where none was announced."""
    big = mail("x" * 70 + "\r\n") + (b"y" * 998 + b"\r\n") * 63_000

    def told(client: smtplib.SMTP) -> tuple[str, int]:
        client.ehlo()
        return client.esmtp_features["size"], client.mail("a@b.example", [f"size={len(big)}"])[0]

    async with _door(context, "smtp") as port:
        assert await _talk(port, told) == ("62914560", 552)
    async with _door(context, "lmtp") as port:
        answers = await _talk(port, lambda client: _by_hand(client, [SUPPORT, ORDERS], big))
    assert [answer[:9] for answer in answers[2:]] == [b"552 5.3.4", b"552 5.3.4"]
    assert await pipeline.all("SELECT id FROM ingest_log") == []
    assert len(inboxes) == 2


async def _until(postfix: Postfix, done: Callable[[], bool], push: Callable[[], None] = lambda: None) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end, postfix.log()
        push()
        await asyncio.sleep(0.1)


async def test_a_full_disk_loses_nothing(
    context: Context, pipeline: Pipeline, inboxes: list[InboxConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through Postfix: it keeps what we could not store, and brings it again."""
    stored = commit.GroupCommit._commit

    async def full(self: commit.GroupCommit, entries: list[commit.Entry]) -> None:
        raise OSError("No space left on device")

    async with _door(context, "lmtp") as port:
        with running_postfix(port) as postfix:
            monkeypatch.setattr(commit.GroupCommit, "_commit", full)
            for number in range(5):
                raw = mail(f"mail {number}", Message_ID=f"<{number}@x.example>")
                await _talk(postfix.port, _sending(raw, SUPPORT, ORDERS))
            await _until(postfix, lambda: "452 4.3.1" in postfix.log())
            assert postfix.waiting() == 5
            assert await pipeline.all("SELECT id FROM ingest_log") == []
            monkeypatch.setattr(commit.GroupCommit, "_commit", stored)
            await _until(postfix, lambda: not postfix.waiting(), postfix.again)
            await _talk(postfix.port, _sending(mail("Hi"), NOBODY))
            await _until(postfix, lambda: "status=bounced" in postfix.log())
    await pipeline.process()
    texts = await pipeline.all("SELECT text, count(*) AS n FROM messages GROUP BY text ORDER BY text")
    assert [(row["text"], row["n"]) for row in texts] == [(f"mail {n}", 2) for n in range(5)]
    assert len(inboxes) == 2
