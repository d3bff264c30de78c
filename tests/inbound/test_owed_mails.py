"""A mail that the server does not give out holds up no other, is tried again, and somebody is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig, RawRequest, Verified
from madoguchi.channels.email import imap, large, owed, pop3
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.inbound import listeners
from madoguchi.inboxes.directory import InboxDirectory
from tests.inbound.conftest import Pipeline
from tests.support.mail import mail
from tests.support.stubborn_imap import StubbornImap, running_stubborn_imap
from tests.support.stubborn_pop3 import StubbornPop3, running_stubborn_pop3
from tests.support.world import Workspace, make_mailbox

_TEXTS = "SELECT text FROM messages ORDER BY text"
_HEALTH = "SELECT health, split_part(health_detail, ':', 1) AS code FROM inboxes"
# A connection that breaks may be told as well, by itself.
_NOTICES = (
    "SELECT data ->> 'code' AS code, dismissed_at IS NULL AS open FROM notices"
    " WHERE data ->> 'code' IN ('mail_owed', 'fetching_stopped')"
)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "_POLL_SECONDS", 0.05)
    monkeypatch.setattr(pop3, "_POLL_SECONDS", 0.05)
    monkeypatch.setattr(owed, "_FIRST_SECONDS", 0.4)
    monkeypatch.setattr(owed, "_LONGEST_SECONDS", 0.4)
    monkeypatch.setattr(listeners, "_FIRST_WAIT", 0.05)
    monkeypatch.setattr(listeners, "_LONGEST_WAIT", 0.1)


Server = StubbornImap | StubbornPop3
BOTH = pytest.mark.parametrize("protocol", ["imap", "pop3"])


@asynccontextmanager
async def watched(
    context: Context, workspace: Workspace, count: int, protocol: str = "imap", **settings: Any
) -> AsyncIterator[Server]:
    """A mailbox with so many mails; set its whims before the first `started()`."""
    mails = [mail(f"mail {n:02}", Message_ID=f"<{n}@x.example>") for n in range(1, count + 1)]
    running = running_stubborn_imap if protocol == "imap" else running_stubborn_pop3
    async with running(mails) as server:
        place = {f"{protocol}_host": "127.0.0.1", f"{protocol}_port": server.port, f"{protocol}_tls": "none"}
        credentials = {"user": "support", "password": "secret"}
        chosen = {**place, "imap_start": "all", **settings}
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


@BOTH
@pytest.mark.parametrize("whim", ["withheld", "breaking"])
async def test_the_others_come_somebody_is_told_and_it_comes_when_it_can(
    context: Context, workspace: Workspace, pipeline: Pipeline, protocol: str, whim: str
) -> None:
    async with watched(context, workspace, 5, protocol) as server:
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


@BOTH
async def test_one_that_was_deleted_meanwhile_is_owed_no_more(
    context: Context, workspace: Workspace, pipeline: Pipeline, protocol: str
) -> None:
    async with watched(context, workspace, 3, protocol) as server:
        server.withheld.add(2)
        async with started(context):
            await until(pipeline, _HEALTH, [("attention", "mail_owed")])
            server.gone.add(2)
            await until(pipeline, _HEALTH, [("ok", "")])
            await until(pipeline, _TEXTS, texts(1, 3))


@BOTH
async def test_it_is_not_asked_for_all_the_time(
    context: Context, workspace: Workspace, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    monkeypatch.setattr(owed, "_FIRST_SECONDS", 3600.0)
    monkeypatch.setattr(owed, "_LONGEST_SECONDS", 3600.0)
    async with watched(context, workspace, 3, protocol) as server:
        server.withheld.add(2)
        async with started(context):
            await until(pipeline, _TEXTS, texts(1, 3))
            server.mails.append(mail("mail 04", Message_ID="<4@x.example>"))
            if isinstance(server, StubbornPop3):
                server.ids.append("id4")
            await until(pipeline, _TEXTS, texts(1, 3, 4))
    assert server.fetched.count(2) == 1


@BOTH
async def test_of_a_mail_that_is_too_large_the_head_comes_and_says_so(
    context: Context, workspace: Workspace, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    monkeypatch.setattr(large, "MOST_BYTES", 2000)
    monkeypatch.setattr(imap, "_MOST_BYTES", 2000)
    head = {"Message_ID": "<2@x.example>", "Subject": "The plans", "Content_Type": "multipart/mixed; boundary=B"}
    big = mail("--B\nContent-Type: text/plain\n\n" + "x" * 3000 + "\n--B--\n", **head)
    async with watched(context, workspace, 3, protocol, pop3_leave="delete") as server:
        server.mails[1] = big
        async with started(context):
            await until(pipeline, _TEXTS, [("",), *texts(1, 3)])
            await until(pipeline, _HEALTH, [("ok", "")])
    message = await pipeline.one("SELECT data, sent_at FROM messages WHERE text = ''")
    assert (message["data"]["cut"], message["data"]["size"]) == ("size", len(big))
    assert (message["data"]["subject"], message["data"]["message_id"]) == ("The plans", "2@x.example")
    assert await pipeline.all("SELECT 1 FROM media") == []
    if isinstance(server, StubbornPop3):
        assert server.deleted == {1, 3}  # what is not here stays there


def test_nobody_outside_can_say_that_a_mail_was_cut() -> None:
    raw = mail("Hello", X_Madoguchi_Whole_Size="99")
    request = RawRequest("POST", {}, {"content-type": "message/rfc822", "x-madoguchi-whole-size": "99"}, raw)
    verdict = registry.channel("email").verify(request, InboxConfig(new_id(), new_id(), "email", "Shop", {}, {}))
    assert isinstance(verdict, Verified)
    assert verdict.keep["x-madoguchi-whole-size"] == ""


async def test_two_mails_with_one_id_both_come(context: Context, workspace: Workspace, pipeline: Pipeline) -> None:
    async with watched(context, workspace, 4, "pop3") as server:
        assert isinstance(server, StubbornPop3)
        server.ids = ["same", "other", "same", "same"]
        async with started(context):
            await until(pipeline, _TEXTS, texts(1, 2, 3, 4))
        fetched = list(server.fetched)
        async with started(context):
            await until(pipeline, _HEALTH, [("ok", "")])
    assert server.fetched == fetched


@BOTH
async def test_what_cannot_be_stored_is_told_and_comes_later(
    context: Context, workspace: Workspace, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    stored = listeners.StoredIntake.store

    async def full(self: listeners.StoredIntake, requests: Any, cursor: dict[str, Any]) -> None:
        if requests:
            raise psycopg.errors.DiskFull("could not extend file")
        await stored(self, requests, cursor)

    async with watched(context, workspace, 2, protocol):
        with monkeypatch.context() as patch:
            patch.setattr(listeners.StoredIntake, "store", full)
            async with started(context):
                await until(pipeline, _HEALTH, [("attention", "fetching_stopped")])
                await until(pipeline, _NOTICES, [("fetching_stopped", True)])
        async with started(context):
            await until(pipeline, _TEXTS, texts(1, 2))
            await until(pipeline, _HEALTH, [("ok", "")])
            await until(pipeline, _NOTICES, [("fetching_stopped", False)])
