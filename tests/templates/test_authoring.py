"""A template's life: drafted, checked, submitted, reviewed, edited, copied, deleted; Meta is played by the simulator."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import FormData

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.simulator.lab import NUMBER, TOKEN, WABA, Lab, open_lab
from tests.support.live import Programs, running_programs
from tests.support.world import Workspace, make_inbox, make_workspace

Json = dict[str, Any]
BODY: Json = {"type": "BODY", "text": "Hello {{1}}, your beans are here.", "example": {"body_text": [["Hanako"]]}}
READY: Json = {"name": "beans_ready", "language": "en_US", "category": "utility", "components": [BODY]}
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with open_lab() as lab:
        yield lab


@pytest.fixture
async def shop(database: Database, workspace: Workspace, lab: Lab) -> InboxConfig:
    credentials = {"phone_number_id": NUMBER, "business_account_id": WABA, "access_token": TOKEN}
    return await make_inbox(database, workspace.id, graph_url=f"{lab.url}/graph", credentials=credentials)


def fields(answer: Any) -> list[str]:
    return [each["field"] for each in answer.body["errors"]]


async def at_meta(lab: Lab, **wanted: str) -> list[Json]:
    found = (await lab.graph("GET", f"{WABA}/message_templates?limit=200")).json()["data"]
    return [each for each in found if all(each[key] == value for key, value in wanted.items())]


async def test_checked_without_leaving(web: Programs, workspace: Workspace, shop: InboxConfig, lab: Lab) -> None:
    ken = web.client(workspace.supervisor)
    before = len(await at_meta(lab))
    check = f"/inboxes/{shop.id}/templates/check"
    assert (await ken.post(check, READY)).body == {"errors": []}
    answer = await ken.post(check, {**READY, "name": "Beans", "components": [{**BODY, "text": "a" * 1025}]})
    assert answer.body["errors"] == [
        {"field": "name", "rule": "name", "message": answer.body["errors"][0]["message"], "values": {}},
        {
            "field": "body.text",
            "rule": "too_long",
            "message": "At most 1024 characters are allowed; this has 1025.",
            "values": {"limit": 1024, "given": 1025},
        },
    ]
    assert fields(await ken.post(check, {})) == ["name", "language", "body.text"]
    assert len(await at_meta(lab)) == before


async def test_submitted_reviewed_and_sent_for(
    web: Programs, workspace: Workspace, shop: InboxConfig, lab: Lab
) -> None:
    ken = web.client(workspace.supervisor)
    made = await ken.post(f"/inboxes/{shop.id}/templates", {**READY, "mapping": {"1": "contact.first_name"}})
    assert (made.status, made.body["status"], made.body["mapping"]) == (201, "pending", {"1": "contact.first_name"})
    assert [each["key"] for each in made.body["variables"]] == ["1"]
    (theirs,) = await at_meta(lab, name="beans_ready")
    await lab.control("PATCH", f"templates/{theirs['id']}", {"status": "APPROVED"})
    await ken.post(f"/inboxes/{shop.id}/templates/sync")
    found = (await ken.get(f"/templates/{made.body['id']}")).body
    assert (found["status"], found["mapping"]) == ("approved", {"1": "contact.first_name"})
    again = await ken.post(f"/inboxes/{shop.id}/templates", READY)
    assert (again.status, again.body["code"]) == (409, "conflict")


async def test_a_draft_keeps_its_mistakes_until_it_is_submitted(
    web: Programs, workspace: Workspace, shop: InboxConfig, lab: Lab
) -> None:
    ken = web.client(workspace.supervisor)
    half = {**READY, "components": [{"type": "BODY", "text": "{{1}} half"}]}
    draft = (await ken.post(f"/inboxes/{shop.id}/templates", {**half, "submit": False})).body
    assert draft["status"] == "draft"
    await ken.post(f"/inboxes/{shop.id}/templates/sync")
    assert (await ken.get(f"/templates/{draft['id']}")).body["status"] == "draft", "the provider does not have it"
    refused = await ken.patch(f"/templates/{draft['id']}", {"submit": True})
    assert refused.status == 422
    assert set(fields(refused)) == {"body.text", "body.example.1"}
    assert await at_meta(lab, name="beans_ready") == []
    done = await ken.patch(f"/templates/{draft['id']}", {"components": [BODY], "submit": True})
    assert (done.status, done.body["status"]) == (200, "pending")
    assert len(await at_meta(lab, name="beans_ready")) == 1


async def test_what_meta_refuses_stays_a_draft(
    web: Programs, workspace: Workspace, shop: InboxConfig, lab: Lab
) -> None:
    ken = web.client(workspace.supervisor)
    await lab.graph("POST", f"{WABA}/message_templates", READY)
    refused = await ken.post(f"/inboxes/{shop.id}/templates", READY)
    assert (refused.status, refused.body["code"]) == (422, "invalid")
    assert "already" in refused.body["detail"]
    (kept,) = (await ken.get("/templates", status="draft")).body["items"]
    assert kept["name"] == "beans_ready"


async def test_a_heading_with_a_file(web: Programs, workspace: Workspace, shop: InboxConfig, lab: Lab) -> None:
    ken = web.client(workspace.supervisor)
    media_id = await upload(web, workspace)
    picture = {"type": "HEADER", "format": "IMAGE", "example": {"media_id": media_id}}
    made = await ken.post(f"/inboxes/{shop.id}/templates", {**READY, "components": [picture, BODY]})
    assert made.status == 201, made.body["detail"]
    assert made.body["definition"][0]["example"] == {"media_id": media_id}
    (theirs,) = await at_meta(lab, name="beans_ready")
    assert "media_id" not in theirs["components"][0]["example"]
    assert theirs["components"][0]["example"]["header_handle"]
    for wrong in (str(new_id()), "no-id"):
        picture = {"type": "HEADER", "format": "IMAGE", "example": {"media_id": wrong}}
        refused = await ken.post(f"/inboxes/{shop.id}/templates", {**READY, "name": "x", "components": [picture, BODY]})
        assert refused.status == 422


async def upload(web: Programs, workspace: Workspace) -> str:

    form = FormData()
    form.add_field("file", _PNG, filename="beans.png", content_type="image/png")
    answer = await web.client(workspace.supervisor).ask("POST", "/media", data=form)
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


async def test_edited(web: Programs, workspace: Workspace, shop: InboxConfig, lab: Lab) -> None:
    ken = web.client(workspace.supervisor)
    made = (await ken.post(f"/inboxes/{shop.id}/templates", READY)).body
    at = f"/templates/{made['id']}"
    new = {"components": [{**BODY, "text": "Hello {{1}}, your fresh beans are here."}]}
    assert (await ken.patch(at, new)).status == 409, "it is in review"
    (theirs,) = await at_meta(lab, name="beans_ready")
    await lab.control("PATCH", f"templates/{theirs['id']}", {"status": "REJECTED", "reason": "SCAM"})
    await ken.post(f"/inboxes/{shop.id}/templates/sync")
    edited = await ken.patch(at, {**new, "category": "marketing"})
    assert (edited.status, edited.body["status"]) == (200, "pending")
    (theirs,) = await at_meta(lab, name="beans_ready")
    assert (theirs["category"], "fresh" in theirs["components"][0]["text"]) == ("MARKETING", True)
    await lab.control("PATCH", f"templates/{theirs['id']}", {"status": "APPROVED"})
    await ken.post(f"/inboxes/{shop.id}/templates/sync")
    assert fields(await ken.patch(at, {"category": "utility"})) == ["category"]
    assert fields(await ken.patch(at, {"components": [{"type": "BODY", "text": ""}]})) == ["body.text"]
    assert (await ken.patch(at, new)).body["status"] == "approved"
    second = await ken.patch(at, new)
    assert (second.status, "once" in second.body["detail"]) == (422, True), "an approved one once a day"
    assert (await ken.patch(at, {"mapping": {"1": "attribute.nickname"}})).body["mapping"] == {
        "1": "attribute.nickname"
    }
    assert (await ken.patch(at, {"mapping": {"1": "contact.secret"}})).status == 422


async def test_copied_and_deleted(web: Programs, workspace: Workspace, shop: InboxConfig, lab: Lab) -> None:
    ken = web.client(workspace.supervisor)
    made = (await ken.post(f"/inboxes/{shop.id}/templates", READY)).body
    copy = await ken.post(f"/templates/{made['id']}/copy", {"language": "ja"})
    assert (copy.status, copy.body["status"], copy.body["language"]) == (201, "draft", "ja")
    assert copy.body["components"] == made["components"]
    assert (await ken.post(f"/templates/{made['id']}/copy", {"language": "en_US"})).status == 409
    await ken.patch(f"/templates/{copy.body['id']}", {"submit": True})
    assert len(await at_meta(lab, name="beans_ready")) == 2
    assert (await ken.delete(f"/templates/{copy.body['id']}")).status == 204
    assert [each["language"] for each in await at_meta(lab, name="beans_ready")] == ["en_US"]
    draft = (await ken.post(f"/templates/{made['id']}/copy", {"language": "fr"})).body
    assert (await ken.delete(f"/templates/{made['id']}?all_languages=true")).status == 204
    assert await at_meta(lab, name="beans_ready") == []
    assert (await ken.get("/templates", q="beans_ready")).body["items"] == []
    assert (await ken.get(f"/templates/{draft['id']}")).status == 404
    assert (await ken.delete(f"/templates/{made['id']}")).status == 404


async def test_who_may_write_them(web: Programs, workspace: Workspace, shop: InboxConfig, database: Database) -> None:
    emma, other = web.client(workspace.agent), await make_workspace(database, "Elsewhere")
    made = (await web.client(workspace.owner).post(f"/inboxes/{shop.id}/templates", READY)).body
    theirs = web.client(other.owner)
    for client, status in ((emma, 403), (theirs, 404)):
        assert (await client.post(f"/inboxes/{shop.id}/templates", READY)).status == status
        assert (await client.patch(f"/templates/{made['id']}", {"mapping": {}})).status == status
        assert (await client.post(f"/templates/{made['id']}/copy", {"language": "ja"})).status == status
        assert (await client.delete(f"/templates/{made['id']}")).status == status
    assert (await theirs.get(f"/templates/{made['id']}")).status == 404
    assert (await theirs.post(f"/inboxes/{shop.id}/templates/check", READY)).status == 404


async def test_lists_are_narrowed(web: Programs, workspace: Workspace, shop: InboxConfig, lab: Lab) -> None:
    ken = web.client(workspace.supervisor)
    await ken.post(f"/inboxes/{shop.id}/templates/sync")

    async def names(**wanted: str) -> set[str]:
        return {each["name"] for each in (await ken.get("/templates", limit=200, **wanted)).body["items"]}

    assert await names(status="paused") == {"weekly_offer"}
    assert await names(category="authentication") == {"login_code"}
    assert "booking_reminder" in await names(language="ja")
    assert "spring_sale" not in await names(language="ja")
    assert await names(q="free MONEY") == {"free_money"}
    assert await names(q="100%_") == set()


async def test_the_provider_is_away(web: Programs, workspace: Workspace, database: Database) -> None:
    ken = web.client(workspace.supervisor)
    away = await make_inbox(database, workspace.id)
    answer = await ken.post(f"/inboxes/{away.id}/templates", READY)
    assert (answer.status, answer.body["code"]) == (409, "channel_down")
    (kept,) = (await ken.get("/templates", status="draft")).body["items"]
    assert kept["components"] == READY["components"]
