"""What comes from the WhatsApp Business app of a number that is used in both: what was written there, its archive, its address book.

Webhook fields `smb_message_echoes` (and `message_echoes` of other apps on the number), `history` and `smb_app_state_sync`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Literal

import msgspec

from madoguchi.channels.events import AccountNotice, Broken, ContactNamed, Event, MessageReceived, Sender, Unknown
from madoguchi.channels.whatsapp import wire
from madoguchi.channels.whatsapp.clean import Malformed, moment, string
from madoguchi.channels.whatsapp.identity import identities
from madoguchi.channels.whatsapp.messages import REMARKS, People, known_by, profile_of, reaction, received
from madoguchi.channels.whatsapp.statuses import read_error

_STATES: dict[str, Literal["sent", "delivered", "read", "failed"]] = {
    "PENDING": "sent",
    "SENT": "sent",
    "DELIVERED": "delivered",
    "READ": "read",
    "PLAYED": "read",
    "ERROR": "failed",
}
_FROM_APP = {"source": "app"}
_FROM_ARCHIVE = {"archived": True}


def read_echoes(account: str, value: dict[str, Any]) -> Sequence[Event]:
    """Messages that were written to customers in the app: ours, and never sent again."""
    number = _number(account, value)
    people = _people(value)
    return list(_each(value.get("message_echoes"), lambda message: _echo(number, message, people)))


def _echo(account: str, message: wire.Message, people: People) -> Iterator[Event]:
    if message.group_id:
        yield Unknown("message_echoes.group")
    elif message.type in REMARKS:
        yield REMARKS[message.type](account, message, by_us=True)
    elif message.type == "reaction" and message.reaction is not None:
        given = reaction(account, message, message.reaction, _recipient(message, people))
        yield msgspec.structs.replace(given, by_us=True)
    else:
        yield _ours(received(account, message, _recipient(message, people)))


def _ours(message: MessageReceived) -> MessageReceived:
    data = {**message.data, **_FROM_APP}
    return msgspec.structs.replace(message, by_us=True, opens_window=False, data=data, status="sent")


def _recipient(message: wire.Message, people: People) -> Sender:
    contact = people.find(message.to_user_id, message.to)
    if contact is None:
        return known_by(identities(message.to_user_id, message.to_parent_user_id, message.to), None, {})
    found = identities(
        message.to_user_id or contact.user_id,
        message.to_parent_user_id or contact.parent_user_id,
        message.to or contact.wa_id,
    )
    return known_by(found, *profile_of(contact))


# --- the archive ----------------------------------------------------------------------------------


def read_history(account: str, value: dict[str, Any]) -> Sequence[Event]:
    """Half a year of chats, in chunks and in any order; their files follow one by one."""
    number = _number(account, value)
    events: list[Event] = []
    for chunk in _objects(value.get("history")):
        events += [_refusal(number, error) for error in _objects(chunk.get("errors"))]
        for thread in _objects(chunk.get("threads")):
            events += _thread(number, thread)
    events += _files(number, value)
    return events or (Unknown("history"),)


def _refusal(account: str, error: dict[str, Any]) -> Event:
    """The owner keeps the archive, or it was asked for too late."""
    ours = read_error(msgspec.convert(error, wire.Error, strict=False))
    data = {"code": ours.code, "provider_code": ours.provider_code}
    return AccountNotice(account, "history", ours.detail or ours.title, None, data)


def _thread(account: str, thread: dict[str, Any]) -> Iterator[Event]:
    context = thread.get("context")
    phone = string(thread, "id") or string(context, "wa_id")
    known = identities(string(context, "user_id"), string(context, "parent_user_id"), phone)
    keys = {identity.value for identity in known}

    def read(message: wire.Message) -> Iterator[Event]:
        theirs = message.sender in keys or message.from_user_id in keys
        return _archived(account, message, known_by(known, string(context, "name"), {}), theirs=theirs)

    return _each(thread.get("messages"), read)


def _files(account: str, value: dict[str, Any]) -> Iterator[Event]:
    """The file of an archived message, without the thread around it: whoever has `to` was written to."""
    people = _people(value)

    def read(message: wire.Message) -> Iterator[Event]:
        theirs = not (message.to or message.to_user_id)
        mirrored = msgspec.structs.replace(message, to=message.sender, to_user_id=message.from_user_id)
        return _archived(account, message, _recipient(mirrored if theirs else message, people), theirs=theirs)

    return _each(value.get("messages"), read)


def _archived(account: str, message: wire.Message, person: Sender, *, theirs: bool) -> Iterator[Event]:
    if message.type in REMARKS:
        yield REMARKS[message.type](account, message, by_us=not theirs)
    elif message.type == "reaction" and message.reaction is not None:
        yield msgspec.structs.replace(reaction(account, message, message.reaction, person), by_us=not theirs)
    elif message.type != "system" and not message.group_id:
        found = received(account, message, person)
        past = msgspec.structs.replace(found, past=True, opens_window=False, data={**found.data, **_FROM_ARCHIVE})
        yield past if theirs else msgspec.structs.replace(_ours(past), status=_state(message))


def _state(message: wire.Message) -> Literal["sent", "delivered", "read", "failed"]:
    told = message.history_context.status if message.history_context else None
    return _STATES.get((told or "").upper(), "sent")


# --- the address book -----------------------------------------------------------------------------


def read_address_book(account: str, value: dict[str, Any]) -> Sequence[Event]:
    """Who is in the app's address book. Somebody taken out of it stays known here."""
    number = _number(account, value)
    entries = [each for each in _objects(value.get("state_sync")) if string(each, "type") == "contact"]
    found = [_entry(number, each) for each in entries if string(each, "action") != "remove"]
    return found or (Unknown("smb_app_state_sync.nothing"),)


def _entry(account: str, entry: dict[str, Any]) -> Event:
    contact = entry.get("contact")
    name = string(contact, "full_name") or string(contact, "first_name")
    known = identities(string(contact, "user_id"), None, string(contact, "phone_number"))
    if not known:
        return Broken("an entry of the address book without a phone number")
    at = moment(string(entry.get("metadata"), "timestamp"))
    return ContactNamed(account, known_by(known, (name or "").strip()[:200] or None, {}), at)


# --- shapes ---------------------------------------------------------------------------------------


def _number(account: str, value: dict[str, Any]) -> str:
    return string(value.get("metadata"), "phone_number_id") or account


def _objects(given: Any) -> list[dict[str, Any]]:
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def _people(value: dict[str, Any]) -> People:
    found = []
    for each in _objects(value.get("contacts")):
        with suppress(msgspec.ValidationError):
            found.append(msgspec.convert(each, wire.Contact, strict=False))
    return People(found)


def _each(given: Any, read: Callable[[wire.Message], Iterator[Event]]) -> Iterator[Event]:
    """A message of a wrong shape is set aside; the others count."""
    for each in _objects(given):
        try:
            found = list(read(msgspec.convert(each, wire.Message, strict=False)))
        except (msgspec.ValidationError, Malformed) as error:
            found = [Broken(f"message: {type(error).__name__}: {error}"[:300])]
        yield from found
