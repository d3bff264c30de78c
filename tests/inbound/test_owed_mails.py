"""A mail that the server does not give out holds up no other, is tried again, and somebody is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from madoguchi.channels.email import imap, owed
from madoguchi.context import Context
from madoguchi.inbound import listeners
from madoguchi.inboxes.directory import InboxDirectory
from tests.inbound.conftest import Pipeline
from tests.support.mail import mail
from tests.support.stubborn_imap import StubbornImap, running_stubborn_imap
from tests.support.world import Workspace, make_mailbox

_TEXTS = "SELECT text FROM messages ORDER BY text"
_HEALTH = "SELECT health, split_part(health_detail, ':', 1) AS code FROM inboxes"
_NOTICES = "SELECT data ->> 'code' AS code, dismissed_at IS NULL AS open FROM notices"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "_POLL_SECONDS", 0.05)
    monkeypatch.setattr(owed, "_FIRST_SECONDS", 0.4)
    monkeypatch.setattr(owed, "_LONGEST_SECONDS", 0.4)
    monkeypatch.setattr(listeners, "_FIRST_WAIT", 0.05)
    monkeypatch.setattr(listeners, "_LONGEST_WAIT", 0.1)


@asynccontextmanager
async def watched(context: Context, workspace: Workspace, count: int) -> AsyncIterator[StubbornImap]:
    """A mailbox with so many mails; set its whims before the first `started()`."""
    mails = [mail(f"mail {n:02}", Message_ID=f"<{n}@x.example>") for n in range(1, count + 1)]
    async with running_stubborn_imap(mails) as server:
        chosen = {"imap_host": "127.0.0.1", "imap_port": server.port, "imap_tls": "none", "imap_start": "all"}
        credentials = {"user": "support", "password": "secret"}
        await make_mailbox(context.db, workspace.id, settings=chosen, credentials=credentials)
        yield server


@asynccontextmanager
async def started(context: Context) -> AsyncIterator[None]:
    watching = listeners.Listeners(context.db, InboxDirectory(context.db, context.secrets), context.http)
    task = asyncio.create_task(watching.run())
    try:
        yield
    finally:
        watching.stop()
        await task


async def until(pipeline: Pipeline, statement: str, expected: list[tuple[Any, ...]]) -> None:
    found: list[tuple[Any, ...]] = []
    try:
        async with asyncio.timeout(60):
            while found != expected:
                await pipeline.process()
                found = [tuple(row.values()) for row in await pipeline.all(statement)]
                await asyncio.sleep(0.05)
    except TimeoutError:
        assert found == expected


def texts(*numbers: int) -> list[tuple[str]]:
    return [(f"mail {n:02}",) for n in numbers]


@pytest.mark.parametrize("whim", ["withheld", "breaking"])
async def test_the_others_come_somebody_is_told_and_it_comes_when_it_can(
    context: Context, workspace: Workspace, pipeline: Pipeline, whim: str
) -> None:
    async with watched(context, workspace, 5) as server:
        getattr(server, whim).add(3)
        async with started(context):
            await until(pipeline, _TEXTS, texts(1, 2, 4, 5))
            await until(pipeline, _HEALTH, [("attention", "mail_owed")])
            await until(pipeline, _NOTICES, [("mail_owed", True)])
        getattr(server, whim).clear()
        async with started(context):
            await until(pipeline, _TEXTS, texts(1, 2, 3, 4, 5))
            await until(pipeline, _HEALTH, [("ok", "")])
            await until(pipeline, _NOTICES, [("mail_owed", False)])
    assert await pipeline.all("SELECT 1 FROM listener_cursors WHERE cursor ? 'owed'") == []


async def test_one_that_was_deleted_meanwhile_is_owed_no_more(
    context: Context, workspace: Workspace, pipeline: Pipeline
) -> None:
    async with watched(context, workspace, 3) as server:
        server.withheld.add(2)
        async with started(context):
            await until(pipeline, _HEALTH, [("attention", "mail_owed")])
            server.gone.add(2)
            await until(pipeline, _HEALTH, [("ok", "")])
            await until(pipeline, _TEXTS, texts(1, 3))


async def test_it_is_not_asked_for_all_the_time(
    context: Context, workspace: Workspace, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owed, "_FIRST_SECONDS", 3600.0)
    monkeypatch.setattr(owed, "_LONGEST_SECONDS", 3600.0)
    async with watched(context, workspace, 3) as server:
        server.withheld.add(2)
        async with started(context):
            await until(pipeline, _TEXTS, texts(1, 3))
            server.mails.append(mail("mail 04", Message_ID="<4@x.example>"))
            await until(pipeline, _TEXTS, texts(1, 3, 4))
    assert server.fetched.count(2) == 1
