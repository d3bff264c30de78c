"""Who wrote: from the provider's keys to a contact and the contact's thread in the inbox.

Two first messages of one stranger make one contact and one conversation, whoever processes them: unique keys decide,
and the loser starts again (`Collision`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from madoguchi.channels.events import Sender
from madoguchi.contacts.numbers import Newcomer, meet, number_of
from madoguchi.core import clock
from madoguchi.core.ids import new_id, new_id_at
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.inbound.hints import Asked, Found, find_by_hints, has_threads, remember
from madoguchi.inbound.incoming import Collision, Incoming, as_json, columns

Q = load_queries(__file__)


class Key(NamedTuple):
    workspace_id: UUID
    channel: str
    kind: str
    value: str


class Thread(NamedTuple):
    contact_id: UUID
    conversation_id: UUID
    conversation_is_new: bool
    # The conversation it was led to is about something else, by its subject: an agent may part them.
    other_subject: bool = False
    # The contact was known on another channel only, by their telephone number.
    met: bool = False


class Writer(NamedTuple):
    """A sender and the event they come with."""

    incoming: Incoming
    sender: Sender
    since: datetime | None = None
    """When a thread of theirs began that comes from an archive: a new conversation is put there, closed."""
    vouched: bool = True
    """False where the keys are only what somebody of the company wrote into an address book."""

    def identity_keys(self) -> list[Key]:
        inbox = self.incoming.inbox
        return [Key(inbox.workspace_id, inbox.channel, i.kind, i.value) for i in self.sender.identities]

    def first_key(self) -> Key | None:
        return next(iter(self.identity_keys()), None)

    def number(self) -> str | None:
        """Their telephone number, in the form to compare by."""
        found = (number_of(identity.kind, identity.value) for identity in self.sender.identities)
        return next(filter(None, found), None) if self.vouched else None


class _Addition(NamedTuple):
    key: Key
    contact_id: UUID
    is_new: bool
    writer: Writer


class _Opened(NamedTuple):
    id: UUID
    status: str


class _Known(Struct):
    """What the database and this batch know so far."""

    contacts: dict[Key, UUID]
    threads: dict[tuple[UUID, UUID, UUID], UUID]  # workspace, inbox, contact → conversation
    unverified: dict[UUID, list[Key]]  # contact → the keys of this batch that nobody has vouched for
    places: dict[Key | None, tuple[UUID, str]] = {}  # a newcomer's first key → workspace and number
    numbers: dict[tuple[UUID, str], UUID | None] = {}  # … → who has it on another channel
    met: set[UUID] = set()

    def elsewhere(self, writer: Writer) -> UUID | None:
        place = self.places.get(writer.first_key())
        found = self.numbers[place] if place else None
        if found:
            self.met.add(found)
        return found

    def settle(self, writer: Writer, contact_id: UUID) -> None:
        """The next newcomer of the batch with this number, on another channel, is the same person."""
        place = self.places.get(writer.first_key())
        if place:
            self.numbers[place] = self.numbers[place] or contact_id


async def find_threads(tx: Connection, writers: Sequence[Writer]) -> list[Thread]:
    """The thread of each writer, in their order; contacts and conversations are made where there are none."""
    if not writers:
        return []
    known = await _look_up(tx, writers)
    contact_ids = await _find_contacts(tx, writers, known)
    return await _assign_threads(tx, writers, contact_ids, known)


async def find_contacts(tx: Connection, writers: Sequence[Writer]) -> list[UUID]:
    """The contact of each, for what concerns the person and opens no conversation."""
    return await _find_contacts(tx, writers, await _look_up(tx, writers)) if writers else []


async def _find_contacts(tx: Connection, writers: Sequence[Writer], known: _Known) -> list[UUID]:
    await _meet_numbers(tx, writers, known)
    additions, contact_ids = _assign_contacts(writers, known)
    await _add_identities(tx, additions)
    await _name_contacts(tx, writers, contact_ids, known)
    return contact_ids


async def _look_up(tx: Connection, writers: Sequence[Writer]) -> _Known:
    asked = list(dict.fromkeys((writer.incoming.inbox.id, key) for writer in writers for key in writer.identity_keys()))
    rows = [{"inbox_id": inbox_id, **key._asdict()} for inbox_id, key in asked]
    cursor = await tx.execute(Q.find_people, {"rows": as_json(rows)}, binary=True)
    known = _Known({}, {}, {})
    for row in await cursor.fetchall():
        inbox_id, key = asked[row["position"] - 1]
        known.contacts[key] = row["contact_id"]
        if row["conversation_id"] is not None:
            known.threads[key.workspace_id, inbox_id, row["contact_id"]] = row["conversation_id"]
        if not row["verified"]:
            known.unverified.setdefault(row["contact_id"], []).append(key)
    return known


async def _meet_numbers(tx: Connection, writers: Sequence[Writer], known: _Known) -> None:
    """Whom their channel does not know yet, another may: by a telephone number that its provider vouches for."""
    newcomers = {
        writer.first_key(): Newcomer(writer.incoming.workspace_id, writer.incoming.inbox.channel, number)
        for writer in writers
        if not any(key in known.contacts for key in writer.identity_keys()) and (number := writer.number())
    }
    if not newcomers:
        return
    found = await meet(tx, list(newcomers.values()))
    for (key, newcomer), elsewhere in zip(newcomers.items(), found, strict=True):
        if elsewhere.meets:
            place = known.places[key] = newcomer.workspace_id, newcomer.number
            known.numbers[place] = known.numbers.get(place) or elsewhere.contact_id


def _assign_contacts(writers: Sequence[Writer], known: _Known) -> tuple[list[_Addition], list[UUID]]:
    additions: list[_Addition] = []
    contact_ids: list[UUID] = []
    for writer in writers:
        keys = writer.identity_keys()
        # The strongest key decides; a key that leads to somebody else stays with them.
        found = next((known.contacts[key] for key in keys if key in known.contacts), None) or known.elsewhere(writer)
        contact_id = found or new_id()
        for key in keys:
            if key not in known.contacts:
                known.contacts[key] = contact_id
                additions.append(_Addition(key, contact_id, found is None, writer))
        contact_ids.append(contact_id)
        known.settle(writer, contact_id)
    return additions, contact_ids


async def _add_identities(tx: Connection, additions: list[_Addition]) -> None:
    if not additions:
        return
    cursor = await tx.execute(
        Q.add_identities,
        {
            "workspaces": [addition.key.workspace_id for addition in additions],
            "ids": [new_id() for _ in additions],
            "contacts": [addition.contact_id for addition in additions],
            "new": [addition.is_new for addition in additions],
            "channels": [addition.key.channel for addition in additions],
            "kinds": [addition.key.kind for addition in additions],
            "values": [addition.key.value for addition in additions],
            "vouched": [addition.writer.vouched for addition in additions],
            "names": [addition.writer.sender.name or "" for addition in additions],
            "attributes": [msgspec.json.encode(a.writer.sender.details).decode() for a in additions],
            "now": clock.now(),
        },
    )
    row = await cursor.fetchone()
    if row is None or row["n"] != len(additions):
        raise Collision


async def _name_contacts(tx: Connection, writers: Sequence[Writer], contact_ids: list[UUID], known: _Known) -> None:
    """Contacts that we wrote to first have no name yet; now they have written, and the provider vouches for the keys they
    have written under, not for what else somebody has noted of them."""
    named = {
        contact_id: (writer.incoming.workspace_id, contact_id, writer.sender.name or "")
        for writer, contact_id in zip(writers, contact_ids, strict=True)
        if contact_id in known.met or (contact_id in known.unverified and writer.vouched)
    }
    if named:
        workspaces, contacts, names = columns(list(named.values()), 3)
        parameters = {"workspaces": workspaces, "contacts": contacts, "names": names, "now": clock.now()}
        vouched = [key._asdict() for contact_id in named for key in known.unverified.get(contact_id, ())]
        await tx.execute(Q.name_contacts, parameters | {"vouched": as_json(vouched)})


async def _assign_threads(
    tx: Connection, writers: Sequence[Writer], contact_ids: list[UUID], known: _Known
) -> list[Thread]:
    led = await _led_by_hints(tx, writers, contact_ids)
    threads: list[Thread] = []
    opened: dict[_Place, _Opened] = {}
    for position, (writer, contact_id) in enumerate(zip(writers, contact_ids, strict=True)):
        found = led.thread(position)
        if found is None:
            asked = led.asked.get(position)
            place = _Place(writer.incoming.workspace_id, writer.incoming.inbox.id, contact_id, *_thread_of(asked))
            conversation_id = known.threads.get(place[:3])
            if conversation_id is None:
                conversation_id = opened.setdefault(place, _opened(writer)).id
            found = Thread(contact_id, conversation_id, place in opened, met=contact_id in known.met)
        led.note(position, found)
        threads.append(found)
    if opened:
        await _open_conversations(tx, opened)
    await remember(tx, [(asked, threads[position].conversation_id) for position, asked in led.asked.items()])
    return threads


def _opened(writer: Writer) -> _Opened:
    return _Opened(new_id_at(writer.since), "closed") if writer.since else _Opened(new_id(), "open")


class _Place(NamedTuple):
    """What is unique of a conversation."""

    workspace_id: UUID
    inbox_id: UUID
    contact_id: UUID
    thread: str = ""
    subject: str = ""


class _Joinable(Struct):
    """A conversation that messages of this batch belong to, and who may join it by quoting them."""

    conversation_id: UUID
    subject: str
    is_new: bool
    people: set[object]


class _Led(Struct):
    """Messages on channels with threads, by their position: what they say, and where that leads."""

    asked: dict[int, Asked] = {}
    found: dict[int, Found] = {}
    of_batch: dict[tuple[UUID, UUID, str], _Joinable] = {}  # workspace, inbox, reference

    def thread(self, position: int) -> Thread | None:
        asked = self.asked.get(position)
        if asked is None:
            return None
        found = self.found.get(position)
        joined = _Joinable(found.conversation_id, found.subject, False, set()) if found else self._in_batch(asked)
        if joined is None:
            return None
        subject = asked.hints.subject
        other = bool(subject) and subject.casefold() != joined.subject.casefold()
        return Thread(asked.contact_id, joined.conversation_id, joined.is_new, other)

    def _in_batch(self, asked: Asked) -> _Joinable | None:
        place = asked.incoming.workspace_id, asked.incoming.inbox.id
        near = (self.of_batch.get((*place, reference)) for reference in asked.references())
        return next((each for each in near if each and each.people & asked.people()), None)

    def note(self, position: int, thread: Thread) -> None:
        asked = self.asked.get(position)
        if asked is None:
            return
        subject = self.found[position].subject if position in self.found else asked.hints.subject
        people = asked.people() | set(asked.written_to())
        joinable = _Joinable(thread.conversation_id, subject, thread.conversation_is_new, people)
        self.of_batch[asked.incoming.workspace_id, asked.incoming.inbox.id, asked.own_reference] = joinable


async def _led_by_hints(tx: Connection, writers: Sequence[Writer], contact_ids: list[UUID]) -> _Led:
    led = _Led()
    for position, (writer, contact_id) in enumerate(zip(writers, contact_ids, strict=True)):
        if has_threads(writer.incoming):
            addresses = tuple(identity.value for identity in writer.sender.identities)
            led.asked[position] = Asked(writer.incoming, contact_id, addresses)
    found = await find_by_hints(tx, list(led.asked.values()))
    led.found = {position: found[index] for index, position in enumerate(led.asked) if index in found}
    return led


def _thread_of(asked: Asked | None) -> tuple[str, str]:
    """A new conversation is called after its first message: the same mail, processed twice at once, opens one."""
    return (asked.own_reference, asked.hints.subject) if asked else ("", "")


async def _open_conversations(tx: Connection, opened: dict[_Place, _Opened]) -> None:
    cursor = await tx.execute(
        Q.open_conversations,
        {
            "workspaces": [place.workspace_id for place in opened],
            "inboxes": [place.inbox_id for place in opened],
            "contacts": [place.contact_id for place in opened],
            "threads": [place.thread for place in opened],
            "subjects": [place.subject for place in opened],
            "ids": [new.id for new in opened.values()],
            "statuses": [new.status for new in opened.values()],
            "now": clock.now(),
        },
    )
    if len(await cursor.fetchall()) != len(opened):
        raise Collision
