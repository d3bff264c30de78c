"""Notes after they were written: changed by their writer, deleted by them or a supervisor, found by their new words."""

from collections.abc import AsyncIterator

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from tests.support.live import Client, Programs, running_programs
from tests.support.threads import Thread, make_thread, receive
from tests.support.world import Workspace


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as programs:
        yield programs


@pytest.fixture
async def thread(context: Context, inbox: InboxConfig) -> Thread:
    return await make_thread(context.db, inbox)


async def written(client: Client, thread: Thread, text: str, **more: object) -> str:
    answer = await client.post(f"/conversations/{thread.id}/messages", {"type": "note", "text": text, **more})
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


async def test_its_writer_changes_it_and_the_earlier_words_stay_with_it(
    programs: Programs, workspace: Workspace, thread: Thread
) -> None:
    emma, ken = programs.client(workspace.agent), workspace.agent2
    note = await written(emma, thread, "Calls tomorrow")
    changed = await emma.patch(f"/messages/{note}", {"text": "Calls on Friday, @Ken", "mentions": [str(ken.id)]})
    assert (changed.status, changed.body["text"]) == (200, "Calls on Friday, @Ken")
    again = (await emma.patch(f"/messages/{note}", {"text": "Calls on Monday"})).body
    assert [each["text"] for each in again["data"]["edited"]["versions"]] == [
        "Calls tomorrow",
        "Calls on Friday, @Ken",
        "Calls on Monday",
    ]
    assert "mentions" not in again["data"]
    row = (await emma.get(f"/conversations/{thread.id}")).body
    assert row["last_message"]["text"] == "Calls on Monday"
    mentioned = (await programs.client(ken).get("/conversations", view="mentions")).body["items"]
    assert [each["id"] for each in mentioned] == [str(thread.id)], "who was named was told"


async def test_deleted_it_leaves_that_it_was_there_and_no_words(
    programs: Programs, workspace: Workspace, thread: Thread
) -> None:
    emma = programs.client(workspace.agent)
    note = await written(emma, thread, "A slip of the pen")
    await emma.patch(f"/messages/{note}", {"text": "Another slip"})
    gone = (await emma.delete(f"/messages/{note}")).body
    assert (gone["text"], gone["data"]["revoked"]["by"]) == (None, workspace.agent.name)
    assert "slip" not in str(gone)
    assert (await emma.delete(f"/messages/{note}")).status == 409
    assert (await emma.patch(f"/messages/{note}", {"text": "Back"})).status == 409


async def test_colleagues_change_none_and_a_supervisor_deletes_any(
    programs: Programs, workspace: Workspace, thread: Thread
) -> None:
    note = await written(programs.client(workspace.agent), thread, "Mine")
    ken, boss = programs.client(workspace.agent2), programs.client(workspace.supervisor)
    assert (await ken.patch(f"/messages/{note}", {"text": "Yours"})).status == 403
    assert (await ken.delete(f"/messages/{note}")).status == 403
    assert (await boss.patch(f"/messages/{note}", {"text": "Yours"})).status == 403
    assert (await boss.delete(f"/messages/{note}")).body["data"]["revoked"]["by"] == workspace.supervisor.name


async def test_what_is_no_note_or_no_words_is_refused(
    context: Context, programs: Programs, workspace: Workspace, thread: Thread
) -> None:
    emma = programs.client(workspace.agent)
    said = await receive(context.db, thread, "hello")
    assert (await emma.patch(f"/messages/{said}", {"text": "goodbye"})).status == 404
    assert (await emma.delete(f"/messages/{said}")).status == 404
    note = await written(emma, thread, "Mine")
    empty = await emma.patch(f"/messages/{note}", {"text": "  "})
    assert (empty.status, empty.body["errors"][0]["field"]) == (422, "text")
    stranger = {"text": "@nobody", "mentions": [str(thread.id)]}
    assert (await emma.patch(f"/messages/{note}", stranger)).body["errors"][0]["field"] == "mentions"
