"""A raw mail to what the pipeline knows: a message of a customer, or news of a message of ours."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from madoguchi.channels.email.automatic import automatic_reason
from madoguchi.channels.email.body import Body, read_body
from madoguchi.channels.email.bounces import Bounce, read_bounce
from madoguchi.channels.email.charset import clean, decode
from madoguchi.channels.email.headers import Address, Headers, read_addresses, read_date
from madoguchi.channels.email.html import safe_html
from madoguchi.channels.email.ids import Token, plain_address, token_of_address, token_of_id
from madoguchi.channels.email.quotes import new_text
from madoguchi.channels.email.structure import Mail, Part, open_mail
from madoguchi.channels.email.trust import authentication
from madoguchi.channels.events import (
    NO_TIME,
    Event,
    Identity,
    InboundMedia,
    MessageReceived,
    ProviderError,
    ReceiptReceived,
    Sender,
    ThreadHints,
    Unknown,
)

RAW = "raw"  # the reference of a file that is the whole mail
_RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-forwarded-to", "x-envelope-to")
_MOST_REFERENCES = 50
_LONGEST_SUBJECT = 998
_REPLY_MARKS = re.compile(
    r"^\s*(?:(?:re|fwd?|aw|wg|sv|vs|rv|rif|tr|antw|odp|ynt|res|enc|回复|答复|转发|回覆|轉寄|返信|転送|답장|전달)"
    r"(?:\s*\[\d+\])?\s*[::]\s*)+",
    re.IGNORECASE,
)
_FORWARD_MARK = re.compile(r"^\s*(?:fwd?|wg|tr|enc|转发|轉寄|転送|전달)\s*[::]", re.IGNORECASE)
_NO_REPLY = re.compile(
    r"^(?:no-?reply|do-?not-?reply|donotreply|forms?|wordpress|website)(?:[+._-][^@]*)?@", re.IGNORECASE
)


def read_mail(raw: bytes, envelope: Sequence[str] = (), servers: tuple[str, ...] = ()) -> list[Event]:
    """Never raises: what cannot be read becomes a message with the raw mail attached. `envelope`: whom the relay named."""
    try:
        mail = open_mail(raw)
        bounces = read_bounce(mail, raw)
        reported = _receipts(mail, bounces)
        return list(reported) if reported else [_message(mail, raw, envelope, servers)]
    except Exception as error:  # a stranger wrote it, and the libraries below were not made for everything
        return [_unreadable(raw, envelope, type(error).__name__)]


def bare_subject(subject: str) -> str:
    """Without Re:, AW:, 返信: and their kin, however many."""
    return " ".join(_REPLY_MARKS.sub("", subject).split())


def _message(mail: Mail, raw: bytes, envelope: Sequence[str], servers: tuple[str, ...]) -> MessageReceived:
    headers = mail.headers
    body = read_body(mail)
    subject = headers.text("subject")[:_LONGEST_SUBJECT]
    sender = _sender(headers)
    auto = automatic_reason(mail)
    files = _files(mail, body)
    text = new_text(body.text) if body.text else ""
    data: dict[str, Any] = {
        "subject": subject,
        "from": _shown(sender),
        "to": [_shown(a) for a in _people(headers, "to")],
        "cc": [_shown(a) for a in _people(headers, "cc")],
        "reply_to": [_shown(a) for a in headers.addresses("reply-to")],
        "message_id": _message_id(headers, raw),
        "in_reply_to": next(iter(headers.ids("in-reply-to")), None),
        "references": list(headers.ids("references"))[-_MOST_REFERENCES:],
        "date": moment.isoformat() if (moment := read_date(headers)) else None,
        "html": safe_html(body.html) or None,
        "text_full": body.text,
        "is_auto": auto is not None,
        "bounce": None,
        "auth": authentication(headers, servers),
    }
    if auto:
        data["auto_reason"] = auto
    if mail.cut:
        data["cut"] = mail.cut
    inline = {part.content_id: index for index, (_, part) in enumerate(files) if part.content_id in body.inline}
    if inline:
        data["inline"] = inline
    return MessageReceived(
        account="",
        provider_id=_provider_id(headers, raw),
        sender=_identity(sender, headers, data["auth"]),
        sent_at=moment or NO_TIME,
        type="text",
        text=text,
        data=data,
        media=tuple(_media(index, part) for index, part in files),
        reply_to=data["in_reply_to"],
        thread=_hints(headers, envelope, subject),
    )


def _files(mail: Mail, body: Body) -> list[tuple[int, Part]]:
    """The parts that are kept as files, with their number among all parts: that is how they are found again."""
    wanted = {id(part) for part in [*body.files, *body.inline.values()]}
    return [(index, part) for index, part in enumerate(mail.parts) if id(part) in wanted]


def _media(index: int, part: Part) -> InboundMedia:
    return InboundMedia(
        reference={"part": index},
        content_type=part.content_type,
        name=part.name or _made_up_name(index, part),
        size=len(part.content),
        sha256=hashlib.sha256(part.content).hexdigest(),
    )


_ENDINGS = {
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/plain": "txt",
    "text/html": "html",
    "text/rfc822-headers": "txt",
    "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-signature": "p7s",
    "application/pkcs7-mime": "p7m",
    "application/x-pkcs7-mime": "p7m",
    "application/pgp-signature": "asc",
    "application/pgp-encrypted": "asc",
    "application/ms-tnef": "dat",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
}


def _made_up_name(index: int, part: Part) -> str:
    if part.content_type == "message/rfc822":
        try:
            subject = open_mail(part.content).headers.text("subject")
        except Exception:  # it stays a file all the same
            subject = ""
        return f"{subject or f'message-{index + 1}'}.eml"[:255]
    return f"part-{index + 1}.{_ENDINGS.get(part.content_type, 'bin')}"


def _sender(headers: Headers) -> Address:
    """Who is behind it. A list or a form that writes in somebody's name says so in a header of its own."""
    first = next(iter(headers.addresses("from", "sender", "return-path")), Address("", ""))
    original = next(iter(headers.addresses("x-original-from", "x-original-sender")), None)
    if original is not None and headers.has("list-id"):
        return original
    reply_to = next(iter(headers.addresses("reply-to")), None)
    if reply_to is not None and _NO_REPLY.match(first.key):
        return Address(reply_to.name or first.name, reply_to.address)
    return first


