"""Contacts, conversations and messages made with plain SQL, as the inbound pipeline would leave them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.types.json import Jsonb

from madoguchi.channels.base import InboxConfig
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection, Database
from madoguchi.events.service import Change, record


class Thread(Struct, frozen=True):
    id: UUID
    contact_id: UUID
    inbox: InboxConfig


async def make_thread(
    database: Database, inbox: InboxConfig, name: str = "Hanako", *, phone: str | None = None, hours: float = 24
) -> Thread:
    """An open, unassigned conversation of a new contact; its window is open for `hours`."""
    thread = Thread(new_id(), new_id(), inbox)
    now = clock.now()
    async with database.workspace(inbox.workspace_id) as tx:
        await tx.execute(
            "INSERT INTO contacts (workspace_id, id, name, created_at, updated_at) VALUES (%s, %s, %s, %s, %s)",
            (inbox.workspace_id, thread.contact_id, name, now, now),
        )
        await tx.execute(
            "INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, created_at)"
            " VALUES (%s, %s, %s, 'whatsapp', 'phone', %s, %s)",
            (inbox.workspace_id, new_id(), thread.contact_id, phone or str(thread.contact_id.int % 10**12), now),
        )
        await tx.execute(
            "INSERT INTO conversations (workspace_id, id, inbox_id, contact_id, last_activity_id, window_closes_at,"
            " created_at, updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                inbox.workspace_id,
                thread.id,
                inbox.id,
                thread.contact_id,
                thread.id,
                now + timedelta(hours=hours),
                now,
                now,
            ),
        )
        await record(tx, inbox.workspace_id, [Change("conversation.created", thread.id)])
    return thread


async def write_inbound(tx: Connection, thread: Thread, text: str = "hello", **columns: Any) -> UUID:
    """A customer's message; the caller records the event."""
    message_id, workspace_id, now = new_id(), thread.inbox.workspace_id, clock.now()
    await tx.execute(
        "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, data, status,"
        " author_kind, author_id, reply_to, provider_id, created_at)"
        " VALUES (%s, %s, %s, %s, 'in', %s, %s, %s, 'received', 'contact', %s, %s, %s, %s)",
        (
            workspace_id,
            message_id,
            thread.id,
            thread.inbox.id,
            columns.get("type", "text"),
            text,
            Jsonb(columns.get("data", {})),
            thread.contact_id,
            columns.get("reply_to"),
            f"wamid.{message_id}",
            now,
        ),
    )
    await tx.execute(
        "UPDATE conversations SET last_message_id = %s, last_activity_id = %s, unread = unread + 1, updated_at = %s"
        " WHERE workspace_id = %s AND id = %s",
        (message_id, message_id, now, workspace_id, thread.id),
    )
    return message_id


async def receive(database: Database, thread: Thread, text: str = "hello", **columns: Any) -> UUID:
    """A customer's message with its events, committed."""
    async with database.workspace(thread.inbox.workspace_id) as tx:
        message_id = await write_inbound(tx, thread, text, **columns)
        changes = [Change("message.created", message_id), Change("conversation.updated", thread.id)]
        await record(tx, thread.inbox.workspace_id, changes)
    return message_id
