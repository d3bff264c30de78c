"""The account of an inbox, asked of and written to the simulator of the provider through the API."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from madoguchi.simulator import seed
from tests.simulator.lab import Lab, open_lab
from tests.support.live import Answer, Client, Programs, running_programs
from tests.support.threads import make_thread
from tests.support.world import Workspace, make_inbox

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf5000000301010018dd8db00000000049454e44ae426082"
)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with open_lab() as lab:
        yield lab


@pytest.fixture
async def shop(database: Database, workspace: Workspace, lab: Lab) -> InboxConfig:
    credentials = {
        "phone_number_id": seed.NUMBER,
        "business_account_id": seed.WABA,
        "access_token": seed.TOKEN,
        "app_secret": seed.APP_SECRET,
        "verify_token": seed.VERIFY_TOKEN,
    }
    return await make_inbox(database, workspace.id, graph_url=f"{lab.url}/graph", credentials=credentials)


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        msgspec.structs.force_setattr(context, "public_url", web.base)
        yield web


class Desk:
    """Calls below the inbox's account."""

    def __init__(self, client: Client, inbox: InboxConfig) -> None:
        self.client = client
        self._path = f"/inboxes/{inbox.id}/account"

    async def get(self, path: str = "", **query: Any) -> Any:
        answer = await self.client.get(self._path + path, **query)
        assert answer.status == 200, answer.body
        return answer.body

    async def ask(self, method: str, path: str, body: Any = None) -> Answer:
        return await self.client.ask(method, self._path + path, json=body)


@pytest.fixture
def desk(web: Programs, workspace: Workspace, shop: InboxConfig) -> Desk:
    return Desk(web.client(workspace.owner), shop)


def fields(answer: Answer) -> list[str]:
    assert answer.status == 422, answer.body
    return [each["field"] for each in answer.body["errors"]]


async def test_the_overview_says_what_to_do(desk: Desk, shop: InboxConfig, lab: Lab) -> None:
    lab.sim.world.numbers[seed.NUMBER].quality = "RED"
    checked = await desk.client.post(f"/inboxes/{shop.id}/check")
    assert (checked.status, checked.body["health"]) == (200, "attention")
    shown = await desk.get()
    assert (shown["facts"]["quality"], shown["facts"]["coexistence"]) == ("red", False)
    assert shown["facts"]["display_number"]
    found = {each["code"]: each for each in shown["troubles"]}
    assert found["quality_low"]["advice"]["en"]
    assert found["quality_low"]["advice"]["ja"]
    assert "profile" in shown["parts"]


async def test_the_profile_is_checked_and_changed(desk: Desk) -> None:
    long = {"about": "x" * 140, "websites": ["https://a.example", "ftp://b.example"], "vertical": "MAGIC", "shoe": 1}
    assert fields(await desk.ask("PATCH", "/profile", {"values": long})) == [
        "values.about",
        "values.websites.1",
        "values.vertical",
        "values.shoe",
    ]
    three = {"websites": ["https://a.example"] * 3}
    assert fields(await desk.ask("PATCH", "/profile", {"values": three})) == ["values.websites"]
    good = {"about": "x" * 139, "websites": ["https://a.example/"], "vertical": "RESTAURANT", "email": "a@b.example"}
    answer = await desk.ask("PATCH", "/profile", {"values": good})
    assert answer.status == 200, answer.body
    assert {key: answer.body["values"][key] for key in good} == good
    assert (await desk.get("/profile"))["values"]["about"] == good["about"]


async def test_the_profile_gets_a_picture(desk: Desk, web: Programs, workspace: Workspace, lab: Lab) -> None:
    headers = workspace.owner.bearer
    form = aiohttp.FormData()
    form.add_field("file", PNG, filename="logo.png", content_type="image/png")
    async with web.session.post(f"{web.base}/api/v1/media", data=form, headers=headers) as uploaded:
        media = await uploaded.json()
    answer = await desk.ask("PATCH", "/profile", {"picture_media_id": media["id"]})
    assert (answer.status, answer.body["has_picture"]) == (200, True), answer.body
    path = f"{web.base}/api/v1{desk._path}/profile/picture"
    async with web.session.get(path, headers=headers) as shown:
        assert (shown.status, await shown.read()) == (200, PNG)
        assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert fields(await desk.ask("PATCH", "/profile", {"picture_media_id": str(new_id())})) == ["picture_media_id"]