def _identity(sender: Address, headers: Headers, auth: dict[str, Any] | None) -> Sender:
    """Whom our own server found to be forged is another person: they see and inherit nothing of the real one."""
    kind = "unverified_address" if auth is not None and not auth["aligned"] else "address"
    key = plain_address(sender.key) or "unknown@invalid"
    name = sender.name if sender.name and "@" not in sender.name else ""
    details = {"organization": headers.text("organization")} if headers.has("organization") else {}
    return Sender((Identity(kind, key),), name[:200] or None, details)


def _people(headers: Headers, name: str) -> list[Address]:
    return list(
        dict.fromkeys(address._replace(address=plain_address(address.address)) for address in headers.addresses(name))
    )


def _shown(address: Address) -> dict[str, str]:
    return {"name": address.name, "address": address.address}


def _hints(headers: Headers, envelope: Sequence[str], subject: str) -> ThreadHints:
    written = [*headers.addresses(*_RECIPIENTS), *read_addresses(envelope)]
    references = _newest_first(headers)
    tokens = [token_of_address(address.address) for address in written] + [token_of_id(each) for each in references]
    found = dict.fromkeys(token for token in tokens if token is not None)
    return ThreadHints(
        proofs=tuple((token.conversation_id, token.proof) for token in found),
        references=references,
        subject=bare_subject(subject),
        forwarded=bool(_FORWARD_MARK.match(subject)),
    )


def _newest_first(headers: Headers) -> tuple[str, ...]:
    """What it answers, then the chain from its end."""
    chain = [*headers.ids("in-reply-to"), *reversed(headers.ids("references"))]
    return tuple(dict.fromkeys(chain))[:_MOST_REFERENCES]


def _message_id(headers: Headers, raw: bytes) -> str:
    found = headers.ids("message-id")
    return found[0][:500] if found else f"{hashlib.sha256(raw).hexdigest()[:40]}@no-message-id"


def _provider_id(headers: Headers, raw: bytes) -> str:
    """The Message-ID and the content: some programs give the same id to different mails, and some none at all."""
    digest = hashlib.sha256(_without_route(raw)).hexdigest()[:16]
    return f"{_message_id(headers, raw)}#{digest}"


