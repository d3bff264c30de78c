"""Companies, their contacts, and notes on contacts."""

from collections.abc import AsyncIterator

import pytest

from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Client, Programs, running_programs
from tests.support.world import Workspace, make_workspace


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as programs:
        yield programs


@pytest.fixture
async def emma(programs: Programs, workspace: Workspace) -> Client:
    return programs.client(workspace.agent)


async def test_a_company_and_its_contacts(programs: Programs, emma: Client, workspace: Workspace) -> None:
    made = await emma.post("/companies", {"name": "Minato Trading", "domain": "Minato.Example"})
    assert (made.status, made.body["domain"], made.body["contacts"]) == (201, "minato.example", 0)
    path = f"/companies/{made.body['id']}"
    ann = (await emma.post("/contacts", {"name": "Ann", "company_id": made.body["id"]})).body
    await emma.post("/contacts", {"name": "Bo"})
    assert ann["company"] == {"id": made.body["id"], "name": "Minato Trading"}
    listed = (await emma.get("/contacts", company_id=made.body["id"])).body["items"]
    assert [each["name"] for each in listed] == ["Ann"]
    assert (await emma.get(path)).body["contacts"] == 1
    assert (await emma.patch(path, {"name": "Minato", "domain": None})).body["domain"] is None
    assert (await emma.delete(path)).status == 403
    assert (await programs.client(workspace.supervisor).delete(path)).status == 204
    assert (await emma.get(f"/contacts/{ann['id']}")).body["company"] is None
    assert (await emma.get(path)).status == 404


async def test_names_and_domains_are_unique(emma: Client) -> None:
    await emma.post("/companies", {"name": "A", "domain": "a.example"})
    assert (await emma.post("/companies", {"name": "A"})).body["errors"][0]["field"] == "name"
    assert (await emma.post("/companies", {"name": "B", "domain": "a.example"})).body["errors"][0]["field"] == "domain"
    assert (await emma.post("/companies", {"name": "C", "domain": "no dots"})).status == 422
    assert (await emma.post("/contacts", {"name": "X", "company_id": str(new_id())})).status == 422


async def test_companies_are_found_and_paged(emma: Client) -> None:
    for name in ("b", "a", "c"):
        await emma.post("/companies", {"name": name, "domain": f"{name}.example"})
    first = (await emma.get("/companies", limit=2)).body
    rest = (await emma.get("/companies", limit=2, cursor=first["next_cursor"])).body
    assert [each["name"] for each in first["items"] + rest["items"]] == ["a", "b", "c"]
    assert [each["name"] for each in (await emma.get("/companies", q="B.ex")).body["items"]] == ["b"]


async def test_contacts_are_filtered(emma: Client) -> None:
    phone = {"channel": "whatsapp", "kind": "phone", "value": "+447700900003"}
    await emma.post("/contacts", {"name": "Ann", "labels": ["vip", " vip "], "attributes": {"City": "Kobe"}})
    await emma.post("/contacts", {"name": "Bo", "identities": [phone]})
    for query, names in (
        ({"label": "vip"}, ["Ann"]),
        ({"label": "VIP"}, []),
        ({"attribute": "City:kobe"}, ["Ann"]),
        ({"attribute": "City:Nara"}, []),
        ({"channel": "whatsapp"}, ["Bo"]),
        ({"q": "447700900003", "channel": "whatsapp"}, ["Bo"]),
        ({"q": "447700900003", "label": "vip"}, []),
        ({"q": "ann", "label": "vip"}, ["Ann"]),
    ):
        assert [each["name"] for each in (await emma.get("/contacts", **query)).body["items"]] == names, query


async def test_a_contact_gets_another_identity(emma: Client) -> None:
    phone = {"channel": "whatsapp", "kind": "phone", "value": "+447700900003"}
    ann = (await emma.post("/contacts", {"name": "Ann"})).body
    bo = (await emma.post("/contacts", {"name": "Bo"})).body
    assert len((await emma.patch(f"/contacts/{ann['id']}", {"identities": [phone]})).body["identities"]) == 1
    assert (await emma.patch(f"/contacts/{ann['id']}", {"identities": [phone]})).status == 200
    assert (await emma.patch(f"/contacts/{bo['id']}", {"identities": [phone]})).status == 409


async def test_a_renamed_label_reaches_the_contacts(programs: Programs, emma: Client, workspace: Workspace) -> None:
    boss = programs.client(workspace.supervisor)
    label = (await boss.post("/labels", {"name": "vip"})).body
    ann = (await emma.post("/contacts", {"name": "Ann", "labels": ["vip", "old"]})).body
    await boss.patch(f"/labels/{label['id']}", {"name": "star"})
    assert (await emma.get(f"/contacts/{ann['id']}")).body["labels"] == ["star", "old"]
    await boss.delete(f"/labels/{label['id']}")
    assert (await emma.get(f"/contacts/{ann['id']}")).body["labels"] == ["old"]
    assert (await emma.patch(f"/contacts/{ann['id']}", {"labels": []})).body["labels"] == []


async def test_notes_on_a_contact(programs: Programs, emma: Client, workspace: Workspace) -> None:
    ravi, boss = programs.client(workspace.agent2), programs.client(workspace.supervisor)
    ann = (await emma.post("/contacts", {"name": "Ann"})).body["id"]
    path = f"/contacts/{ann}/notes"
    first = (await emma.post(path, {"text": " Likes <b>tea</b> "})).body
    assert (first["text"], first["author"]["name"]) == ("Likes <b>tea</b>", "Emma")
    second = (await ravi.post(path, {"text": "Calls at six"})).body
    assert [each["id"] for each in (await emma.get(path)).body["items"]] == [second["id"], first["id"]]
    page = (await emma.get(path, limit=1)).body
    assert (await emma.get(path, limit=1, cursor=page["next_cursor"])).body["items"][0]["id"] == first["id"]
    assert (await ravi.patch(f"{path}/{first['id']}", {"text": "x"})).status == 403
    assert (await boss.patch(f"{path}/{first['id']}", {"text": "x"})).status == 403
    assert (await emma.patch(f"{path}/{first['id']}", {"text": "Likes tea"})).body["text"] == "Likes tea"
    assert (await ravi.delete(f"{path}/{first['id']}")).status == 403
    assert (await boss.delete(f"{path}/{first['id']}")).status == 204
    assert (await emma.post(path, {"text": "  "})).status == 422
    assert (await emma.post(f"/contacts/{new_id()}/notes", {"text": "x"})).status == 404
    assert (await emma.get(f"/contacts/{new_id()}/notes")).status == 404


async def test_tenants_never_meet(programs: Programs, emma: Client, database: Database) -> None:
    company = (await emma.post("/companies", {"name": "A"})).body
    ann = (await emma.post("/contacts", {"name": "Ann", "company_id": company["id"]})).body
    note = (await emma.post(f"/contacts/{ann['id']}/notes", {"text": "x"})).body
    stranger = programs.client((await make_workspace(database, "Elsewhere")).owner)
    notes = f"/contacts/{ann['id']}/notes"
    answers = [
        await stranger.get(f"/companies/{company['id']}"),
        await stranger.patch(f"/companies/{company['id']}", {"name": "x"}),
        await stranger.delete(f"/companies/{company['id']}"),
        await stranger.get(notes),
        await stranger.post(notes, {"text": "x"}),
        await stranger.patch(f"{notes}/{note['id']}", {"text": "x"}),
        await stranger.delete(f"{notes}/{note['id']}"),
    ]
    assert {answer.status for answer in answers} == {404}
    assert (await stranger.post("/contacts", {"name": "X", "company_id": company["id"]})).status == 422
