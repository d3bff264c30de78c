"""Messages into their threads: stored once, counted once, the window opened by the provider's time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from madoguchi.channels import registry
from madoguchi.channels.events import NO_TIME, MessageReceived
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.inbound.identify import Thread, Writer, find_threads
from madoguchi.inbound.incoming import Collision, Incoming, as_json
from madoguchi.media.inbound import NewMedia, do_register_inbound

Q = load_queries(__file__)


class Stored(NamedTuple):
    """A message that was not there before."""

    incoming: Incoming
    message: MessageReceived
    thread: Thread
    id: UUID


class _Touch(Struct):
    """What the new messages of one conversation change in it."""

    unread: int = 0
    last_id: UUID | None = None
    since: datetime | None = None
    sent_at: datetime | None = None
    closes_at: datetime | None = None


async def store_messages(tx: Connection, batch: Sequence[Incoming]) -> list[Stored]:
    """Store what is new of a batch of MessageReceived and bring the conversations up to date."""
    ordered = _in_order(batch)
    if not ordered:
        return []
    threads = await find_threads(tx, [Writer(incoming, message.sender) for incoming, message in ordered])
    candidates = [
        Stored(incoming, message, thread, new_id())
        for (incoming, message), thread in zip(ordered, threads, strict=True)
    ]
    added = await _add_messages(tx, candidates)
    stored = [candidate for candidate in candidates if candidate.id in added]
    if stored:
        await _touch_conversations(tx, stored)
        await do_register_inbound(tx, [file for message in stored for file in _files(message)])
    return stored


def _in_order(batch: Sequence[Incoming]) -> list[tuple[Incoming, MessageReceived]]:
    """By the provider's time; arrival breaks the tie. Ids are given in this order, so screens show it."""
    messages = [(i, i.event) for i in batch if isinstance(i.event, MessageReceived)]
    return sorted(messages, key=lambda pair: pair[1].sent_at)


async def _add_messages(tx: Connection, candidates: list[Stored]) -> set[UUID]:
    rows: list[dict[str, object]] = [
        {
            "workspace_id": c.incoming.workspace_id,
            "id": c.id,
            "conversation_id": c.thread.conversation_id,
            "inbox_id": c.incoming.inbox.id,
            "contact_id": c.thread.contact_id,
            "type": c.message.type,
            "text": c.message.text,
            "data": {**c.message.data, "other_subject": True} if c.thread.other_subject else c.message.data,
            "reply_to": c.message.reply_to,
            "provider_id": c.message.provider_id,
            "sent_at": _written_at(c.message),
        }
        for c in candidates
    ]
    cursor = await tx.execute(Q.add_messages, {"rows": as_json(rows)}, binary=True)
    return {row["id"] for row in await cursor.fetchall()}


async def _touch_conversations(tx: Connection, stored: list[Stored]) -> None:
    touches: dict[tuple[UUID, UUID], _Touch] = {}
    now = clock.now()
    for message in stored:
        touch = touches.setdefault((message.incoming.workspace_id, message.thread.conversation_id), _Touch())
        touch.unread += 1
        touch.last_id = message.id
        touch.sent_at = _written_at(message.message)
        touch.since = touch.since or touch.sent_at
        touch.closes_at = _closes_at(message, now) or touch.closes_at
    rows: list[dict[str, object]] = [
        {
            "workspace_id": workspace_id,
            "id": conversation_id,
            "unread": touch.unread,
            "last_id": touch.last_id,
            "since": touch.since,
            "sent_at": touch.sent_at,
            "closes_at": touch.closes_at,
        }
        for (workspace_id, conversation_id), touch in touches.items()
    ]
    cursor = await tx.execute(Q.touch_conversations, {"rows": as_json(rows), "now": now})
    if cursor.rowcount != len(rows):
        raise Collision  # somebody deleted the contact meanwhile: the message makes it anew


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
