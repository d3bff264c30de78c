"""A letter to the mail server that sends for the inbox (submission), and what its answer means."""

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiosmtplib
import msgspec

from madoguchi.channels.base import Failed, FailureKind, InboxConfig, SendResult
from madoguchi.channels.email.compose import Letter
from madoguchi.channels.email.recipients import Progress
from madoguchi.channels.email.tls import context_of
from madoguchi.channels.events import ProviderError

_SECONDS = 60
_CONNECT_SECONDS = 15
_GREYLISTED = 60.0
_Refused = Mapping[str, tuple[int, str]]


class TooBig(Exception):  # noqa: N818
    """The server said at its greeting how much it takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} bytes")
        self.limit = limit


async def submit(
    letter: Letter, inbox: InboxConfig, settings: Mapping[str, Any], so_far: Progress | None = None
) -> SendResult:
    """Once, to whoever has not got it by the tries `so_far`. A connection lost after the letter's end is worth another try:
    the Message-ID is the same, and the recipients' programs show one."""
    so_far = so_far or Progress()
    try:
        async with connected(inbox, settings) as server:
            _check_size(server, letter)
            refused = await _hand_over(server, letter, so_far.missing(letter))
    except TooBig as error:
        return Failed("stop", ProviderError("too_large", "", "Too large", str(error)))
    except aiosmtplib.SMTPRecipientsRefused as error:
        if not so_far.given:
            return failure_of(error)
        refused = {each.recipient: aiosmtplib.SMTPResponse(each.code, each.message) for each in error.recipients}
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        failed = failure_of(error)
        return msgspec.structs.replace(failed, begun=msgspec.to_builtins(so_far)) if so_far.given else failed
    return so_far.after(letter, refused).result(letter)


async def _hand_over(
    server: aiosmtplib.SMTP, letter: Letter, recipients: list[str]
) -> Mapping[str, aiosmtplib.SMTPResponse]:
    refused, _ = await server.sendmail(letter.sender, recipients, letter.content, mail_options=_options(letter, server))
    return refused


def failure_of(error: Exception) -> Failed:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        # Nobody got it, so that all of it is tried again where anybody may take it later.
        passing = [each for each in error.recipients if 400 <= each.code < 500]
        first = (passing or error.recipients)[0]
        return _failed(first.code, first.message)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Failed(
            "channel_down", ProviderError("login_refused", str(error.code), "Sign-in refused", error.message[:300])
        )
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _failed(error.code, error.message)
    invalid = next((each for each in (error, error.__cause__) if isinstance(each, ssl.SSLCertVerificationError)), None)
    if invalid is not None:
        return Failed("channel_down", ProviderError("certificate_invalid", "", "Certificate", invalid.verify_message))
    return Failed("retry_after", ProviderError("unreachable", "", "No connection", type(error).__name__), _GREYLISTED)


@asynccontextmanager
async def connected(inbox: InboxConfig, settings: Mapping[str, Any]) -> AsyncIterator[aiosmtplib.SMTP]:
    """Signed in to the submission server. Raises aiosmtplib's errors and OSError."""
    mode = settings["smtp_tls"]
    server = aiosmtplib.SMTP(
        hostname=settings["smtp_host"],
        port=int(settings["smtp_port"]),
        timeout=_SECONDS,
        use_tls=mode == "implicit",
        start_tls=mode == "starttls",
        tls_context=context_of(settings.get("tls_ca")) if mode != "none" else None,
    )
    await server.connect(timeout=_CONNECT_SECONDS)
    try:
        await _sign_in(server, inbox)
        yield server
    finally:
        await _leave(server)


async def _sign_in(server: aiosmtplib.SMTP, inbox: InboxConfig) -> None:
    user = inbox.credentials.get("smtp_user") or inbox.credentials.get("user")
    token = inbox.credentials.get("access_token")
    password = inbox.credentials.get("smtp_password") or inbox.credentials.get("password")
    if user and token:
        await server.auth_xoauth2(user, token)
    elif user and password:
        await server.login(user, password)


async def _leave(server: aiosmtplib.SMTP) -> None:
    try:
        await server.quit()
    except (aiosmtplib.SMTPException, OSError):
        server.close()


def _check_size(server: aiosmtplib.SMTP, letter: Letter) -> None:
    limit = str(server.esmtp_extensions.get("size", "")).split(" ")[0] if server.supports_extension("size") else ""
    if limit.isdigit() and 0 < int(limit) < len(letter.content):
        raise TooBig(int(limit))


def _options(letter: Letter, server: aiosmtplib.SMTP) -> list[str]:
    options = [f"SIZE={len(letter.content)}"] if server.supports_extension("size") else []
    if not letter.sender.isascii() or not all(each.isascii() for each in letter.recipients):
        options.append("SMTPUTF8")
    return options


def _failed(code: int, message: str) -> Failed:
    text = f"{code} {' '.join(message.split())}"[:300]
    name, kind = _meaning(code, message)
    wait = _GREYLISTED if kind == "retry_after" else None
    return Failed(kind, ProviderError(name, str(code), "The mail server refused the mail", text), wait)


_PERMANENT: Sequence[tuple[tuple[str, ...], str]] = (
    (("5.1.1", "5.1.0", "5.1.3", "5.1.6", "5.1.10"), "address_unknown"),
    (("5.1.2", "5.4.4"), "domain_unknown"),
    (("5.2.2",), "mailbox_full"),
    (("5.3.4", "5.2.3"), "too_large"),
    (("5.7.",), "refused_by_policy"),
)


def _meaning(code: int, message: str) -> tuple[str, FailureKind]:
    if code in {530, 534, 535, 538} or "5.7.30" in message:
        return "login_refused", "channel_down"
    if 400 <= code < 500:
        return "mail_server_busy", "retry_after"
    for statuses, name in _PERMANENT:
        if any(status in message for status in statuses):
            return name, "not_reachable" if name in {"address_unknown", "domain_unknown"} else "stop"
    by_code = {
        550: "address_unknown",
        551: "address_unknown",
        553: "address_unknown",
        552: "too_large",
        554: "refused_by_policy",
    }
    name = by_code.get(code, "returned")
    return name, "not_reachable" if name == "address_unknown" else "stop"
