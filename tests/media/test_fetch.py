"""A customer's file is fetched by a job: whole or not at all, again when it may help, never twice."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from procrastinate import PsycopgConnector

from madoguchi.channels import registry
from madoguchi.channels.base import FetchedMedia, InboxConfig, MediaGone
from madoguchi.channels.http import HttpFailure
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from madoguchi.jobs import app, run_jobs
from madoguchi.media.inbound import NewMedia, do_register_inbound
from madoguchi.media.jobs import NotYet, do_fetch
from madoguchi.workspaces.jobs import do_retry_stalled
from tests.media import files
from tests.support.web import Web
from tests.support.world import Workspace

PNG = files.picture("PNG", (12, 8))


class Download(AsyncIterator[bytes]):
    """As the real one: read once, closed at the end, and useless after."""

    def __init__(self, content: bytes) -> None:
        self._pieces = [content[start : start + 1000] for start in range(0, len(content), 1000)]
        self._closed = False

    async def __anext__(self) -> bytes:
        if self._closed:
            raise HttpFailure("Connection closed", left=True)
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop(0)

    async def aclose(self) -> None:
        self._closed = True


def provider_answers(
    monkeypatch: pytest.MonkeyPatch, *answers: bytes | Exception, said: str | None = "image/png"
) -> list[int]:
    """One answer per call, the last one for ever; returns a list that grows with each call."""
    calls: list[int] = []

    async def fetch(_reference: dict[str, Any], _inbox: InboxConfig, _http: object) -> FetchedMedia:
        answer = answers[min(len(calls), len(answers) - 1)]
        calls.append(1)
        if isinstance(answer, Exception):
            raise answer

        return FetchedMedia(said, None, Download(answer))

    monkeypatch.setattr(registry.channel("whatsapp"), "fetch_media", fetch, raising=False)
    return calls


async def message(database: Database, inbox: InboxConfig) -> UUID:
    now, contact, conversation, message_id = clock.now(), new_id(), new_id(), new_id()
    async with database.system() as tx:
        await tx.execute(
            "INSERT INTO contacts (workspace_id, id, created_at, updated_at) VALUES (%s, %s, %s, %s)",
            (inbox.workspace_id, contact, now, now),
        )
        await tx.execute(
            "INSERT INTO conversations (workspace_id, id, inbox_id, contact_id, last_activity_id, created_at, updated_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (inbox.workspace_id, conversation, inbox.id, contact, new_id(), now, now),
        )
        await tx.execute(
            "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, status, author_kind,"
            " created_at) VALUES (%s, %s, %s, %s, 'in', 'image', 'received', 'contact', %s)",
            (inbox.workspace_id, message_id, conversation, inbox.id, now),
        )
    return message_id


def new_media(inbox: InboxConfig, message_id: UUID, position: int = 0, sha256: str | None = None) -> NewMedia:
    return NewMedia(
        workspace_id=inbox.workspace_id,
        message_id=message_id,
        inbox_id=inbox.id,
        position=position,
        name="../photo.png",
        content_type="image/jpeg",
        size=None,
        sha256=sha256,
        reference={"id": "777"},
    )


async def register(database: Database, inbox: InboxConfig, *, sha256: str | None = None) -> UUID:
    message_id = await message(database, inbox)
    async with database.system() as tx:
        await do_register_inbound(tx, [new_media(inbox, message_id, sha256=sha256)])
    return UUID(str((await one(database))["id"]))


async def one(database: Database) -> dict[str, Any]:
    async with database.system() as tx:
        row = await (await tx.execute("SELECT * FROM media")).fetchone()
    assert row
    return row


async def updates(database: Database) -> int:
    async with database.system() as tx:
        return len(await (await tx.execute("SELECT 1 FROM events WHERE type = 'message.updated'")).fetchall())


async def test_many_are_registered_at_once_with_their_jobs(database: Database, inbox: InboxConfig) -> None:
    message_id = await message(database, inbox)
    async with database.system() as tx:
        await do_register_inbound(tx, [new_media(inbox, message_id, position) for position in range(10)])
        await do_register_inbound(tx, [])
    async with database.system() as tx:
        rows = await (await tx.execute("SELECT name, state FROM media ORDER BY position")).fetchall()
        jobs = await (await tx.execute("SELECT task_name, args FROM procrastinate_jobs")).fetchall()
    assert rows == [{"name": "photo.png", "state": "pending"}] * 10
    assert {job["task_name"] for job in jobs} == {"media.fetch"}
    assert len({job["args"]["media_id"] for job in jobs}) == 10


async def test_a_job_exists_exactly_when_its_transaction_committed(database: Database, inbox: InboxConfig) -> None:
    message_id = await message(database, inbox)

    async def fail_at_the_end() -> None:
        async with database.system() as tx:
            await do_register_inbound(tx, [new_media(inbox, message_id)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_at_the_end()
    async with database.system() as tx:
        assert await (await tx.execute("SELECT 1 FROM procrastinate_jobs")).fetchall() == []


async def test_it_is_stored_by_what_it_is(
    context: Context, database: Database, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = provider_answers(monkeypatch, PNG, said="image/jpeg")
    media_id = await register(database, inbox, sha256=hashlib.sha256(PNG).hexdigest())
    await do_fetch(context, inbox.workspace_id, media_id)
    await do_fetch(context, inbox.workspace_id, media_id)
    row = await one(database)
    assert (row["state"], row["content_type"], row["width"], row["height"]) == ("stored", "image/png", 12, 8)
    assert b"".join([chunk async for chunk in context.storage.read(row["storage_key"])]) == PNG
    assert len(calls) == 1
    assert await updates(database) == 1


async def test_what_is_gone_is_not_asked_for_again(
    context: Context, database: Database, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider_answers(monkeypatch, MediaGone())
    media_id = await register(database, inbox)
    await do_fetch(context, inbox.workspace_id, media_id)
    assert (await one(database))["state"] == "expired"
    assert await updates(database) == 1


@pytest.mark.parametrize("answer", [HttpFailure("TimeoutError", left=True), PNG[:-5]])
async def test_what_did_not_come_whole_is_tried_again_and_then_given_up(
    context: Context,
    database: Database,
    inbox: InboxConfig,
    monkeypatch: pytest.MonkeyPatch,
    answer: bytes | Exception,
) -> None:
    provider_answers(monkeypatch, answer)
    media_id = await register(database, inbox, sha256=hashlib.sha256(PNG).hexdigest())
    with pytest.raises(NotYet):
        await do_fetch(context, inbox.workspace_id, media_id)
    assert (await one(database))["state"] == "pending"
    await do_fetch(context, inbox.workspace_id, media_id, last=True)
    assert (await one(database))["state"] == "failed"
    assert await updates(database) == 1


async def test_what_is_too_large_is_refused(
    context: Context, database: Database, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from madoguchi.media import intake

    monkeypatch.setattr(intake.take, "__kwdefaults__", {"most": 10})
    provider_answers(monkeypatch, PNG)
    media_id = await register(database, inbox)
    await do_fetch(context, inbox.workspace_id, media_id)
    row = await one(database)
    assert (row["state"], row["detail"]) == ("failed", "too_large")


async def test_a_failed_file_is_fetched_once_more_on_request(
    web: Web,
    workspace: Workspace,
    context: Context,
    database: Database,
    inbox: InboxConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider_answers(monkeypatch, HttpFailure("TimeoutError", left=True), PNG)
    media_id = await register(database, inbox)
    client = await web.client(workspace.agent)
    assert (await client.post(f"media/{media_id}/retry")).status_code == 409
    await do_fetch(context, inbox.workspace_id, media_id, last=True)
    answer = await client.post(f"media/{media_id}/retry")
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    await do_fetch(context, inbox.workspace_id, media_id)
    assert (await client.get(f"media/{media_id}")).content == PNG
    assert (await client.post(f"media/{new_id()}/retry")).status_code == 404


async def test_the_worker_runs_the_jobs_and_tries_again(
    context: Context, database: Database, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = provider_answers(monkeypatch, HttpFailure("TimeoutError", left=True), PNG)
    monkeypatch.setattr("madoguchi.media.jobs._WAITS", (0, 0, 0))
    await register(database, inbox)
    stopping = asyncio.Event()
    worker = asyncio.create_task(run_jobs(context, stopping))
    async with asyncio.timeout(20):
        while (await one(database))["state"] != "stored":
            await asyncio.sleep(0.05)
    stopping.set()
    await asyncio.wait_for(worker, 10)
    assert len(calls) == 2


async def test_a_full_disk_is_no_reason_to_forget_the_file(
    context: Context, database: Database, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise OSError("No space left on device")

    provider_answers(monkeypatch, PNG)
    media_id = await register(database, inbox)
    with monkeypatch.context() as patched:
        patched.setattr(type(context.storage), "write", full)
        with pytest.raises(NotYet):
            await do_fetch(context, inbox.workspace_id, media_id)
    await do_fetch(context, inbox.workspace_id, media_id)
    assert (await one(database))["state"] == "stored"


async def test_the_jobs_of_a_dead_worker_start_again(
    context: Context, database: Database, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider_answers(monkeypatch, PNG)
    await register(database, inbox)
    async with database.system() as tx:
        # As a worker leaves it that was killed with the job in hand.
        await tx.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    with app.replace_connector(PsycopgConnector(conninfo=context.db.dsn)):
        async with app.open_async():
            assert await do_retry_stalled() == 1
            assert await do_retry_stalled() == 0
    async with database.system() as tx:
        row = await (await tx.execute("SELECT status FROM procrastinate_jobs")).fetchone()
    assert row == {"status": "todo"}
