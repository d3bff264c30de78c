"""Whole conversations and messages: the right content, in a constant number of statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
import pytest
from psycopg import AsyncCursor

from madoguchi.channels.base import InboxConfig
from madoguchi.conversations.service import load_conversations, load_messages
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection, Database
from madoguchi.events.hydrate import hydrate
from madoguchi.events.read import Row
from tests.support.threads import Thread, make_thread, receive, write_inbound
from tests.support.world import Workspace, make_workspace


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    statements: list[Any] = []
    execute = AsyncCursor.execute

    async def noted(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        statements.append(query)
        return await execute(self, query, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(AsyncCursor, "execute", noted)
        yield statements


async def attach(tx: Connection, workspace_id: UUID, message_id: UUID, position: int, state: str = "stored") -> UUID:
    media_id = new_id()
    await tx.execute(
        "INSERT INTO media (workspace_id, id, message_id, position, state, name, content_type, size, width, height,"
        " created_at) VALUES (%s, %s, %s, %s, %s, 'a.jpg', 'image/jpeg', 5, 4, 3, %s)",
        (workspace_id, media_id, message_id, position, state, clock.now()),
    )
    return media_id


async def react(tx: Connection, workspace_id: UUID, message_id: UUID, kind: str, who: UUID, emoji: str | None) -> None:
    await tx.execute(
        "INSERT INTO reactions (workspace_id, message_id, author_kind, author_id, emoji, reacted_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (workspace_id, message_id, kind, who, emoji, clock.now()),
    )


async def test_a_message_carries_everything_a_reader_sees(
    database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox, "花子")
    first = await receive(database, thread, "見てください")
    async with database.workspace(workspace.id) as tx:
        second = await write_inbound(tx, thread, "これ", type="image", reply_to=first)
        shown = await attach(tx, workspace.id, second, 0)
        awaited = await attach(tx, workspace.id, second, 1, "pending")
        await react(tx, workspace.id, second, "agent", workspace.agent.id, "👍")
        await react(tx, workspace.id, second, "contact", thread.contact_id, None)
        message = (await load_messages(tx, workspace.id, [second]))[0]
    assert message.author.name == "花子"
    assert message.reply_to is not None
    assert (message.reply_to.id, message.reply_to.text, message.reply_to.author.name) == (first, "見てください", "花子")
    assert [(a.id, a.url) for a in message.attachments] == [(shown, f"/api/v1/media/{shown}"), (awaited, None)]
    assert (message.attachments[0].width, message.attachments[0].height) == (4, 3)
    assert [(r.emoji, r.author.kind, r.author.name) for r in message.reactions] == [("👍", "agent", "Emma")]
    encoded = msgspec.json.decode(msgspec.json.encode(message))
    assert encoded["created_at"].endswith("Z")
    assert len(encoded["created_at"]) == len("2026-11-22T09:30:00.000Z")


async def test_a_conversation_carries_its_row_of_the_list(
    database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox, "", phone="819011110001")
    last = await receive(database, thread, "x" * 500)
    async with database.workspace(workspace.id) as tx:
        found = (await load_conversations(tx, workspace.id, [thread.id]))[0]
    assert found.contact.name == "819011110001"  # nobody told a name yet
    assert (found.inbox.name, found.channel, found.unread) == ("Shop", "whatsapp", 1)
    assert found.last_message is not None
    assert (found.last_message.id, found.last_message.text) == (last, "x" * 200)
    assert found.window.open
    assert "text" in found.window.allowed


async def test_a_closed_window_allows_what_the_channel_says(
    database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox, hours=-1)
    async with database.workspace(workspace.id) as tx:
        found = (await load_conversations(tx, workspace.id, [thread.id]))[0]
    assert not found.window.open
    assert found.window.allowed == ["template"]
    assert found.window.closes_at is not None


async def test_the_order_asked_for_is_kept_and_strangers_are_left_out(
    database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    threads = [await make_thread(database, inbox) for _ in range(3)]
    wanted = [threads[2].id, threads[0].id, new_id(), threads[1].id, threads[2].id]
    other = await make_workspace(database, "Elsewhere")
    async with database.workspace(workspace.id) as tx:
        found = await load_conversations(tx, workspace.id, wanted)
    assert [each.id for each in found] == [threads[2].id, threads[0].id, threads[1].id]
    async with database.workspace(other.id) as tx:
        assert await load_conversations(tx, other.id, wanted) == []


async def test_the_number_of_statements_does_not_grow(
    database: Database, workspace: Workspace, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[Thread] = [await make_thread(database, inbox) for _ in range(20)]
    messages = [await receive(database, thread) for thread in threads for _ in range(2)]
    rows = [
        row
        for n, (thread, message) in enumerate(zip(threads * 2, messages, strict=True))
        for row in (
            Row(3 * n + 1, "message.created", message),
            Row(3 * n + 2, "conversation.updated", thread.id),
            Row(3 * n + 3, "contact.updated", thread.contact_id),
        )
    ]
    async with database.workspace(workspace.id) as tx:
        with counted(monkeypatch) as few:
            await hydrate(tx, workspace.id, rows[:3])
        with counted(monkeypatch) as many:
            events = await hydrate(tx, workspace.id, rows)
    assert len(few) == len(many) == 7
    assert [event.seq for event in events] == [row.seq for row in rows]
