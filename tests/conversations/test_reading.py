"""Reading where something is said: around a message, and all conversations of a person as one."""

from collections.abc import AsyncIterator

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Programs, running_programs
from tests.support.threads import make_thread, receive
from tests.support.world import Workspace, make_mailbox


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


async def test_a_thread_opens_around_a_message_and_goes_on_both_ways(
    web: Programs, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    emma = web.client(workspace.agent)
    thread = await make_thread(database, inbox)
    ids = [str(await receive(database, thread, f"{n}")) for n in range(12)]
    path = f"/conversations/{thread.id}/messages"
    page = (await emma.get(path, around=ids[5], limit=5)).body
    assert [each["text"] for each in page["items"]] == ["7", "6", "5", "4", "3"]
    older = (await emma.get(path, cursor=page["next_cursor"], limit=5)).body
    assert [each["text"] for each in older["items"]] == ["2", "1", "0"]
    assert older["next_cursor"] is None
    newer = (await emma.get(path, newer_than=page["newer_cursor"], limit=3)).body
    assert [each["text"] for each in newer["items"]] == ["10", "9", "8"]
    last = (await emma.get(path, newer_than=newer["newer_cursor"], limit=3)).body
    assert [each["text"] for each in last["items"]] == ["11"]
    assert last["newer_cursor"] is None


@pytest.mark.parametrize(("at", "expected"), [(0, ["2", "1", "0"]), (11, ["11", "10", "9"])])
async def test_the_ends_of_a_thread_are_ends(
    web: Programs, workspace: Workspace, database: Database, inbox: InboxConfig, at: int, expected: list[str]
) -> None:
    thread = await make_thread(database, inbox)
    ids = [str(await receive(database, thread, f"{n}")) for n in range(12)]
    page = (await web.client(workspace.agent).get(f"/conversations/{thread.id}/messages", around=ids[at], limit=5)).body
    assert [each["text"] for each in page["items"]] == expected
    assert (page["newer_cursor"] is None) == (at == 11)
    assert (page["next_cursor"] is None) == (at == 0)


async def test_a_message_of_another_conversation_is_not_found_in_this_one(
    web: Programs, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    here, there = [await make_thread(database, inbox) for _ in range(2)]
    other = await receive(database, there, "elsewhere")
    emma = web.client(workspace.agent)
    assert (await emma.get(f"/conversations/{here.id}/messages", around=str(other))).status == 404
    answer = await emma.get(f"/conversations/{here.id}/messages", newer_than="no-cursor")
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "newer_than")


async def test_the_timeline_mixes_all_conversations_of_a_contact(
    web: Programs, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    first, second, stranger = [await make_thread(database, inbox) for _ in range(3)]
    mailbox = await make_mailbox(database, workspace.id)
    async with database.workspace(workspace.id) as tx:
        await tx.execute(
            "UPDATE conversations SET contact_id = %s, inbox_id = %s WHERE id = %s",
            (first.contact_id, mailbox.id, second.id),
        )
    for n in range(6):
        await receive(database, (first, second)[n % 2], f"{n}")
    await receive(database, stranger, "not theirs")
    emma = web.client(workspace.agent)
    path = f"/contacts/{first.contact_id}/timeline"
    page = (await emma.get(path, limit=4)).body
    rest = (await emma.get(path, limit=4, cursor=page["next_cursor"])).body
    assert [each["text"] for each in page["items"] + rest["items"]] == ["5", "4", "3", "2", "1", "0"]
    assert {each["conversation_id"] for each in page["items"]} == {str(first.id), str(second.id)}
    assert rest["next_cursor"] is None
    assert (await emma.get(f"/contacts/{new_id()}/timeline")).status == 404
