"""Kannel's calls: a message (`get-url` with its escapes, or `post-url`), or a delivery report (`dlr-url`)."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from madoguchi.channels.base import RawRequest
from madoguchi.channels.events import (
    NO_TIME,
    Broken,
    Event,
    MessageReceived,
    ProviderError,
    ReceiptReceived,
    Sender,
    Unknown,
)
from madoguchi.channels.sms.alphabet import decode
from madoguchi.channels.sms.numbers import sender_of
from madoguchi.channels.sms.reference import lengthen
from madoguchi.channels.sms.wire import Wire, clean, key

Reached = Literal["sent", "delivered", "failed"]
# 4 is "waits at the operator", which is no news.
_REPORTS: dict[int, Reached] = {1: "delivered", 2: "failed", 8: "sent", 16: "failed"}
_TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d+%H:%M:%S")


def parse(request: RawRequest, wire: Wire) -> Sequence[Event]:
    query = wire.query
    if "dlr" in query:
        return _receipt(query)
    posted = {name: request.headers.get(f"x-kannel-{name}", "") for name in ("from", "to", "time")}
    if posted["from"]:
        text = _decoded(request.body, _charset(request))
        return _message(posted["from"], posted["to"], text, posted["time"], "", wire)
    if "from" in query:
        return _message(
            query["from"], query.get("to", ""), query.get("text", ""), query.get("at", ""), query.get("id", ""), wire
        )
    return [Unknown("call")] if query else [Broken("neither a message nor a report")]


def _receipt(query: Mapping[str, str]) -> Sequence[Event]:
    reference = key(query.get("ref"))
    code = key(query["dlr"])
    if not reference or not code.isdecimal() or len(code) > 3:
        return [Broken("a report that cannot be read")]
    reached = _REPORTS.get(int(code))
    if reached is None:
        return [] if int(code) == 4 else [Unknown(f"report {code}")]
    words = clean(query.get("answer"), 300)
    refused = "refused_by_operator" if code == "16" else "not_delivered"
    error = ProviderError(refused, code, words or "Not delivered") if reached == "failed" else None
    return [ReceiptReceived("", reference, reached, _time(query.get("at", "")), lengthen(reference), error)]


def _message(sender: str, ours: str, text: str, at: str, own_id: str, wire: Wire) -> Sequence[Event]:
    identities = sender_of(key(sender), wire.region)
    if not identities:
        return [Broken("no sender")]
    parts = (key(sender), key(ours), key(at), clean(text))
    provider_id = key(own_id) or "mo-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
    data = {"to": key(ours)} if key(ours) else {}
    return [MessageReceived("", provider_id, Sender(identities), _time(at), "text", clean(text), data)]


def _charset(request: RawRequest) -> str:
    kind = request.headers.get("content-type", "").lower()
    if "octet-stream" in kind:
        return "binary"
    _, found, charset = kind.partition("charset=")
    return charset.split(";")[0].strip(' "') if found else "utf-8"


def _decoded(body: bytes, charset: str) -> str:
    """Kannel hands on what the phone sent: UTF-16 for UCS-2, one byte per letter of the GSM alphabet where it says so."""
    if charset in {"gsm", "gsm-7bit", "default"}:
        return clean(decode(body))
    try:
        return clean(body.decode("utf-16-be" if charset in {"utf-16be", "ucs-2", "utf-16"} else charset, "replace"))
    except LookupError:
        return clean(body.decode("utf-8", "replace"))


def _time(text: str) -> datetime:
    """`%t` writes a date, `%T` seconds; both are UTC."""
    given = key(text)
    if given.isdecimal() and len(given) in {9, 10}:
        return datetime.fromtimestamp(int(given), UTC)
    for form in _TIMES:
        try:
            return datetime.strptime(given, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return NO_TIME
