"""The same mailbox by POP3: each mail once, and nothing deleted before it is durable here."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.inbound.listeners import Listeners, StoredIntake
from madoguchi.inboxes import health
from madoguchi.inboxes.directory import InboxDirectory
from tests.inbound.conftest import Pipeline
from tests.support.dovecot import PASSWORD, USER, Dovecot, running_dovecot
from tests.support.mail import mail
from tests.support.ports import free_port
from tests.support.world import Workspace, make_mailbox


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


async def _mailbox(context: Context, workspace: Workspace, server: Dovecot, **settings: Any) -> InboxConfig:
    chosen = {"pop3_host": "127.0.0.1", "pop3_port": server.pop3_port, "pop3_tls": "none", "imap_start": "all"}
    return await make_mailbox(
        context.db, workspace.id, settings=chosen | settings, credentials={"user": USER, "password": PASSWORD}
    )


@asynccontextmanager
async def _watching(context: Context) -> AsyncIterator[None]:
    listeners = Listeners(context.db, InboxDirectory(context.db, context.secrets), context.http)
    task = asyncio.create_task(listeners.run())
    try:
        yield
    finally:
        listeners.stop()
        await task


async def _until(pipeline: Pipeline, statement: str, expected: Any) -> None:
    async with asyncio.timeout(30):
        while True:
            await pipeline.process()
            found = [tuple(row.values()) for row in await pipeline.all(statement)]
            if found == expected:
                return
            await asyncio.sleep(0.05)


def _mails(count: int, first: int = 1) -> list[bytes]:
    return [mail(f".mail {n}\n.\nend", Message_ID=f"<{n}@x.example>") for n in range(first, first + count)]


async def test_what_stays_on_the_server_comes_once(
    context: Context, workspace: Workspace, pipeline: Pipeline, dovecot: Dovecot
) -> None:
    dovecot.deliver(*_mails(120))
    await _mailbox(context, workspace, dovecot)
    async with _watching(context):
        await _until(pipeline, "SELECT count(*) FROM messages", [(120,)])
    dovecot.deliver(*_mails(2, 121), start=121)
    async with _watching(context):
        await _until(pipeline, "SELECT count(*) FROM messages", [(122,)])
    assert len(await pipeline.all("SELECT id FROM ingest_log")) == 122
    assert dovecot.left() == 122
    assert (await pipeline.all("SELECT text FROM messages ORDER BY id LIMIT 1"))[0]["text"] == ".mail 1\n.\nend"


async def test_new_only(context: Context, workspace: Workspace, pipeline: Pipeline, dovecot: Dovecot) -> None:
    dovecot.deliver(*_mails(3))
    await _mailbox(context, workspace, dovecot, imap_start="new")
    async with _watching(context):
        await _until(pipeline, "SELECT count(*) FROM listener_cursors", [(1,)])
        await _until(pipeline, "SELECT health FROM inboxes", [("ok",)])
    dovecot.deliver(*_mails(1, 4), start=4)
    async with _watching(context):
        await _until(pipeline, "SELECT count(*) FROM messages", [(1,)])


async def test_nothing_is_deleted_before_it_is_durable(
    context: Context, workspace: Workspace, pipeline: Pipeline, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.deliver(*_mails(5))
    await _mailbox(context, workspace, dovecot, pop3_leave="delete")
    stored = StoredIntake.store
    failed = asyncio.Event()

    async def full(self: StoredIntake, requests: Any, cursor: dict[str, Any]) -> None:
        if not requests:
            return await stored(self, requests, cursor)
        failed.set()
        raise OSError("No space left on device")

    monkeypatch.setattr(StoredIntake, "store", full)
    async with _watching(context):
        await asyncio.wait_for(failed.wait(), 20)
        await _until(pipeline, "SELECT health FROM inboxes", [("attention",)])
    assert dovecot.left() == 5
    monkeypatch.setattr(StoredIntake, "store", stored)
    async with _watching(context):
        await _until(pipeline, "SELECT count(*) FROM messages", [(5,)])
        async with asyncio.timeout(20):
            while dovecot.left():
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("by_imap", [False, True])
async def test_a_look_at_the_account_says_what_to_do(
    context: Context, workspace: Workspace, pipeline: Pipeline, dovecot: Dovecot, *, by_imap: bool
) -> None:
    """The password was changed, then repaired; the server for sending is away, then back."""
    open_notices = "SELECT data ->> 'code' FROM notices WHERE dismissed_at IS NULL ORDER BY 1"
    chosen = {"imap_host": "127.0.0.1", "imap_port": dovecot.port, "imap_tls": "none"} if by_imap else {}
    inbox = await _mailbox(context, workspace, dovecot, **chosen)

    async def look() -> None:
        await health.check(context.db, context.http, context.secrets, inbox.workspace_id, inbox.id)

    dovecot.set_password("another")
    await look()
    await _until(pipeline, open_notices, [("login_refused",)])
    notice = await pipeline.one("SELECT data FROM notices WHERE dismissed_at IS NULL")
    assert notice["data"]["advice"]["ja"].startswith("受信箱の設定で現在のパスワード")
    dovecot.set_password(PASSWORD)
    await look()
    await _until(pipeline, open_notices, [])
    await _until(pipeline, "SELECT health FROM inboxes", [("ok",)])
    away = {"smtp_host": "127.0.0.1", "smtp_port": free_port(), "smtp_tls": "none"}
    await pipeline.all("UPDATE inboxes SET settings = settings || %s::jsonb RETURNING id", json.dumps(away))
    await look()
    await _until(pipeline, open_notices, [("unreachable",)])
    await _until(pipeline, "SELECT health, held_reason FROM inboxes", [("attention", None)])
