"""What CM.com tells us: a message from a phone, or the state of one of ours. Old accounts get other shapes; all are read."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from madoguchi.channels.base import RawRequest
from madoguchi.channels.events import (
    NO_TIME,
    Broken,
    Event,
    InboundMedia,
    MessageReceived,
    ProviderError,
    ReceiptReceived,
    Sender,
    Unknown,
)
from madoguchi.channels.sms.cm.errors import error_code
from madoguchi.channels.sms.numbers import sender_of
from madoguchi.channels.sms.reference import lengthen
from madoguchi.channels.sms.wire import Wire, clean, form_of, key

Reached = Literal["sent", "delivered", "read", "failed"]
_STATUSES: dict[str, Reached] = {"0": "sent", "1": "failed", "2": "delivered", "3": "failed", "4": "read"}
_KINDS = {"image": "image", "video": "video", "audio": "audio"}


def parse(request: RawRequest, wire: Wire) -> Sequence[Event]:
    said = _read(request)
    if said is None:
        return [Broken("neither JSON nor a form")]
    reports = _reports(said)
    if reports is not None:
        return [_receipt(each, wire) if isinstance(each, dict) else Broken("a report is no object") for each in reports]
    if "from" in said or "message" in said:
        return [_message(said, wire)]
    return [Unknown("event")] if said else [Broken("an empty body")]


def _read(request: RawRequest) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(request.body)
    except msgspec.DecodeError:
        found = form_of(request.body) if b"=" in request.body[:200] else None
    return found if isinstance(found, dict) else None


def _reports(said: Mapping[str, Any]) -> list[Any] | None:
    """`messages.msg` is one object, or a list of them; flat in the oldest form."""
    messages = said.get("messages")
    if isinstance(messages, dict) and "msg" in messages:
        given = messages["msg"]
        return given if isinstance(given, list) else [given]
    flat = "status" in said or "statusCode" in said or "STATUS" in said
    return [said] if flat and "message" not in said else None


def _receipt(report: Mapping[str, Any], wire: Wire) -> Event:
    values = {name.lower(): value for name, value in report.items()}
    status = values.get("status")
    inner: Mapping[str, Any] = status if isinstance(status, dict) else {}
    code = key(inner.get("code", values.get("statuscode", "" if isinstance(status, dict) else status)))
    reference = key(values.get("reference"))
    if not reference:
        return Unknown("a report without a reference")
    reached = _STATUSES.get(code)
    if reached is None:
        return Unknown(f"status {code[:40]}")
    why = key(inner.get("errorCode", values.get("errorcode")))
    words = clean(inner.get("errorDescription", values.get("statusdescription")), 300)
    return ReceiptReceived(
        account="",
        provider_id=reference,
        status=reached,
        at=_time(values.get("received") or values.get("datetime")),
        reference=lengthen(reference),
        error=ProviderError(error_code(why), why, words or "Not delivered") if reached == "failed" else None,
        recipient=sender_of(key(values.get("to")), wire.region),
    )


def _message(said: Mapping[str, Any], wire: Wire) -> Event:
    identities = sender_of(_number(said.get("from")), wire.region)
    if not identities:
        return Broken("no sender")
    given = said.get("message")
    content: Mapping[str, Any] = given if isinstance(given, dict) else {"text": given}
    text = clean(content.get("text"))
    media = _media(content.get("media"))
    name = clean(said["from"].get("name"), 200) if isinstance(said.get("from"), dict) else ""
    when = key(said.get("timeUtc"))
    kind = _KINDS.get((media[0].content_type or "").partition("/")[0], "document") if media else "text"
    return MessageReceived(
        account="",
        provider_id=_own_key(said, identities[0].value, text, when),
        sender=Sender(identities, name or None),
        sent_at=_time(when),
        type=kind,
        text=text if not media or text else None,
        data=_data(said),
        media=media,
    )


def _data(said: Mapping[str, Any]) -> dict[str, str]:
    found = {"to": _number(said.get("to")), "channel": key(said.get("channel"))}
    return {name: value for name, value in found.items() if value and value != "SMS"}


def _own_key(said: Mapping[str, Any], sender: str, text: str, when: str) -> str:
    """CM gives a message from a phone no id; the same one, sent again for a month until it is taken, is the same."""
    parts = (key(said.get("reference")), sender, _number(said.get("to")), when, text)
    return "mo-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def _number(value: Any) -> str:
    return key(value.get("number") if isinstance(value, dict) else value)


def _media(value: Any) -> tuple[InboundMedia, ...]:
    if not isinstance(value, dict) or not key(value.get("mediaUri")):
        return ()
    url, kind = key(value["mediaUri"]), key(value.get("contentType")) or None
    return (InboundMedia({"url": url}, content_type=kind, name=clean(value.get("title"), 200) or None),)


def _time(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(key(value))
    except ValueError:
        return NO_TIME
    at = found if found.tzinfo else found.replace(tzinfo=UTC)
    return at if 2000 < at.year < 2100 else NO_TIME
