"""The sequence of changes as a list: gapless whoever writes, whole whatever it is about."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

import msgspec
import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from madoguchi.events.hydrate import hydrate
from madoguchi.events.read import Row, get_bounds, get_rows
from madoguchi.events.service import Change, drop_held, hold, record, write_held
from tests.support.live import Programs, running_programs
from tests.support.threads import make_thread, receive
from tests.support.world import Workspace, make_workspace


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as programs:
        yield programs


async def every_row(database: Database, workspace_id: UUID) -> list[Row]:
    async with database.workspace(workspace_id) as tx:
        return await get_rows(tx, workspace_id, 0, 10_000)


async def test_writers_at_once_leave_no_gap_and_a_reader_sees_none(database: Database, workspace: Workspace) -> None:
    done = asyncio.Event()
    holes: list[list[int]] = []

    async def write() -> None:
        for _ in range(20):
            async with database.workspace(workspace.id) as tx:
                await record(tx, workspace.id, [Change("contact.updated", new_id()) for _ in range(3)])

    async def read() -> None:
        while not done.is_set():
            seen = [row.seq for row in await every_row(database, workspace.id)]
            if seen != list(range(1, len(seen) + 1)):
                holes.append(seen)

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write() for _ in range(5)))
    done.set()
    await reader
    assert holes == []
    assert len(await every_row(database, workspace.id)) == 300


async def test_a_request_at_work_keeps_no_other_writer_waiting(database: Database, workspace: Workspace) -> None:
    early, late = new_id(), new_id()
    async with database.workspace(workspace.id) as at_work:
        hold(at_work)
        await record(at_work, workspace.id, [Change("contact.updated", late)])
        await record(at_work, workspace.id, [Change("label.updated", late), Change("contact.updated", late)])
        async with asyncio.timeout(20), database.workspace(workspace.id) as quick:
            await record(quick, workspace.id, [Change("contact.updated", early)])
        await write_held(at_work)
    told = [(row.seq, row.type, row.subject_id) for row in await every_row(database, workspace.id)]
    assert told == [(1, "contact.updated", early), (2, "contact.updated", late), (3, "label.updated", late)]


async def test_what_a_refused_request_held_back_is_told_by_nobody(database: Database, workspace: Workspace) -> None:
    with suppress(RuntimeError):
        async with database.workspace(workspace.id) as tx:
            hold(tx)
            await record(tx, workspace.id, [Change("contact.updated", new_id())])
            drop_held(tx)
            raise RuntimeError
    async with database.workspace(workspace.id) as tx:
        await write_held(tx)
    assert await every_row(database, workspace.id) == []


async def test_what_rolled_back_takes_no_number(database: Database, workspace: Workspace) -> None:
    with suppress(RuntimeError):
        async with database.workspace(workspace.id) as tx:
            await record(tx, workspace.id, [Change("contact.updated", new_id())])
            raise RuntimeError
    async with database.workspace(workspace.id) as tx:
        await record(tx, workspace.id, [Change("contact.updated", new_id())])
        bounds = await get_bounds(tx, workspace.id)
    assert bounds == (1, 1)


async def test_each_kind_of_thing_comes_whole_and_without_secrets(
    database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox)
    message_id, template_id = await receive(database, thread), new_id()
    async with database.workspace(workspace.id) as tx:
        await tx.execute(
            "INSERT INTO templates (workspace_id, id, inbox_id, name, language, category, status, components, synced_at)"
            " VALUES (%s, %s, %s, 'hello', 'en', 'utility', 'approved', '[]', %s)",
            (workspace.id, template_id, inbox.id, clock.now()),
        )
        subjects = {
            "message.created": message_id,
            "conversation.updated": thread.id,
            "contact.updated": thread.contact_id,
            "agent.updated": workspace.agent.id,
            "inbox.updated": inbox.id,
            "template.updated": template_id,
            "unheard.of": new_id(),
        }
        rows = [Row(n, kind, subject) for n, (kind, subject) in enumerate(subjects.items(), 1)]
        events = await hydrate(tx, workspace.id, rows)
    told = {event.type: msgspec.json.decode(msgspec.json.encode(event.data)) for event in events}
    assert {kind: each["id"] for kind, each in told.items()} == {kind: str(each) for kind, each in subjects.items()}
    assert [kind for kind, each in told.items() if each.get("deleted")] == ["unheard.of"]
    text = msgspec.json.encode(told).decode()
    for secret in (*(inbox.credentials[key] for key in ("access_token", "app_secret")), inbox.settings["webhook_key"]):
        assert secret not in text


async def test_events_about_one_thing_share_it(database: Database, workspace: Workspace, inbox: InboxConfig) -> None:
    thread = await make_thread(database, inbox)
    async with database.workspace(workspace.id) as tx:
        rows = [Row(1, "conversation.created", thread.id), Row(2, "conversation.updated", thread.id)]
        first, second = await hydrate(tx, workspace.id, rows)
    assert first.data is second.data
    assert (first.seq, second.seq) == (1, 2)


async def test_the_list_needs_a_principal_and_shows_its_workspace_only(
    programs: Programs, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox)
    other = await make_workspace(database, "Elsewhere")
    async with programs.session.get(f"{programs.base}/api/v1/events") as refused:
        assert refused.status == 401
    mine = await programs.client(workspace.agent).get("/events")
    theirs = await programs.client(other.agent).get("/events")
    assert [each["data"]["id"] for each in mine.body["items"]] == [str(thread.id)]
    assert theirs.body == {"items": [], "next_cursor": None, "seq": 0}
    assert (await programs.client(workspace.agent).get("/events", since=99)).status == 409
    assert (await programs.client(workspace.agent).get("/events", since=-1)).status == 422
