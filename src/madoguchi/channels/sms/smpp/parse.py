"""What came over a link: a message (its parts stand one behind the other), or a delivery receipt."""

from collections.abc import Sequence

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
from madoguchi.channels.sms.numbers import sender_of
from madoguchi.channels.sms.smpp.pdu import Address, Malformed, Short, unpack_all, unpack_short
from madoguchi.channels.sms.smpp.receipt import read_report
from madoguchi.channels.sms.smpp.texts import place_of, read
from madoguchi.channels.sms.wire import Wire, clean, key

_KIND = 0x3C  # of esm_class
_RECEIPT, _INTERMEDIATE = 0x04, 0x20
_ALPHANUMERIC = 5


def parse(request: RawRequest, wire: Wire) -> Sequence[Event]:
    try:
        shorts = [unpack_short(pdu.command, pdu.body) for pdu in unpack_all(request.body)]
    except Malformed as error:
        return [Broken(str(error))]
    if not shorts:
        return [Broken("nothing")]
    kind = shorts[0].esm_class & _KIND
    if kind in {_RECEIPT, _INTERMEDIATE}:
        return _receipt(shorts[0], wire)
    return [_message(shorts, wire)]


def _receipt(short: Short, wire: Wire) -> Sequence[Event]:
    report = read_report(short)
    if report is None:
        return [Unknown("a receipt without an id or a state")]
    if report.reached is None:
        return []
    title = f"{report.state} {report.error}".strip()
    error = ProviderError(report.code, key(report.error), clean(title)) if report.reached == "failed" else None
    return [
        ReceiptReceived(
            account="",
            provider_id=key(report.message_id),
            status=report.reached,
            at=report.at,
            error=error,
            recipient=sender_of(_written(short.source), wire.region),
            by_recipient=True,
        )
    ]


def _message(shorts: Sequence[Short], wire: Wire) -> Event:
    first = shorts[0]
    identities = sender_of(_written(first.source), wire.region)
    if not identities:
        return Broken("no sender")
    places = {place.number: short for short in shorts if (place := place_of(short))}
    ordered = [places[number] for number in sorted(places)] or [first]
    place = place_of(first)
    missing = place.total - len(places) if place else 0
    data: dict[str, object] = {"to": key(first.destination.number)} if first.destination.number else {}
    if place:
        data["parts"] = {"total": place.total, "missing": missing}
    text = "".join(read(short, wire.alphabet) for short in ordered)
    return MessageReceived(
        account="",
        provider_id=key(wire.query.get("id")) or "mo",
        sender=Sender(identities),
        sent_at=NO_TIME,
        type="text",
        text=clean(text),
        data=data,
    )


def _written(address: Address) -> str:
    """International numbers come without their plus."""
    if address.ton == 1 and address.number.isdecimal():
        return f"+{address.number}"
    return clean(address.number, 64)