_ROUTE = re.compile(
    rb"^(?:received|delivered-to|x-original-to|envelope-to|return-path|x-[\w-]+|authentication-results|arc-[\w-]+|dkim-[\w-]+"
    rb"|received-spf):.*(?:\r?\n[ \t].*)*\r?\n",
    re.IGNORECASE | re.MULTILINE,
)


def _without_route(raw: bytes) -> bytes:
    """The mail as its author made it: the same mail that comes by two ways differs only in what the servers added."""
    head, separator, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    return _ROUTE.sub(b"", head[:200_000] + b"\n") + separator + body


def _receipts(mail: Mail, bounces: Sequence[Bounce]) -> list[Event]:
    """News about mails of ours. Where a relay gave our mail another id, that is what it is known by; a report about a
    mail that we never sent (backscatter) waits in vain for somebody who knows its id."""
    events: list[Event] = []
    for bounce in bounces:
        own = next((token for each in bounce.message_ids if (token := token_of_id(each))), None)
        if not bounce.message_ids:
            events.append(Unknown("bounce", "a report that does not say about which mail"))
            continue
        events.append(
            ReceiptReceived(
                account="",
                provider_id=bounce.message_ids[0],
                status=_status(bounce),
                at=read_date(mail.headers) or NO_TIME,
                reference=own.reference if own else None,
                error=_error(bounce),
                data={"bounce": {"outcome": bounce.outcome, "status": bounce.status, "recipient": bounce.recipient}},
            )
        )
    return events


def _status(bounce: Bounce) -> Any:
    return {"failed": "failed", "complaint": "delivered", "delivered": "delivered", "displayed": "read"}.get(
        bounce.outcome, "sent"
    )


def _error(bounce: Bounce) -> ProviderError | None:
    if bounce.outcome != "failed":
        return None
    code = bounce_code(bounce.status)
    return ProviderError(code, bounce.status, "Returned by the mail server", bounce.diagnostic[:300])


def bounce_code(status: str) -> str:
    """Our word for an enhanced status code (RFC 3463)."""
    if status in {"5.1.1", "5.1.0", "5.1.3", "5.1.6", "5.1.10", "5.4.1"}:
        return "address_unknown"
    if status in {"5.1.2", "5.4.4", "5.4.6"}:
        return "domain_unknown"
    if status in {"5.2.2", "4.2.2"}:
        return "mailbox_full"
    if status in {"5.3.4", "5.2.3"}:
        return "too_large"
    if status.startswith("5.7."):
        return "refused_by_policy"
    return "returned"


def _unreadable(raw: bytes, envelope: Sequence[str], why: str) -> MessageReceived:
    """Somebody wrote, and nothing of it may be lost: the raw mail is the attachment."""
    head = decode(raw.partition(b"\n\n")[0][:20_000]).text
    sender = _from_line(head)
    subject = re.search(r"^subject:[ \t]*(.*)$", head, re.IGNORECASE | re.MULTILINE)
    digest = hashlib.sha256(raw).hexdigest()
    return MessageReceived(
        account="",
        provider_id=f"{digest[:40]}@no-message-id#{digest[:16]}",
        sender=Sender((Identity("address", sender.key or "unknown@invalid"),), sender.name or None),
        sent_at=NO_TIME,
        type="unsupported",
        text=None,
        data={
            "subject": clean(subject.group(1)).strip()[:_LONGEST_SUBJECT] if subject else "",
            "from": _shown(sender),
            "unsupported": {"type": "email", "reason": "unreadable", "detail": why},
        },
        media=(InboundMedia({"part": RAW}, "message/rfc822", "original.eml", len(raw), digest),),
        thread=ThreadHints(proofs=_envelope_proofs(envelope)),
    )


def _from_line(head: str) -> Address:
    line = re.search(r"^from:[ \t]*(.*)$", head, re.IGNORECASE | re.MULTILINE)
    found = read_addresses([line.group(1)]) if line else []
    return found[0] if found else Address("", "")


def _envelope_proofs(envelope: Sequence[str]) -> tuple[tuple[Any, str], ...]:
    tokens: list[Token | None] = [token_of_address(address) for address in envelope]
    return tuple((token.conversation_id, token.proof) for token in tokens if token is not None)
