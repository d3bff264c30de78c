"""How many ordinary mails a second are read on one core, and a backlog fetched from a real mail server: how fast, how much
memory: `python -m bench.scenarios.mail [backlog]` (the backlog needs Dovecot)."""

import asyncio
import base64
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.email.imap import listen
from madoguchi.channels.email.message import read_mail
from madoguchi.channels.events import MessageReceived

_HEAD = (
    "Received: from mx.example.jp by mx.minato.example; Sun, 22 Nov 2026 10:00:01 +0900\r\n"
    "Authentication-Results: mx.minato.example; spf=pass smtp.mailfrom=example.jp; dkim=pass header.d=example.jp; dmarc=pass\r\n"
    "From: =?utf-8?B?5L2Q6Jek6Iqx5a2Q?= <hanako@example.jp>\r\nTo: support@minato.example\r\nCc: ken@partner.example\r\n"
    "Subject: =?utf-8?B?6Kum44GE5ZCI44KP44Gb?=\r\nDate: Sun, 22 Nov 2026 10:00:00 +0900\r\n"
    "Message-ID: <{number}@example.jp>\r\nIn-Reply-To: <{before}@example.jp>\r\nMIME-Version: 1.0\r\n"
)
_TEXT = (
    "こんにちは。明日の午後、二人で伺えますか。\r\n" * 8
    + "\r\n2026年11月20日(金) 10:00 Minato <support@minato.example>:\r\n"
    + "> 営業時間のご案内です。\r\n" * 20
)
_HTML = (
    "<div>"
    + "<p>Good <b>morning</b>, <a href='https://example.jp/'>see here</a>.</p>" * 30
    + ("<div class='gmail_quote'><blockquote>" + "<p>Earlier words</p>" * 40 + "</blockquote></div></div>")
)
_FILE = base64.encodebytes(bytes(range(256)) * 80).decode().replace("\n", "\r\n")


def mail(number: int) -> bytes:
    """One in three is plain text, one has text and HTML, one a file of 20 KB besides."""
    head = _HEAD.format(number=number, before=number - 1)
    if number % 3 == 0:
        return (
            head + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + _TEXT
        ).encode()
    both = (
        "--A\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + _TEXT
        + "\r\n--A\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + _HTML + "\r\n--A--\r\n"
    )  # fmt: skip
    if number % 3 == 1:
        return (head + "Content-Type: multipart/alternative; boundary=A\r\n\r\n" + both).encode()
    file = f"Content-Type: application/pdf; name=plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{_FILE}"
    mixed = f"--M\r\nContent-Type: multipart/alternative; boundary=A\r\n\r\n{both}\r\n--M\r\n{file}\r\n--M--\r\n"
    return (head + "Content-Type: multipart/mixed; boundary=M\r\n\r\n" + mixed).encode()


def mails_per_second(seconds: float = 3.0) -> float:
    mails = [mail(number) for number in range(300)]
    assert all(isinstance(read_mail(raw)[0], MessageReceived) for raw in mails)
    done, started = 0, time.process_time()
    while time.process_time() - started < seconds:
        read_mail(mails[done % len(mails)])
        done += 1
    return done / (time.process_time() - started)


class _Counting:
    """In place of the ingest log: what arrives is counted and forgotten."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.ids: set[bytes] = set()
        self.early = self.peak = 0
        self.done = asyncio.Event()

    async def cursor(self) -> dict[str, Any]:
        return {}

    async def store(self, requests: Sequence[tuple[Mapping[str, str], bytes]], cursor: dict[str, Any]) -> None:
        del cursor
        self.ids |= {body.partition(b"Message-ID: <")[2].partition(b"@")[0] for _, body in requests}
        self.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if not self.early and len(self.ids) >= self.wanted // 10:
            self.early = self.peak
        if len(self.ids) >= self.wanted:
            self.done.set()

    async def works(self, *_: object, **__: object) -> None:
        return


async def backlog(count: int = 10_000) -> dict[str, float]:
    """Raises TimeoutError when a mail is missing after five minutes."""
    from tests.support.dovecot import PASSWORD, USER, running_dovecot

    with running_dovecot() as server:
        for first in range(1, count + 1, 500):
            server.deliver(*(mail(number) for number in range(first, first + 500)), start=first)
        settings = {
            "address": USER, "imap_host": "127.0.0.1", "imap_port": server.port, "imap_tls": "none",
            "imap_folder": "INBOX", "imap_start": "all",
        }  # fmt: skip
        inbox = InboxConfig(UUID(int=1), UUID(int=2), "email", "Bench", {"user": USER, "password": PASSWORD}, settings)
        intake, started = _Counting(count), time.monotonic()
        task = asyncio.create_task(listen(inbox, settings, intake, {}))
        await asyncio.wait_for(intake.done.wait(), 300)
        seconds = time.monotonic() - started
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return {"mails": len(intake.ids), "per_second": count / seconds, "mb_grown": (intake.peak - intake.early) / 1024}


if __name__ == "__main__":
    print(f"mail: {mails_per_second():,.0f} mails/s read on one core")
    if "backlog" in sys.argv:
        found = asyncio.run(backlog())
        print(
            f"mail backlog by IMAP: {found['mails']:,.0f} mails, {found['per_second']:,.0f}/s, memory"
            f" {found['mb_grown']:+.0f} MB between the first tenth and the end"
        )
