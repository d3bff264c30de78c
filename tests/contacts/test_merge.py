"""Two contacts that are one person: a pointer, which can be taken back to exactly what was."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Client, Programs, running_programs
from tests.support.threads import make_thread, receive
from tests.support.world import Workspace, make_workspace


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as programs:
        yield programs


@pytest.fixture
async def emma(programs: Programs, workspace: Workspace) -> Client:
    return programs.client(workspace.agent)


async def made(emma: Client, name: str, **more: Any) -> str:
    return str((await emma.post("/contacts", {"name": name, **more})).body["id"])


async def merge(emma: Client, contact: object, into: object) -> int:
    return (await emma.post(f"/contacts/{contact}/merge", {"into": str(into)})).status


async def snapshot(database: Database, workspace: Workspace) -> list[Any]:
    """Everything of people and threads but the times of change."""
    rows = []
    async with database.workspace(workspace.id) as tx:
        for query in (
            "SELECT id, name, attributes, labels, company_id, merged_into, survivor_id, merged_at FROM contacts",
            "SELECT id, contact_id, kind, value, current FROM contact_identities",
            "SELECT id, contact_id, assignee_id, claim, status, unread, window_closes_at FROM conversations",
            "SELECT id, contact_id, state FROM consents",
            "SELECT id, conversation_id, author_id FROM messages",
        ):
            found = await (await tx.execute(query + " ORDER BY id")).fetchall()
            rows.append([tuple(row.values()) for row in found])
    return rows


async def test_what_was_two_is_shown_as_one_and_goes_back(
    emma: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    one = await make_thread(database, inbox, "Hanako", phone="819011110001")
    two = await make_thread(database, inbox, "H. Sato", phone="819022220002")
    await receive(database, one, "from the first phone")
    await receive(database, two, "from the second phone")
    await emma.post(f"/contacts/{two.contact_id}/notes", {"text": "Second phone is private"})
    before = await snapshot(database, workspace)

    answer = await emma.post(f"/contacts/{two.contact_id}/merge", {"into": str(one.contact_id)})
    assert answer.status == 200
    person = answer.body
    assert (person["id"], person["name"]) == (str(one.contact_id), "Hanako")
    assert {i["value"] for i in person["identities"] if i["kind"] == "phone"} >= {"819011110001", "819022220002"}
    assert [(m["name"], m["by"]["name"]) for m in person["merged"]] == [("H. Sato", "Emma")]

    threads = (await emma.get("/conversations", contact_id=one.contact_id)).body["items"]
    assert {each["id"] for each in threads} == {str(one.id), str(two.id)}
    assert {each["contact"]["name"] for each in threads} == {"Hanako"}
    messages = (await emma.get(f"/conversations/{two.id}/messages")).body["items"]
    assert messages[0]["author"] == {"kind": "contact", "id": str(one.contact_id), "name": "Hanako"}
    assert [each["name"] for each in (await emma.get("/contacts")).body["items"]] == ["Hanako"]
    assert [each["name"] for each in (await emma.get("/contacts", q="819022220002")).body["items"]] == ["Hanako"]
    assert (await emma.get(f"/contacts/{two.contact_id}")).body["survivor"]["id"] == str(one.contact_id)
    assert len((await emma.get(f"/contacts/{one.contact_id}/notes")).body["items"]) == 1
    assert len((await emma.get(f"/contacts/{one.contact_id}/export")).body["messages"]) == 2

    back = await emma.post(f"/contacts/{two.contact_id}/unmerge")
    assert (back.body["name"], back.body["survivor"]) == ("H. Sato", None)
    assert await snapshot(database, workspace) == before


async def test_inbound_and_answers_keep_to_the_address(
    emma: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    one = await make_thread(database, inbox, "Hanako", phone="819011110001")
    two = await make_thread(database, inbox, "H. Sato", phone="819022220002")
    assert await merge(emma, two.contact_id, one.contact_id) == 200
    await receive(database, two, "again from the second phone")
    answer = await emma.post(f"/conversations/{two.id}/messages", {"type": "text", "text": "to the second phone"})
    assert answer.status == 201
    async with database.workspace(workspace.id) as tx:
        rows = await (await tx.execute("SELECT DISTINCT conversation_id FROM messages WHERE type = 'text'")).fetchall()
    assert [row["conversation_id"] for row in rows] == [two.id]
    # Writing took that conversation and gave no right in the other.
    assert (await emma.get(f"/conversations/{one.id}")).body["assignee"] is None


async def test_a_word_of_consent_is_kept_for_each_address(emma: Client, database: Database, inbox: InboxConfig) -> None:
    one = await make_thread(database, inbox, "Hanako", phone="819011110001")
    two = await make_thread(database, inbox, "H. Sato", phone="819022220002")
    await merge(emma, two.contact_id, one.contact_id)
    consent = {"channel": "whatsapp", "purpose": "marketing", "state": "withdrawn", "source": "agent"}
    assert (await emma.post(f"/contacts/{one.contact_id}/consents", consent)).status == 201
    listed = (await emma.get(f"/contacts/{one.contact_id}/consents")).body["items"]
    assert {each["contact_id"] for each in listed} == {str(one.contact_id), str(two.contact_id)}
    await emma.post(f"/contacts/{two.contact_id}/unmerge")
    alone = (await emma.get(f"/contacts/{two.contact_id}/consents")).body["items"]
    assert [each["state"] for each in alone] == ["withdrawn"]


async def test_chains_and_circles(emma: Client) -> None:
    a, b, c, d = [await made(emma, name) for name in "ABCD"]
    assert await merge(emma, a, b) == 200
    assert await merge(emma, c, a) == 200, "into a merged one means into its survivor"
    assert await merge(emma, b, d) == 200
    top = (await emma.get(f"/contacts/{d}")).body
    assert {each["name"] for each in top["merged"]} == {"A", "B", "C"}
    assert await merge(emma, d, a) == 409, "a circle"
    assert await merge(emma, a, d) == 409, "merged already"
    assert await merge(emma, d, d) == 409
    assert await merge(emma, d, new_id()) == 422
    assert await merge(emma, new_id(), d) == 404
    assert (await emma.post(f"/contacts/{d}/unmerge")).status == 409

    assert (await emma.post(f"/contacts/{b}/unmerge")).body["name"] == "B"
    kept = (await emma.get(f"/contacts/{b}")).body["merged"]
    assert {each["name"] for each in kept} == {"A", "C"}
    assert (await emma.get(f"/contacts/{d}")).body["merged"] == []
    await emma.post(f"/contacts/{a}/unmerge")
    assert {each["name"] for each in (await emma.get("/contacts")).body["items"]} == {"A", "B", "D"}


async def test_many_merges_at_once_close_no_circle(emma: Client, database: Database, workspace: Workspace) -> None:
    ids = [await made(emma, f"P{n}") for n in range(6)]
    pairs = [(one, other) for one in ids for other in ids if one != other]
    statuses = await asyncio.gather(*(merge(emma, one, other) for one, other in pairs))
    assert set(statuses) == {200, 409}
    assert statuses.count(200) == 5
    async with database.workspace(workspace.id) as tx:
        rows = await (await tx.execute("SELECT id, merged_into, survivor_id FROM contacts")).fetchall()
    into: dict[UUID, UUID | None] = {row["id"]: row["merged_into"] for row in rows}
    for row in rows:
        at = row["id"]
        for _ in ids:
            at = into[at] or at
        assert (row["survivor_id"] or row["id"]) == at


async def test_a_person_is_forgotten_whole(
    programs: Programs, emma: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    one = await make_thread(database, inbox, "Hanako", phone="819011110001")
    two = await make_thread(database, inbox, "H. Sato", phone="819022220002")
    await receive(database, two)
    await merge(emma, two.contact_id, one.contact_id)
    boss = programs.client(workspace.supervisor)
    assert (await boss.delete(f"/contacts/{two.contact_id}")).status == 409
    assert (await boss.delete(f"/contacts/{one.contact_id}")).status == 204
    async with database.system() as tx:
        for table in ("contacts", "contact_identities", "conversations", "messages"):
            row = await (await tx.execute(f"SELECT count(*) AS n FROM {table}")).fetchone()  # noqa: S608
            assert row == {"n": 0}, table


async def test_tenants_never_meet(programs: Programs, emma: Client, database: Database) -> None:
    mine = await made(emma, "A")
    stranger = programs.client((await make_workspace(database, "Elsewhere")).owner)
    theirs = await made(stranger, "B")
    assert await merge(stranger, mine, theirs) == 404
    assert await merge(stranger, theirs, mine) == 422
    assert (await stranger.post(f"/contacts/{mine}/unmerge")).status == 404
