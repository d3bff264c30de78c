"""Messages into their threads: stored once, counted once, the window opened by the provider's time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from madoguchi.channels import registry
from madoguchi.channels.events import NO_TIME, MessageReceived
from madoguchi.core import clock
from madoguchi.core.ids import new_id, new_id_at
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.inbound.identify import Thread, Writer, find_threads
from madoguchi.inbound.incoming import Collision, Incoming, as_json
from madoguchi.media.inbound import NewMedia, do_register_inbound

Q = load_queries(__file__)


class Stored(NamedTuple):
    """A message that was not there before; `filled`: it takes the place that an archive had kept for it."""

    incoming: Incoming
    message: MessageReceived
    thread: Thread
    id: UUID
    filled: bool = False


class _Touch(Struct):
    """What the new messages of one conversation change in it."""

    unread: int = 0
    last_id: UUID | None = None
    since: datetime | None = None
    answered: bool = False
    sent_at: datetime | None = None
    closes_at: datetime | None = None
    entered_at: datetime | None = None

    def take(self, stored: Stored, now: datetime) -> None:
        """In the order of the messages' ids."""
        message, written_at = stored.message, _written_at(stored.message)
        self.last_id = stored.id
        if message.by_us and not message.past:
            self.since, self.answered = None, True
        elif not message.past:
            self.unread += 1
            self.since = self.since or written_at
        if not message.by_us:
            self.sent_at = written_at
            self.closes_at = _closes_at(stored, now) or self.closes_at
            self.entered_at = written_at if "referral" in message.data and not message.past else self.entered_at


async def store_messages(tx: Connection, batch: Sequence[Incoming]) -> list[Stored]:
    """Store what is new of a batch of MessageReceived and bring the conversations up to date."""
    ordered = _in_order(batch)
    if not ordered:
        return []
    threads = await find_threads(tx, [_writer(incoming, message) for incoming, message in ordered])
    candidates = [
        Stored(incoming, message, thread, _id_of(message, number))
        for number, ((incoming, message), thread) in enumerate(zip(ordered, threads, strict=True))
    ]
    added = await _add_messages(tx, candidates)
    stored = [candidate for candidate in candidates if candidate.id in added]
    filled = await _fill_placeholders(tx, [c for c in candidates if c.id not in added and c.message.media])
    if stored:
        await _touch_conversations(tx, stored)
    if stored or filled:
        await do_register_inbound(tx, [file for message in (*stored, *filled) for file in _files(message)])
    return [*stored, *filled]


def _writer(incoming: Incoming, message: MessageReceived) -> Writer:
    return Writer(incoming, message.sender, _written_at(message) if message.past else None)


def _id_of(message: MessageReceived, number: int) -> UUID:
    """Threads are read in the order of ids: what comes from an archive stands where it was written."""
    return new_id_at(message.sent_at, number) if message.past and message.sent_at != NO_TIME else new_id()


async def _fill_placeholders(tx: Connection, repeated: list[Stored]) -> list[Stored]:
    if not repeated:
        return []
    by_key = {(c.incoming.workspace_id, c.message.provider_id): c for c in repeated}
    cursor = await tx.execute(Q.fill_placeholders, {"rows": as_json([_row(c) for c in by_key.values()])})
    found = await cursor.fetchall()
    return [by_key[row["workspace_id"], row["provider_id"]]._replace(id=row["id"], filled=True) for row in found]


def _in_order(batch: Sequence[Incoming]) -> list[tuple[Incoming, MessageReceived]]:
    """By the provider's time; arrival breaks the tie. Ids are given in this order, so screens show it."""
    messages = [(i, i.event) for i in batch if isinstance(i.event, MessageReceived)]
    return sorted(messages, key=lambda pair: pair[1].sent_at)


async def _add_messages(tx: Connection, candidates: list[Stored]) -> set[UUID]:
    rows = [_row(candidate) for candidate in candidates]
    cursor = await tx.execute(Q.add_messages, {"rows": as_json(rows)}, binary=True)
    return {row["id"] for row in await cursor.fetchall()}


def _row(stored: Stored) -> dict[str, object]:
    message = stored.message
    row: dict[str, object] = {
        "workspace_id": stored.incoming.workspace_id,
        "id": stored.id,
        "conversation_id": stored.thread.conversation_id,
        "inbox_id": stored.incoming.inbox.id,
        "contact_id": stored.thread.contact_id,
        "type": message.type,
        "text": message.text,
        "data": {**message.data, "other_subject": True} if stored.thread.other_subject else message.data,
        "reply_to": message.reply_to,
        "provider_id": message.provider_id,
        "sent_at": _written_at(message),
    }
    return row | {"by_us": True, "status": message.status or "sent"} if message.by_us else row


async def _touch_conversations(tx: Connection, stored: list[Stored]) -> None:
    touches: dict[tuple[UUID, UUID], _Touch] = {}
    now = clock.now()
    for message in stored:
        place = (message.incoming.workspace_id, message.thread.conversation_id)
        touches.setdefault(place, _Touch()).take(message, now)
    rows: list[dict[str, object]] = [
        {
            "workspace_id": workspace_id,
            "id": conversation_id,
            "unread": touch.unread,
            "last_id": touch.last_id,
            "since": touch.since,
            "answered": touch.answered,
            "sent_at": touch.sent_at,
            "closes_at": touch.closes_at,
            "entered_at": touch.entered_at,
        }
        for (workspace_id, conversation_id), touch in touches.items()
    ]
    cursor = await tx.execute(Q.touch_conversations, {"rows": as_json(rows), "now": now})
    if cursor.rowcount != len(rows):
        # Somebody deleted the contact meanwhile: the message makes it anew. Or the thread was merged: it leads elsewhere now.
        raise Collision


def _written_at(message: MessageReceived) -> datetime:
    """The provider's time; ours where it gave none that can be true."""
    return clock.now() if message.sent_at == NO_TIME else message.sent_at


def _closes_at(stored: Stored, now: datetime) -> datetime | None:
    """The window runs from when the customer wrote, not from when we heard of it; a clock ahead of ours gains nothing."""
    hours = registry.channel(stored.incoming.inbox.channel).manifest.capabilities.window.hours
    if hours is None or not stored.message.opens_window or stored.message.sent_at == NO_TIME:
        return None
    return min(stored.message.sent_at, now) + timedelta(hours=hours)


def _files(stored: Stored) -> list[NewMedia]:
    in_request = registry.channel(stored.incoming.inbox.channel).manifest.capabilities.media_in_request
    return [
        NewMedia(
            workspace_id=stored.incoming.workspace_id,
            message_id=stored.id,
            inbox_id=stored.incoming.inbox.id,
            position=position,
            name=file.name or "",
            content_type=file.content_type or "application/octet-stream",
            size=file.size,
            sha256=file.sha256,
            reference={**file.reference, "ingest_id": str(stored.incoming.ingest_id)} if in_request else file.reference,
        )
        for position, file in enumerate(stored.message.media)
    ]