async def test_links_come_and_go(desk: Desk, web: Programs, workspace: Workspace) -> None:
    assert fields(await desk.ask("POST", "/links", {"text": "x" * 141})) == ["text"]
    made = (await desk.ask("POST", "/links", {"text": "予約したいです"})).body
    assert made["url"].endswith(made["code"])
    changed = await desk.ask("PATCH", f"/links/{made['code']}", {"text": "Hello"})
    assert (changed.status, changed.body["text"]) == (200, "Hello")
    assert [each["code"] for each in (await desk.get("/links"))["items"]] == [made["code"]]
    image = f"{web.base}/api/v1{desk._path}/links/{made['code']}/image"
    for form, kind in (("svg", "image/svg+xml"), ("png", "image/png")):
        async with web.session.get(image, params={"form": form}, headers=workspace.owner.bearer) as shown:
            assert (shown.status, shown.content_type) == (200, kind)
    assert (await desk.ask("DELETE", f"/links/{made['code']}")).status == 204
    assert (await desk.get("/links"))["items"] == []
    assert (await desk.ask("DELETE", f"/links/{made['code']}")).status == 422


async def test_a_blocked_contact_cannot_be_written_to(
    desk: Desk, web: Programs, workspace: Workspace, shop: InboxConfig, database: Database, lab: Lab
) -> None:
    thread = await make_thread(database, shop)
    answer = await desk.ask("POST", "/blocked", {"contact_id": str(thread.contact_id)})
    assert (answer.status, answer.body["reason"]) == (422, "block_failed")  # they have not written within a day
    person: Any = next(iter(lab.sim.world.customers.values()))
    async with database.workspace(workspace.id) as tx:
        await tx.execute("UPDATE contact_identities SET value = %s WHERE kind = 'phone'", (person.wa_id,))
    await lab.write(person.id)
    assert (await desk.ask("POST", "/blocked", {"contact_id": str(thread.contact_id)})).status == 204
    (listed,) = (await desk.get("/blocked"))["items"]
    assert listed["contact"]["id"] == str(thread.contact_id)
    agent = web.client(workspace.agent)
    assert [b["inbox_id"] for b in (await agent.get(f"/contacts/{thread.contact_id}/blocks")).body["items"]] == [
        str(shop.id)
    ]
    refused = await agent.post(f"/conversations/{thread.id}/messages", {"type": "text", "text": "hi"})
    assert (refused.status, refused.body["code"]) == (409, "blocked")
    assert (await desk.ask("DELETE", f"/blocked/{thread.contact_id}")).status == 204
    assert (await agent.get(f"/contacts/{thread.contact_id}/blocks")).body["items"] == []
    sent = await agent.post(f"/conversations/{thread.id}/messages", {"type": "text", "text": "hi"})
    assert sent.status == 201


async def test_first_words_are_checked_and_kept(desk: Desk) -> None:
    bad = {
        "starters": ["ok", "smile 😀", "x" * 81],
        "commands": [
            {"name": "two words", "description": "x"},
            {"name": "menu", "description": ""},
            {"name": "menu", "description": "x"},
        ],
    }
    assert fields(await desk.ask("PUT", "/prompts", bad)) == [
        "starters.1",
        "starters.2",
        "commands.0.name",
        "commands.1.description",
        "commands.2.name",
    ]
    assert fields(await desk.ask("PUT", "/prompts", {"starters": ["a"] * 5})) == ["starters"]
    good = {"welcome": True, "starters": ["営業時間"], "commands": [{"name": "menu", "description": "メニュー"}]}
    answer = await desk.ask("PUT", "/prompts", good)
    assert (answer.status, answer.body) == (200, good)
    assert await desk.get("/prompts") == good


async def test_a_username_is_claimed_and_given_up(desk: Desk) -> None:
    first = await desk.get("/username")
    assert (first["name"], bool(first["suggestions"])) == (None, True)
    assert fields(await desk.ask("PUT", "/username", {"name": "No Spaces"})) == ["name"]
    answer = await desk.ask("PUT", "/username", {"name": "minato.coffee"})
    assert (answer.status, answer.body["name"]) == (200, "minato.coffee")
    assert (await desk.ask("DELETE", "/username")).status == 204
    assert (await desk.get("/username"))["name"] is None


async def test_another_name_is_asked_for_and_reviewed(desk: Desk, lab: Lab) -> None:
    for bad in ("ab", "x" * 513, "Minato 🎉"):
        assert fields(await desk.ask("PUT", "/display-name", {"name": bad})) == ["name"]
    assert (await desk.ask("PUT", "/display-name", {"name": " Minato Roasters "})).status == 202
    number = lab.sim.world.numbers[seed.NUMBER]
    assert (number.new_name, number.new_name_status) == ("Minato Roasters", "PENDING_REVIEW")


