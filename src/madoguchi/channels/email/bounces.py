"""What a mail server says about a mail of ours that it could not, or did, deliver."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import Literal, NamedTuple

from flufl.bounce import all_failures

from madoguchi.channels.email.headers import Headers, read_addresses, read_ids
from madoguchi.channels.email.structure import Mail, Part

Outcome = Literal["failed", "delayed", "delivered", "complaint", "displayed"]
_ACTIONS: dict[str, Outcome] = {
    "failed": "failed",
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
}
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY = re.compile(r"\b([45]\d\d)[ -]")
_ID_LINE = re.compile(rb"^message-id:\s*(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_SENDER = re.compile(r"^(?:mailer-daemon|postmaster|.*bounces?)[+@]", re.IGNORECASE)


class Bounce(NamedTuple):
    outcome: Outcome
    recipient: str  # an address in lower case, empty when the report does not say
    message_ids: tuple[str, ...]  # of the mail that the report is about
    status: str = ""  # 5.1.1
    diagnostic: str = ""


def read_bounce(mail: Mail, raw: bytes) -> list[Bounce]:
    """One for each recipient the report names; empty when the mail is no report."""
    ids = _original_ids(mail)
    kind = mail.parameters.get("report-type", "").lower()
    if kind == "feedback-report" or any(p.content_type == "message/feedback-report" for p in mail.parts):
        return [Bounce("complaint", _complainer(mail), ids)]
    if kind == "disposition-notification":
        return [Bounce("displayed", "", ids)]
    found = [bounce for part in mail.parts for bounce in _read_status(part, ids)]
    if found:
        return found
    return list(_dialects(mail, raw, ids))


def _read_status(part: Part, ids: tuple[str, ...]) -> Iterator[Bounce]:
    if part.content_type != "message/delivery-status":
        return
    for block in re.split(rb"\r?\n[ \t]*\r?\n", part.content):
        fields = Headers(message_from_bytes(block.strip() + b"\n\n"))
        outcome = _ACTIONS.get(fields.plain("action"))
        if outcome is None:
            continue
        diagnostic = fields.text("diagnostic-code").partition(";")[2].strip() or fields.text("diagnostic-code")
        yield Bounce(
            outcome,
            _address(fields.text("final-recipient") or fields.text("original-recipient")),
            ids,
            _status(fields.text("status"), diagnostic),
            diagnostic[:500],
        )


def _status(status: str, diagnostic: str) -> str:
    """The exact one: some servers say 5.0.0 and hide the true code in their words."""
    exact = _STATUS.search(diagnostic)
    given = _STATUS.search(status)
    if given and (not exact or not given.group(1).endswith(".0.0")):
        return given.group(1)
    return exact.group(1) if exact else ""


def _address(value: str) -> str:
    found = read_addresses([value.partition(";")[2] or value])
    return found[0].key if found else ""


def _dialects(mail: Mail, raw: bytes, ids: tuple[str, ...]) -> Iterator[Bounce]:
    """Exim, qmail and a hundred others that never heard of the standard."""
    failed = mail.headers.addresses("x-failed-recipients")
    if not failed and not _from_a_server(mail):
        return
    addresses = [address.key for address in failed] or _by_library(raw)
    words = next((part.text for part in mail.parts if part.content_type == "text/plain"), "")
    status = _STATUS.search(words)
    reply = _REPLY.search(words)
    code = status.group(1) if status else f"{reply.group(1)[0]}.0.0" if reply else ""
    for address in addresses:
        yield Bounce("delayed" if code.startswith("4") else "failed", address, ids, code, " ".join(words.split())[:500])


def _from_a_server(mail: Mail) -> bool:
    senders = [address.key for address in mail.headers.addresses("from", "return-path")]
    return any(_SENDER.match(sender) for sender in senders) or mail.headers.plain("return-path") == "<>"


def _by_library(raw: bytes) -> list[str]:
    message: Message = message_from_bytes(raw)
    try:
        temporary, permanent = all_failures(message)
        return sorted(address.decode("ascii", "replace").lower() for address in permanent | temporary)
    except Exception:  # a dialect that is none
        return []


def _complainer(mail: Mail) -> str:
    for part in mail.parts:
        if part.content_type == "message/feedback-report":
            fields = Headers(message_from_bytes(part.content.strip() + b"\n\n"))
            return _address(fields.text("original-rcpt-to") or fields.text("removal-recipient"))
    return ""


def _original_ids(mail: Mail) -> tuple[str, ...]:
    """Of the returned mail, whole or headers only; of the report's own references when it returned nothing."""
    found: list[str] = []
    for part in mail.parts:
        if part.content_type in {
            "message/rfc822",
            "text/rfc822-headers",
            "message/rfc822-headers",
            "message/disposition-notification",
        }:
            found += _ids_in(part.content)
            if part.content_type == "message/disposition-notification":
                fields = Headers(message_from_bytes(part.content.strip() + b"\n\n"))
                found += [each for value in fields.raw("original-message-id") for each in read_ids(value)]
    if not found:
        found = [each for part in mail.parts if part.content_type == "text/plain" for each in _ids_in(part.content)]
    return tuple(dict.fromkeys([*found, *mail.headers.ids("in-reply-to", "references")]))


def _ids_in(content: bytes) -> list[str]:
    return [each for match in _ID_LINE.findall(content[:200_000]) for each in read_ids(match.decode("ascii", "ignore"))]
