"""A conversation with an open window, a provider that answers as told, and the pump to bring them together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.enqueue import enqueue
from madoguchi.outbound.pump import OutboundPump
from tests.support.meta import Provider, running_provider
from tests.support.world import Workspace, make_inbox


class Desk:
    """One customer's conversation, and hands to work with it."""

    def __init__(self, context: Context, workspace: Workspace, inbox: InboxConfig, conversation_id: UUID) -> None:
        self.context = context
        self.workspace = workspace
        self.inbox = inbox
        self.conversation_id = conversation_id

    async def write(self, text: str = "hi", by: Principal | None = None, **more: Any) -> UUID:
        draft = MessageDraft(**{"type": "text", "text": text, **more})
        return await self.send(draft, by)

    async def send(self, draft: MessageDraft, by: Principal | None = None, conversation: UUID | None = None) -> UUID:
        principal = by or self.workspace.agent.principal
        async with self.context.db.workspace(self.workspace.id) as tx:
            return await enqueue(tx, principal, conversation or self.conversation_id, draft)

    async def message(self, message_id: UUID) -> dict[str, Any]:
        return await self.one("SELECT * FROM messages WHERE id = %s", message_id)

    async def until(self, message_id: UUID, *states: str) -> dict[str, Any]:
        """The message once its status is one of these."""
        async with asyncio.timeout(10):
            while (message := await self.message(message_id))["status"] not in states:
                await asyncio.sleep(0.01)
        return message

    async def until_one(self, statement: str, *parameters: Any) -> dict[str, Any]:
        """The row, once there is one."""
        async with asyncio.timeout(10):
            while not (rows := await self.all(statement, *parameters)):
                await asyncio.sleep(0.01)
        return rows[0]

    async def customer_says(self, text: str, at: datetime) -> UUID:
        """As the way in leaves it: the last word, and somebody waits."""
        message_id = new_id()
        await self.do(
            "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, status, author_kind,"
            " created_at) VALUES (%s, %s, %s, %s, 'in', 'text', %s, 'received', 'contact', %s)",
            *(self.workspace.id, message_id, self.conversation_id, self.inbox.id, text, at),
        )
        await self.do(
            "UPDATE conversations SET last_message_id = %s, waiting_since = %s WHERE id = %s",
            *(message_id, at, self.conversation_id),
        )
        return message_id

    async def one(self, statement: str, *parameters: Any) -> dict[str, Any]:
        rows = await self.all(statement, *parameters)
        assert len(rows) == 1, rows
        return rows[0]

    async def all(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        async with self.context.db.system() as tx:
            return await (await tx.execute(statement, parameters)).fetchall()

    async def do(self, statement: str, *parameters: Any) -> None:
        async with self.context.db.system() as tx:
            await tx.execute(statement, parameters)

    async def assign(self, agent_id: UUID | None) -> None:
        await self.do(
            "UPDATE conversations SET assignee_id = %s, claim = claim + 1 WHERE id = %s", agent_id, self.conversation_id
        )

    @asynccontextmanager
    async def pump(self) -> AsyncIterator[OutboundPump]:
        """An outbound worker; at the end it drains as it does at SIGTERM."""
        directory = InboxDirectory(self.context.db, self.context.secrets)
        pump = OutboundPump(self.context.db.dsn, directory, self.context.http, self.context.storage)
        task = asyncio.create_task(pump.run())
        try:
            yield pump
        finally:
            pump.stop()
            await task


async def add_conversation(context: Context, inbox: InboxConfig, phone: str, *, open_hours: float = 24) -> UUID:
    contact_id, conversation_id = new_id(), new_id()
    now = clock.now()
    async with context.db.system() as tx:
        await tx.execute(
            "INSERT INTO contacts (workspace_id, id, name, created_at, updated_at) VALUES (%s, %s, 'Hanako', %s, %s)",
            (inbox.workspace_id, contact_id, now, now),
        )
        await tx.execute(
            "INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, created_at)"
            " VALUES (%s, %s, %s, 'whatsapp', 'phone', %s, %s)",
            (inbox.workspace_id, new_id(), contact_id, phone, now),
        )
        await tx.execute(
            "INSERT INTO conversations (workspace_id, id, inbox_id, contact_id, last_activity_id, window_closes_at,"
            " created_at, updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                inbox.workspace_id,
                conversation_id,
                inbox.id,
                contact_id,
                conversation_id,
                now + timedelta(hours=open_hours),
                now,
                now,
            ),
        )
    return conversation_id


async def add_template(context: Context, inbox: InboxConfig, **changes: Any) -> None:
    body = {"type": "BODY", "text": "Hello {{1}}, your table is booked for {{2}}."}
    values = {
        "name": "booking",
        "language": "en_US",
        "category": "UTILITY",
        "status": "APPROVED",
        "components": Jsonb([body]),
        "parameter_format": "POSITIONAL",
        **changes,
    }
    async with context.db.system() as tx:
        await tx.execute(
            "INSERT INTO templates (workspace_id, id, inbox_id, name, language, category, status, components,"
            " parameter_format, synced_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                inbox.workspace_id,
                new_id(),
                inbox.id,
                values["name"],
                values["language"],
                values["category"],
                values["status"],
                values["components"],
                values["parameter_format"],
                clock.now(),
            ),
        )


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with running_provider() as provider:
        yield provider


@pytest.fixture
async def desk(context: Context, workspace: Workspace, provider: Provider) -> Desk:
    inbox = await make_inbox(context.db, workspace.id, graph_url=provider.url)
    conversation_id = await add_conversation(context, inbox, "819011110001")
    return Desk(context, workspace, inbox, conversation_id)
