"""The ways to a person: which inboxes reach them, what stands against each, and going on in another."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Client, Programs, running_programs
from tests.support.threads import Thread, make_thread, receive
from tests.support.world import Workspace, make_mailbox, make_sms

PHONE = "819011110001"


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as programs:
        yield programs


@pytest.fixture
async def emma(programs: Programs, workspace: Workspace) -> Client:
    return programs.client(workspace.agent)


@pytest.fixture
async def sms(database: Database, workspace: Workspace) -> InboxConfig:
    return await make_sms(database, workspace.id)


@pytest.fixture
async def thread(database: Database, inbox: InboxConfig) -> Thread:
    thread = await make_thread(database, inbox, "Hanako", phone=PHONE)
    await receive(database, thread, "hello")
    return thread


async def _ways(emma: Client, thread: Thread) -> dict[str, Any]:
    answer = await emma.get(f"/contacts/{thread.contact_id}/ways")
    assert answer.status == 200, answer.body
    return {way["inbox"]["channel"]: way for way in answer.body}


async def _set(database: Database, statement: str, *values: Any) -> None:
    async with database.system() as tx:
        await tx.execute(statement, values)


async def test_a_number_that_is_known_from_elsewhere_is_a_way(
    emma: Client, workspace: Workspace, database: Database, thread: Thread, sms: InboxConfig
) -> None:
    await make_mailbox(database, workspace.id)  # nobody knows an address of theirs
    ways = await _ways(emma, thread)
    assert set(ways) == {"whatsapp", "sms"}
    assert (ways["sms"]["to"], ways["sms"]["conversation_id"]) == (f"+{PHONE}", None)
    assert (ways["sms"]["window"]["open"], ways["sms"]["obstacle"]) == (True, None)
    assert ways["whatsapp"]["conversation_id"] == str(thread.id)


async def test_going_on_opens_one_conversation_and_takes_it(
    emma: Client, programs: Programs, workspace: Workspace, database: Database, thread: Thread, sms: InboxConfig
) -> None:
    path, body = f"/contacts/{thread.contact_id}/conversations", {"inbox_id": str(sms.id)}
    made = await emma.post(path, body)
    assert made.status == 201, made.body
    assert (made.body["inbox_id"], made.body["contact"]["id"]) == (str(sms.id), str(thread.contact_id))
    assert made.body["assignee"]["id"] == str(workspace.agent.id)
    sent = await emma.post(f"/conversations/{made.body['id']}/messages", {"type": "text", "text": "by SMS now"})
    assert sent.status == 201, sent.body
    # Somebody else gets the same one, and who has it; it is not taken from them.
    again = await programs.client(workspace.agent2).post(path, body)
    assert (again.body["id"], again.body["assignee"]["id"]) == (made.body["id"], str(workspace.agent.id))
    assert (await _ways(emma, thread))["sms"]["assignee"]["id"] == str(workspace.agent.id)
    identities = (await emma.get(f"/contacts/{thread.contact_id}")).body["identities"]
    assert {(each["channel"], each["verified"]) for each in identities} >= {("sms", False), ("whatsapp", True)}


async def test_what_stands_against_a_way_is_said(
    emma: Client, workspace: Workspace, database: Database, thread: Thread, inbox: InboxConfig, sms: InboxConfig
) -> None:
    await emma.post(f"/contacts/{thread.contact_id}/conversations", {"inbox_id": str(sms.id)})
    await emma.post(
        f"/contacts/{thread.contact_id}/consents",
        {"channel": "sms", "purpose": "all", "state": "withdrawn", "source": "said so"},
    )
    await _set(database, "UPDATE conversations SET window_closes_at = %s", clock.now() - timedelta(hours=1))
    ways = await _ways(emma, thread)
    assert (ways["sms"]["obstacle"], ways["whatsapp"]["obstacle"]) == ("opted_out", "no_template")
    await _set(
        database,
        "INSERT INTO templates (workspace_id, id, inbox_id, name, language, category, status, components, synced_at)"
        " VALUES (%s, %s, %s, 'hello', 'en', 'UTILITY', 'APPROVED', '[]', %s)",
        workspace.id,
        new_id(),
        inbox.id,
        clock.now(),
    )
    assert (await _ways(emma, thread))["whatsapp"]["obstacle"] == "window_closed"
    await _set(database, "UPDATE inboxes SET health = 'down' WHERE id = %s", inbox.id)
    assert (await _ways(emma, thread))["whatsapp"]["obstacle"] == "down"


async def test_a_number_that_is_somebody_elses_there_is_no_way_but_a_question(
    emma: Client, thread: Thread, sms: InboxConfig
) -> None:
    identity = {"channel": "sms", "kind": "phone", "value": PHONE}
    other = (await emma.post("/contacts", {"name": "H. Sato", "identities": [identity]})).body["id"]
    assert set(await _ways(emma, thread)) == {"whatsapp"}
    refused = await emma.post(f"/contacts/{thread.contact_id}/conversations", {"inbox_id": str(sms.id)})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "inbox_id")
    asked = (await emma.get(f"/contacts/{thread.contact_id}/same-number")).body
    assert asked == [{"contact": {"id": other, "name": "H. Sato"}, "number": f"+{PHONE}", "verified": False}]
    assert [each["verified"] for each in (await emma.get(f"/contacts/{other}/same-number")).body] == [True]
    # Once they are one, the way is there and the question is gone.
    await emma.post(f"/contacts/{other}/merge", {"into": str(thread.contact_id)})
    assert set(await _ways(emma, thread)) == {"whatsapp", "sms"}
    assert (await emma.get(f"/contacts/{thread.contact_id}/same-number")).body == []


async def test_a_number_that_somebody_typed_is_no_way_to_other_channels(emma: Client, sms: InboxConfig) -> None:
    identity = {"channel": "whatsapp", "kind": "phone", "value": PHONE}
    made = (await emma.post("/contacts", {"name": "Ken", "identities": [identity]})).body["id"]
    assert (await emma.get(f"/contacts/{made}/ways")).body == []


async def test_a_letter_is_a_thread_of_its_own(
    emma: Client, workspace: Workspace, database: Database, thread: Thread
) -> None:
    mailbox = await make_mailbox(database, workspace.id)
    mine = [{"channel": "email", "kind": "address", "value": "hanako@example.jp"}]
    assert (await emma.patch(f"/contacts/{thread.contact_id}", {"identities": mine})).status == 200
    assert (await _ways(emma, thread))["email"]["to"] == "hanako@example.jp"
    path, body = f"/contacts/{thread.contact_id}/conversations", {"inbox_id": str(mailbox.id)}
    first, second = [(await emma.post(path, body)).body["id"] for _ in range(2)]
    assert first == second  # it is gone on with


async def test_nobodys_ways_are_not_told(emma: Client, thread: Thread) -> None:
    assert (await emma.get(f"/contacts/{new_id()}/ways")).status == 404
    assert (await emma.get(f"/contacts/{new_id()}/same-number")).status == 404


async def test_the_owner_decides_whether_numbers_meet(programs: Programs, workspace: Workspace, emma: Client) -> None:
    aoi = programs.client(workspace.owner)
    assert (await aoi.get("/workspace")).body["meet_numbers"] is True
    assert (await aoi.patch("/workspace", {"meet_numbers": False})).body["meet_numbers"] is False
    assert (await emma.patch("/workspace", {"meet_numbers": True})).status == 403
