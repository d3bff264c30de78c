"""What happened, from the bytes of a webhook.

Batches of up to a thousand updates are decoded in one go into typed structs. Where anything in a batch has a wrong
shape, that batch is taken apart and its elements are read one by one: a bad one is set aside, the others count.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from madoguchi.channels.base import RawRequest
from madoguchi.channels.events import Broken, Event, Unknown
from madoguchi.channels.whatsapp import wire
from madoguchi.channels.whatsapp.clean import Malformed, load
from madoguchi.channels.whatsapp.messages import People, read_message
from madoguchi.channels.whatsapp.notices import read_errors, read_notice
from madoguchi.channels.whatsapp.statuses import read_status

T = TypeVar("T")

# While another app handles a conversation, ours gets copies on `standby`: the customer wrote to us all the same.
_TALK = {"messages", "standby"}
_OBJECT = "whatsapp_business_account"
_NUL = b"\\u0000"  # PostgreSQL refuses it; such a body goes the patient way, which takes it out
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_envelope = msgspec.json.Decoder(wire.Envelope)
_value = msgspec.json.Decoder(wire.Value)


def parse(request: RawRequest) -> Sequence[Event]:
    try:
        return list(_fast(request.body))
    except _UNREADABLE:
        pass
    try:
        return list(_patient(request.body))
    except (ValueError, RecursionError) as error:
        return [Broken(f"not readable as JSON: {_brief(error)}")]


def _fast(body: bytes) -> Iterator[Event]:
    if _NUL in body:
        raise msgspec.DecodeError
    envelope = _envelope.decode(body)
    if envelope.object != _OBJECT:
        yield Unknown(f"object.{envelope.object[:60]}")
        return
    for entry in envelope.entry:
        account = entry.id or ""
        for change in entry.changes:
            if change.field in _TALK:
                yield from _messages(account, change.value)
            else:
                yield from _safely(_notice, account, entry.time, change)


def _messages(account: str, raw: msgspec.Raw) -> Iterator[Event]:
    try:
        value = _value.decode(raw)
    except _UNREADABLE:
        yield from _safely(lambda: list(_one_by_one(account, load(bytes(raw)))))
    else:
        yield from _events(account, value)


def _notice(account: str, time: Any, change: wire.Change) -> Sequence[Event]:
    return read_notice(account, time, change.field, load(bytes(change.value)))


def _events(account: str, value: wire.Value) -> Iterator[Event]:
    """The events of a well-formed value, in the order given."""
    number = (value.metadata and value.metadata.phone_number_id) or account
    people = People(value.contacts)
    for message in value.messages:
        yield from _safely(read_message, number, message, people)
    for status in value.statuses:
        yield from _safely(read_status, number, status, people)
    if value.errors:
        yield from read_errors(number, value.errors)


def _safely(read: Any, *given: Any) -> Iterable[Event]:
    try:
        found: Iterable[Event] = read(*given)
    except Exception as error:
        return (Broken(_brief(error)),)
    return found


# --- the patient way ------------------------------------------------------------------------------


def _patient(body: bytes) -> Iterator[Event]:
    envelope = load(body)
    if not isinstance(envelope, dict) or not isinstance(envelope.get("entry"), list):
        yield Broken("not a webhook of Meta: no list of entries")
    elif envelope.get("object") != _OBJECT:
        yield Unknown(f"object.{str(envelope.get('object'))[:60]}")
    else:
        for entry in envelope["entry"]:
            yield from _patient_entry(entry)


def _patient_entry(entry: Any) -> Iterator[Event]:
    changes = entry.get("changes") if isinstance(entry, dict) else None
    if not isinstance(changes, list):
        yield Broken("an entry without a list of changes")
        return
    account = str(entry.get("id") or "")[:100]
    for change in changes:
        if not isinstance(change, dict) or not isinstance(change.get("field"), str):
            yield Broken("a change without a field")
        elif change["field"] in _TALK:
            yield from _one_by_one(account, change.get("value"))
        else:
            yield from _safely(read_notice, account, entry.get("time"), change["field"], change.get("value"))


def _one_by_one(account: str, value: Any) -> Iterator[Event]:
    if not isinstance(value, dict):
        yield Broken("a change of messages without a value")
        return
    broken: list[Event] = []
    metadata, contacts = value.get("metadata"), value.get("contacts")
    yield from _events(
        account,
        wire.Value(
            metadata=next(_converted([metadata], wire.Metadata, []), None),
            contacts=list(_converted(contacts, wire.Contact, [])),
            messages=list(_converted(value.get("messages"), wire.Message, broken)),
            statuses=list(_converted(value.get("statuses"), wire.Status, broken)),
            errors=list(_converted(value.get("errors"), wire.Error, broken)),
        ),
    )
    yield from broken


def _converted(elements: Any, kind: type[T], broken: list[Event]) -> Iterator[T]:
    if elements is None:
        return
    for element in elements if isinstance(elements, list) else [elements]:
        try:
            yield _convert(element, kind)
        except (msgspec.ValidationError, Malformed) as error:
            broken.append(Broken(f"{kind.__name__.lower()}: {_brief(error)}"))


def _convert(element: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(element, kind, strict=False)
    except msgspec.ValidationError:
        # What surrounds a message (the quote, the advertisement) may be lost rather than its words.
        if kind is not wire.Message or not isinstance(element, dict):
            raise
        kept = {"id", "type", "timestamp", "from", "from_user_id", "from_parent_user_id", "group_id"}
        kept.add(str(element.get("type")))
        return msgspec.convert({key: element[key] for key in kept & element.keys()}, kind, strict=False)


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
