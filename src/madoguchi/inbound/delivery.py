"""A door for mail servers: SMTP or LMTP, as `MADOGUCHI_MAIL_LISTEN` says. 250 is said after the mail is committed, never before.

What cannot be stored is answered 4xx and stays with the server that brought it, so that nothing is lost; an address that is
nobody's is refused at once, so that we never have to send a mail back.
"""

import asyncio
import ssl
from typing import Any
from urllib.parse import urlsplit

import psycopg
import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from prometheus_client import Counter

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig, RawRequest
from madoguchi.context import MailDoor
from madoguchi.db.pool import Database
from madoguchi.db.queries import load_queries
from madoguchi.inbound.commit import GroupCommit
from madoguchi.inbound.receive import Receiver
from madoguchi.inboxes.directory import InboxDirectory

log = structlog.get_logger()
Q = load_queries(__file__, "delivery.sql")

delivered = Counter("madoguchi_mail_delivered_total", "Recipients that mail servers named, by our answer", ["outcome"])

_RETRY_SECONDS = 5.0
_LONGEST_LINE = 1_000_000  # real mails hold to no limit
_MOST_RECIPIENTS = 100
_OK = "250 2.0.0 stored"
_UNKNOWN = "550 5.1.1 there is no such address here"
_LATER = "451 4.3.0 cannot look it up now, please come again"
_NOT_STORED = "452 4.3.1 not stored, please come again"
_TOO_MANY = "452 4.5.3 too many recipients"
_TOO_BIG = "552 5.3.4 the mail is larger than we take"


class Delivery:
    """`run()` until `stop()`; whoever is handing over finishes first."""

    def __init__(self, db: Database, directory: InboxDirectory, door: MailDoor) -> None:
        self._db = db
        self._directory = directory
        self._door = door
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        commit = GroupCommit(self._db.dsn)
        commit.start()
        try:
            while not self._stopping.is_set():
                await self._serve(Receiver(self._directory, commit))
        finally:
            await commit.stop()

    async def _serve(self, receiver: Receiver) -> None:
        parts = urlsplit(self._door.url)
        handler = Handler(self._db, self._directory, receiver, by_recipient=parts.scheme == "lmtp")
        loop = asyncio.get_running_loop()
        kind = _Lmtp if parts.scheme == "lmtp" else _Smtp
        try:
            options = self._options()
            server = await loop.create_server(lambda: kind(handler, **options), parts.hostname, parts.port or 25)
        except (
            OSError
        ) as error:  # the port is taken, the certificate is not there or none: the other lanes' work goes on
            log.warning("mail servers cannot be let in", address=parts.netloc, error=error.strerror or str(error))
            await self._rest()
            return
        log.info("mail servers may hand over", address=parts.netloc, protocol=parts.scheme)
        async with server:
            await self._stopping.wait()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), _RETRY_SECONDS)
        except TimeoutError:
            return

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"data_size_limit": _size_limit(), "enable_SMTPUTF8": True, "ident": "Madoguchi"}
        if self._door.tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self._door.tls)
            options["tls_context"] = context
        return options


class _Smtp(SMTP):
    line_length_limit = _LONGEST_LINE


class _Lmtp(LMTP):
    line_length_limit = _LONGEST_LINE

    async def push(self, status: Any) -> None:
        """After the data each recipient is answered, also where the library answers by itself."""
        text = status.decode() if isinstance(status, bytes) else str(status)
        if text.startswith(("552 Error: Too much", "500 Line too long")) and self.envelope:
            answer = _TOO_BIG if text.startswith("552") else text
            text = "\r\n".join([answer] * max(1, len(self.envelope.rcpt_tos)))
        await super().push(text)


class Handler:
    """What aiosmtpd asks; the names of the methods are its own."""

    def __init__(self, db: Database, directory: InboxDirectory, receiver: Receiver, *, by_recipient: bool) -> None:
        self._db = db
        self._directory = directory
        self._receiver = receiver
        self._by_recipient = by_recipient

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return _TOO_MANY
        try:
            inbox = await self._find(address)
        except (psycopg.Error, OSError):
            return _counted(_LATER)
        if inbox is None:
            return _counted(_UNKNOWN)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        answers = await self._store(envelope)
        if self._by_recipient:
            return "\r\n".join(_counted(answers[address]) for address in envelope.rcpt_tos)
        # One answer for all: who comes again brings a mail that we know by its content.
        worst = max(answers.values(), key=lambda answer: answer != _OK)
        return _counted(worst)

    async def _store(self, envelope: Envelope) -> dict[str, str]:
        """Answers by recipient; several addresses of one inbox are one mail to it."""
        answers: dict[str, str] = {}
        groups: dict[Any, tuple[InboxConfig, list[str]]] = {}
        for address in envelope.rcpt_tos:
            try:
                inbox = await self._find(address)
            except (psycopg.Error, OSError):
                answers[address] = _LATER
                continue
            if inbox is None:
                answers[address] = _UNKNOWN
            else:
                groups.setdefault(inbox.id, (inbox, []))[1].append(address)
        for inbox, addresses in groups.values():
            answers |= dict.fromkeys(addresses, await self._keep(inbox, addresses, envelope))
        return answers

    async def _keep(self, inbox: InboxConfig, addresses: list[str], envelope: Envelope) -> str:
        content = envelope.original_content or b""
        headers = {"content-type": "message/rfc822", "x-envelope-to": ", ".join(addresses)}
        status, _ = await self._receiver.accept(inbox, RawRequest("POST", {}, headers, content))
        if status == 200:
            return _OK
        return _NOT_STORED if status >= 500 else f"554 5.6.0 refused ({status})"

    async def _find(self, address: str) -> InboxConfig | None:
        """By the whole address, else without what stands after a plus: there our own tokens are, and people's tags."""
        wanted = address.lower()
        local, _, domain = wanted.rpartition("@")
        plain = f"{local.partition('+')[0]}@{domain}"
        async with self._db.system() as tx:
            given = {"channels": _channels(), "addresses": [wanted, plain]}
            rows = await (await tx.execute(Q.by_address, given)).fetchall()
        found = {row["address"]: row for row in rows}
        row = found.get(wanted) or found.get(plain)
        return await self._directory.by_id(row["workspace_id"], row["id"]) if row else None


def _channels() -> list[str]:
    return [name for name, channel in registry.channels().items() if channel.manifest.capabilities.takes_mail]


def _size_limit() -> int:
    return max(
        (
            c.manifest.capabilities.request_bytes
            for c in registry.channels().values()
            if c.manifest.capabilities.takes_mail
        ),
        default=1,
    )


def _counted(answer: str) -> str:
    delivered.labels(answer[:3]).inc()
    return answer