async def test_what_customers_see_of_the_catalogue(desk: Desk) -> None:
    assert await desk.get("/shop") == {"catalog_visible": False, "cart_enabled": True}
    wish = {"catalog_visible": True, "cart_enabled": False}
    answer = await desk.ask("PUT", "/shop", wish)
    assert (answer.status, answer.body) == (200, wish)
    assert await desk.get("/shop") == wish


async def test_a_wrong_pin_locks_and_the_right_one_is_kept_sealed(desk: Desk, database: Database, lab: Lab) -> None:
    number = lab.sim.world.numbers[seed.NUMBER]
    number.pin = "246810"
    assert fields(await desk.ask("POST", "/register", {"pin": "12345"}))
    for _ in range(3):
        assert fields(await desk.ask("POST", "/register", {"pin": "111111"})) == ["pin"]
    locked = await desk.ask("POST", "/register", {"pin": "246810"})
    assert (locked.status, locked.body["reason"]) == (429, "pin_locked")
    assert 0 < locked.body["retry_after"] <= 61
    assert (await desk.get())["pin_locked_until"]
    number.pin_guesses.clear()
    assert (await desk.ask("POST", "/register", {"pin": "246810"})).status == 204
    shown = await desk.get()
    assert (shown["pin_kept"], shown["pin_locked_until"]) == (True, None)
    assert (await desk.ask("PUT", "/pin", {"pin": "135791"})).status == 204
    assert number.pin == "135791"
    async with database.system() as tx:
        row: Any = await (await tx.execute("SELECT secrets, state::text AS state FROM inbox_accounts")).fetchone()
    assert b"135791" not in bytes(row["secrets"])
    assert "135791" not in row["state"]
    assert (await desk.ask("POST", "/deregister")).status == 204
    assert number.registered is False


async def test_the_number_is_verified_by_a_code(desk: Desk, lab: Lab) -> None:
    lab.sim.world.numbers[seed.NUMBER].code_status = "NOT_VERIFIED"
    assert (await desk.ask("POST", "/request-code", {"method": "sms", "language": "ja"})).status == 204
    assert fields(await desk.ask("POST", "/verify-code", {"code": "000000"})) == ["code"]
    assert (await desk.ask("POST", "/verify-code", {"code": "123-456"})).status == 204


async def test_the_webhook_is_subscribed_and_tested(desk: Desk, shop: InboxConfig) -> None:
    answer = await desk.ask("POST", "/webhook", {"direct": True})
    assert answer.status == 200, answer.body
    assert [each["here"] for each in answer.body["subscriptions"]] == [True]
    tested = (await desk.ask("POST", "/webhook/test")).body
    assert (tested["ok"], [each["step"] for each in tested["steps"]]) == (
        True,
        ["reachable", "unsigned_refused", "signed_accepted", "kept", "subscribed"],
    ), tested
    assert (await desk.get())["last_event_at"]
    assert (await desk.ask("DELETE", "/webhook")).status == 204
    assert (await desk.ask("POST", "/webhook/test")).body["ok"] is False


async def test_a_wrong_secret_is_found_by_the_test(desk: Desk, context: Context, shop: InboxConfig) -> None:
    msgspec.structs.force_setattr(context, "public_url", "http://127.0.0.1:9")
    tested = (await desk.ask("POST", "/webhook/test")).body
    assert [each["ok"] for each in tested["steps"]][:4] == [False] * 4


async def test_who_may(web: Programs, workspace: Workspace, shop: InboxConfig) -> None:
    supervisor, agent = (Desk(web.client(each), shop) for each in (workspace.supervisor, workspace.agent))
    for path in ("", "/profile", "/links", "/prompts", "/username", "/webhook", "/blocked"):
        assert (await agent.client.get(agent._path + path)).status == 403, path
    for method, path, body in (
        ("POST", "/register", {"pin": "123456"}),
        ("POST", "/deregister", None),
        ("PUT", "/pin", {"pin": "123456"}),
        ("PUT", "/username", {"name": "abc"}),
        ("POST", "/webhook", {"direct": True}),
    ):
        assert (await supervisor.ask(method, path, body)).status == 403, path
    gone = await supervisor.client.get(f"/inboxes/{new_id()}/account/profile")
    assert gone.status == 404


async def test_a_dead_token_is_told_in_words(desk: Desk, lab: Lab) -> None:
    lab.sim.world.tokens[seed.TOKEN].revoked = True
    answer = await desk.client.get(desk._path + "/profile")
    assert (answer.status, answer.body["code"], answer.body["reason"]) == (409, "channel_down", "token_invalid")
    assert answer.body["words"]["ja"]
