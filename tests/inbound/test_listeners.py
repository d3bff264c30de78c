"""A mailbox on a real mail server, watched by the worker: nothing lost, nothing twice, nothing changed in the mailbox."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.inbound.listeners import Listeners
from madoguchi.inboxes.directory import InboxDirectory
from tests.inbound.conftest import Pipeline
from tests.support.dovecot import PASSWORD, USER, Dovecot, running_dovecot
from tests.support.mail import mail
from tests.support.world import Workspace, make_mailbox


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


async def _mailbox(context: Context, workspace: Workspace, server: Dovecot, **settings: Any) -> InboxConfig:
    chosen = {"imap_host": "127.0.0.1", "imap_port": server.port, "imap_tls": "none", "imap_start": "all", **settings}
    return await make_mailbox(
        context.db, workspace.id, settings=chosen, credentials={"user": USER, "password": PASSWORD}
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


_TEXTS = "SELECT text FROM messages ORDER BY text"


def _mails(count: int, first: int = 1) -> list[bytes]:
    return [mail(f"mail {n:05}", Message_ID=f"<{n}@x.example>") for n in range(first, first + count)]


async def test_what_is_there_and_what_comes(
    context: Context, workspace: Workspace, pipeline: Pipeline, dovecot: Dovecot
) -> None:
    dovecot.deliver(*_mails(3))
    inbox = await _mailbox(context, workspace, dovecot)
    async with _watching(context):
        await _until(pipeline, "SELECT count(*) FROM messages", [(3,)])
        dovecot.deliver(*_mails(1, 4), start=4)
        await _until(pipeline, _TEXTS, [(f"mail {n:05}",) for n in range(1, 5)])
        await _until(pipeline, "SELECT health FROM inboxes", [("ok",)])
    assert dovecot.unseen() == 4
    assert inbox.settings["imap_start"] == "all"


async def test_a_restart_goes_on_where_it_was_and_new_numbers_bring_nothing_twice(
    context: Context, workspace: Workspace, pipeline: Pipeline, dovecot: Dovecot
) -> None:
    dovecot.deliver(*_mails(5))
    await _mailbox(context, workspace, dovecot)
    async with _watching(context):
        await _until(pipeline, "SELECT count(*) FROM messages", [(5,)])
    logged = await pipeline.all("SELECT id FROM ingest_log")
    dovecot.deliver(*_mails(2, 6), start=6)
    async with _watching(context):
        await _until(pipeline, "SELECT count(*) FROM messages", [(7,)])
    assert len(await pipeline.all("SELECT id FROM ingest_log")) == len(logged) + 2

    dovecot.stop()
    dovecot.renumber()
    dovecot.start()
    async with _watching(context):
        await _until(pipeline, "SELECT count(*) FROM ingest_log", [(14,)])
        await _until(pipeline, "SELECT count(*) FROM messages", [(7,)])


async def test_new_only_leaves_the_past_alone(
    context: Context, workspace: Workspace, pipeline: Pipeline, dovecot: Dovecot
) -> None:
    dovecot.deliver(*_mails(3))
    await _mailbox(context, workspace, dovecot, imap_start="new")
    async with _watching(context):
        await _until(pipeline, "SELECT count(*) FROM listener_cursors", [(1,)])
        dovecot.deliver(*_mails(1, 4), start=4)
        await _until(pipeline, _TEXTS, [("mail 00004",)])


async def test_two_workers_share_one_mailbox_without_meeting(
    context: Context, workspace: Workspace, pipeline: Pipeline, dovecot: Dovecot
) -> None:
    await _mailbox(context, workspace, dovecot)
    async with _watching(context), _watching(context):
        dovecot.deliver(*_mails(200))
        await _until(pipeline, "SELECT count(*) FROM messages", [(200,)])
    assert len(await pipeline.all("SELECT id FROM ingest_log")) == 200


async def test_a_changed_password_is_shown_on_the_inbox(
    context: Context, workspace: Workspace, pipeline: Pipeline, dovecot: Dovecot
) -> None:
    dovecot.set_password("another")
    await _mailbox(context, workspace, dovecot)
    async with _watching(context):
        await _until(
            pipeline, "SELECT health, split_part(health_detail, ':', 1) FROM inboxes", [("attention", "login_refused")]
        )


async def test_a_folder_that_is_not_there_is_shown_too(
    context: Context, workspace: Workspace, pipeline: Pipeline, dovecot: Dovecot
) -> None:
    await _mailbox(context, workspace, dovecot, imap_folder="Nowhere")
    async with _watching(context):
        await _until(pipeline, "SELECT health_detail FROM inboxes", [("folder_missing: Nowhere",)])
