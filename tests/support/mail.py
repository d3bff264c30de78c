"""Mails as customers send them, and a mail server that takes ours."""

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import Message
from typing import Any

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.ports import free_port

OURS = "support@minato.example"
HANAKO = "Hanako Sato <hanako@example.jp>"


def mail(body: str | bytes = "Hello", **headers: Any) -> bytes:
    """One plain mail; a header's name is given with _ for -, its value None leaves it out."""
    lines: dict[str, Any] = {
        "From": HANAKO,
        "To": OURS,
        "Subject": "Opening hours",
        "Date": "Sun, 22 Nov 2026 10:00:00 +0900",
        "Message-ID": "<first@example.jp>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    content = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode()
    return head.encode("utf-8", "surrogateescape") + b"\r\n" + content


class Relay:
    """What a submission server took, and how it answers next."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], Any]] = []
        self.port = 0
        self.refuse: dict[str, str] = {}  # recipient → answer
        self.answer = "250 OK queued"
        self.drop_after_dot = False

    def mails(self) -> list[Message]:
        return [email.message_from_bytes(content) for _, content in self.taken]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.taken.append((list(envelope.rcpt_tos), envelope.content))
        if self.drop_after_dot:
            self.drop_after_dot = False
            assert server.transport
            server.transport.close()
        return self.answer


@asynccontextmanager
async def running_relay(relay: Relay | None = None, **options: Any) -> AsyncIterator[Relay]:
    """`options` are aiosmtpd's."""
    relay = relay or Relay()
    relay.port = free_port()
    controller = UnthreadedController(
        relay, hostname="127.0.0.1", port=relay.port, loop=asyncio.get_running_loop(), **options
    )
    controller.server = await controller._create_server()
    try:
        yield relay
    finally:
        controller.server.close()
        await controller.server.wait_closed()
