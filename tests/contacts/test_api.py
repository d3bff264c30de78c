"""People over HTTP: found, added, changed, asked for consent, exported, forgotten."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Client, Programs, running_programs
from tests.support.threads import make_thread, receive
from tests.support.world import Workspace, make_inbox, make_workspace


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as programs:
        yield programs


@pytest.fixture
async def emma(programs: Programs, workspace: Workspace) -> Client:
    return programs.client(workspace.agent)


def phone(number: str) -> dict[str, str]:
    return {"channel": "whatsapp", "kind": "phone", "value": number}


async def test_a_contact_is_added_with_its_identities(emma: Client) -> None:
    body = {
        "name": " 花子 ",
        "locale": "ja",
        "attributes": {"vip": True},
        "identities": [phone("+81 (90) 1111-0001"), phone("819011110001")],
    }
    made = await emma.post("/contacts", body)
    assert made.status == 201
    assert (made.body["name"], made.body["locale"], made.body["attributes"]) == ("花子", "ja", {"vip": True})
    assert [(i["kind"], i["value"], i["verified"]) for i in made.body["identities"]] == [
        ("phone", "819011110001", False)
    ]
    assert (await emma.get(f"/contacts/{made.body['id']}")).body == made.body


async def test_an_identity_belongs_to_one_contact(emma: Client) -> None:
    first = (await emma.post("/contacts", {"name": "Ann", "identities": [phone("447700900003")]})).body
    second = await emma.post("/contacts", {"name": "Bo", "identities": [phone("447700900009"), phone("+447700900003")]})
    assert (second.status, second.body["code"]) == (409, "conflict")
    assert second.body["contact"] == {"id": first["id"], "name": "Ann"}
    assert second.body["errors"][0]["field"] == "identities.1.value"
    assert [each["name"] for each in (await emma.get("/contacts")).body["items"]] == ["Ann"]


async def test_of_ten_at_once_one_gets_the_identity(emma: Client) -> None:
    answers = await asyncio.gather(
        *(emma.post("/contacts", {"name": f"P{n}", "identities": [phone("447700900003")]}) for n in range(10))
    )
    assert sorted(answer.status for answer in answers) == [201] + [409] * 9


@pytest.mark.parametrize(
    ("identity", "field"),
    [
        (phone("12"), "value"),
        (phone("+81 90 1111 0001 0002 0003"), "value"),
        (phone("none"), "value"),
        ({"channel": "pigeon", "kind": "ring", "value": "7"}, "channel"),
        ({"channel": "whatsapp", "kind": "Phone!", "value": "7"}, "kind"),
        ({"channel": "whatsapp", "kind": "address", "value": "no at"}, "value"),
        ({"channel": "whatsapp", "kind": "bsuid", "value": "  "}, "value"),
    ],
)
async def test_what_cannot_be_an_identity_is_refused(emma: Client, identity: Any, field: str) -> None:
    answer = await emma.post("/contacts", {"name": "X", "identities": [identity]})
    assert answer.status == 422
    assert f"identities.0.{field}" in [error["field"] for error in answer.body["errors"]]


async def test_contacts_are_found_and_paged(emma: Client) -> None:
    for n in range(7):
        await emma.post("/contacts", {"name": f"Person {n}", "identities": [phone(f"44770090000{n}")]})
    first = (await emma.get("/contacts", limit=4)).body
    rest = (await emma.get("/contacts", limit=4, cursor=first["next_cursor"])).body
    assert [each["name"] for each in first["items"] + rest["items"]] == [f"Person {n}" for n in reversed(range(7))]
    assert rest["next_cursor"] is None
    for q, found in (("person 3", [3]), ("900005", [5]), ("+44 7700 900006", [6]), ("nobody", []), ("_", [])):
        items = (await emma.get("/contacts", q=q)).body["items"]
        assert [each["name"] for each in items] == [f"Person {n}" for n in found], q


async def test_a_new_name_reaches_the_conversations(emma: Client, database: Database, inbox: InboxConfig) -> None:
    thread = await make_thread(database, inbox, "819011110001")
    seq = (await emma.get("/events", since=0)).body["seq"]
    path = f"/contacts/{thread.contact_id}"
    changed = await emma.patch(path, {"name": "花子", "attributes": {"shoe": 38}})
    assert changed.body["attributes"] == {"shoe": 38}
    assert (await emma.patch(path, {"attributes": {"hat": "M", "shoe": None}})).body["attributes"] == {"hat": "M"}
    assert (await emma.patch(path, {"locale": "ja"})).body["locale"] == "ja"
    assert (await emma.patch(path, {"locale": None})).body["locale"] is None
    events = (await emma.get("/events", since=seq)).body["items"]
    assert [e["type"] for e in events[:2]] == ["contact.updated", "conversation.updated"]
    assert events[1]["data"]["contact"]["name"] == "花子"
    assert (await emma.patch(f"/contacts/{new_id()}", {"name": "x"})).status == 404


async def test_consents_are_a_ledger(emma: Client) -> None:
    contact = (await emma.post("/contacts", {"name": "Ann"})).body["id"]
    entry = {"channel": "whatsapp", "purpose": "marketing", "state": "granted", "source": "form"}
    assert (await emma.post(f"/contacts/{contact}/consents", entry)).status == 201
    assert (await emma.post(f"/contacts/{contact}/consents", entry | {"state": "withdrawn"})).status == 201
    listed = (await emma.get(f"/contacts/{contact}/consents")).body["items"]
    assert [each["state"] for each in listed] == ["withdrawn", "granted"]
    assert (await emma.post(f"/contacts/{contact}/consents", entry | {"channel": "pigeon"})).status == 422
    assert (await emma.post(f"/contacts/{contact}/consents", entry | {"state": "maybe"})).status == 422
    assert (await emma.post(f"/contacts/{new_id()}/consents", entry)).status == 404
    assert (await emma.get(f"/contacts/{new_id()}/consents")).status == 404


async def test_an_export_has_everything(emma: Client, database: Database, inbox: InboxConfig) -> None:
    thread = await make_thread(database, inbox, "花子")
    message_id = await receive(database, thread, "こんにちは")
    answer = await emma.get(f"/contacts/{thread.contact_id}/export")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.body["contact"]["name"] == "花子"
    assert [each["id"] for each in answer.body["conversations"]] == [str(thread.id)]
    assert [(each["id"], each["text"]) for each in answer.body["messages"]] == [(str(message_id), "こんにちは")]


async def test_a_forgotten_contact_leaves_nothing(
    programs: Programs, emma: Client, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    thread, other = await make_thread(database, inbox, "花子"), await make_thread(database, inbox, "John")
    for each in (thread, other):
        await receive(database, each)
        await emma.post(f"/conversations/{each.id}/messages", {"type": "text", "text": "hi"})
    async with database.workspace(workspace.id) as tx:
        await tx.execute(
            "INSERT INTO media (workspace_id, id, message_id, state, storage_key, created_at)"
            " SELECT workspace_id, gen_random_uuid(), id, 'stored', 'key/' || id, now() FROM messages"
            " WHERE conversation_id = %s AND direction = 'in'",
            (thread.id,),
        )
    assert (await emma.delete(f"/contacts/{thread.contact_id}")).status == 403
    boss = programs.client(workspace.supervisor)
    assert (await boss.delete(f"/contacts/{thread.contact_id}")).status == 204
    assert (await boss.delete(f"/contacts/{thread.contact_id}")).status == 404
    async with database.system() as tx:
        for table in ("contacts", "contact_identities", "conversations", "outbox"):
            row = await (await tx.execute(f"SELECT count(*) AS n FROM {table}")).fetchone()  # noqa: S608
            assert row == {"n": 1}, table
        jobs = await (await tx.execute("SELECT task_name, args FROM procrastinate_jobs")).fetchall()
        audited = await (
            await tx.execute("SELECT actor_id FROM audit_entries WHERE action = 'contact.deleted'")
        ).fetchall()
    assert [job["task_name"] for job in jobs] == ["contacts.delete_files"]
    assert len(jobs[0]["args"]["keys"]) == 1
    assert [each["actor_id"] for each in audited] == [workspace.supervisor.id]


async def test_tenants_never_meet(
    programs: Programs, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox, "花子", phone="819011110001")
    other = await make_workspace(database, "Elsewhere")
    await make_inbox(database, other.id)
    stranger = programs.client(other.owner)
    one = f"/contacts/{thread.contact_id}"
    consent = {"channel": "whatsapp", "purpose": "all", "state": "withdrawn", "source": "x"}
    attempts = [
        stranger.get(one),
        stranger.patch(one, {"name": "stolen"}),
        stranger.delete(one),
        stranger.get(f"{one}/export"),
        stranger.get(f"{one}/consents"),
        stranger.post(f"{one}/consents", consent),
    ]
    assert {answer.status for answer in await asyncio.gather(*attempts)} == {404}
    assert (await stranger.get("/contacts")).body["items"] == []
    assert (await stranger.get("/contacts", q="819011110001")).body["items"] == []
    # The same number may well be a contact of two companies.
    assert (await stranger.post("/contacts", {"name": "H", "identities": [phone("819011110001")]})).status == 201
    assert (await programs.client(workspace.agent).get(one)).body["name"] == "花子"
