"""Twilio's forms: a message, or what became of one of ours."""

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from madoguchi.channels.base import RawRequest
from madoguchi.channels.events import (
    NO_TIME,
    Broken,
    ConsentChanged,
    Event,
    InboundMedia,
    MessageReceived,
    ReceiptReceived,
    Sender,
    Unknown,
)
from madoguchi.channels.sms.numbers import sender_of
from madoguchi.channels.sms.reference import lengthen
from madoguchi.channels.sms.twilio.errors import error_of
from madoguchi.channels.sms.wire import Wire, clean, form_of, key

Reached = Literal["sent", "delivered", "read", "failed"]
_STATUSES: dict[str, Reached] = {
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
_UNDER_WAY = {"accepted", "scheduled", "queued", "sending"}
_KINDS = {"image": "image", "video": "video", "audio": "audio"}
_MOST_FILES = 10


def parse(request: RawRequest, wire: Wire) -> Sequence[Event]:
    form = form_of(request.body)
    message_id = key(form.get("MessageSid") or form.get("SmsSid"))
    if not message_id:
        return [Broken("no MessageSid")]
    status = (form.get("MessageStatus") or form.get("SmsStatus") or "").lower()
    if "Body" in form or "NumMedia" in form:
        return _message(form, message_id, wire)
    if status in _STATUSES:
        return _receipt(form, message_id, status, wire)
    return [] if status in _UNDER_WAY else [Unknown(f"status {status[:40]}")]


def _message(form: Mapping[str, str], message_id: str, wire: Wire) -> Sequence[Event]:
    identities = sender_of(form.get("From", ""), wire.region or form.get("FromCountry", ""))
    if not identities:
        return [Broken("no sender")]
    media = tuple(_media(form))
    text = _body(form) or None
    sender = Sender(identities, details=_place(form))
    kind = _KINDS.get((media[0].content_type or "").partition("/")[0], "document") if media else "text"
    message = MessageReceived(
        account="",
        provider_id=message_id,
        sender=sender,
        sent_at=NO_TIME,
        type=kind,
        text=text if media or text else "",
        data={"to": key(form["To"])} if form.get("To") else {},
        media=media,
    )
    return [message, *_wish(form, sender)]


def _wish(form: Mapping[str, str], sender: Sender) -> Sequence[Event]:
    """With Advanced Opt-Out it is Twilio that knows the words."""
    state = {"STOP": "withdrawn", "START": "granted"}.get(form.get("OptOutType", "").upper())
    if state is None:
        return []
    withdrawn = state == "withdrawn"
    return [
        ConsentChanged(
            account="",
            identities=sender.identities,
            purpose="all",
            state="withdrawn" if withdrawn else "granted",
            source="provider",
            at=NO_TIME,
            detail=clean(form.get("Body"), 300),
        )
    ]


def _body(form: Mapping[str, str]) -> str:
    """Some carriers' long messages come as a text file of their own, in base64 where the words should be."""
    text = form.get("Body", "")
    if not form.get("MediaContentType0", "").startswith("text/plain") or not text:
        return text
    try:
        return clean(b64decode(text, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return text


def _media(form: Mapping[str, str]) -> Sequence[InboundMedia]:
    given = form.get("NumMedia", "0")
    count = min(int(given), _MOST_FILES) if given.isdecimal() and len(given) < 4 else 0
    return [
        InboundMedia({"url": url}, content_type=key(form.get(f"MediaContentType{n}")) or None)
        for n in range(count)
        if (url := key(form.get(f"MediaUrl{n}")))
    ]


def _place(form: Mapping[str, str]) -> dict[str, str]:
    names = {"FromCity": "city", "FromState": "state", "FromZip": "zip", "FromCountry": "country"}
    return {ours: key(form[theirs])[:100] for theirs, ours in names.items() if form.get(theirs)}


def _receipt(form: Mapping[str, str], message_id: str, status: str, wire: Wire) -> Sequence[Event]:
    reached = _STATUSES[status]
    recipient = sender_of(form.get("To", ""), wire.region)
    error = error_of(key(form.get("ErrorCode")), status) if reached == "failed" else None
    receipt = ReceiptReceived(
        account="",
        provider_id=message_id,
        status=reached,
        at=_done(form.get("RawDlrDoneDate", "")),
        reference=lengthen(wire.query.get("ref", "")),
        error=error,
        recipient=recipient,
    )
    if error is None or error.code != "opted_out" or not recipient:
        return [receipt]
    told = ConsentChanged("", recipient, "all", "withdrawn", "provider", NO_TIME, detail=error.provider_code)
    return [receipt, told]


def _done(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return NO_TIME
