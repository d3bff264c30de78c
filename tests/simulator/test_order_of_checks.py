"""Which refusal a send meets first, and every refusal of its own."""

from typing import Any

import pytest

from tests.simulator.lab import HANAKO, NUMBER, Lab

Json = dict[str, Any]
OK = {"type": "text", "text": {"body": "hi"}}


async def refusal(lab: Lab, body: Json, **more: Any) -> tuple[int, int, str]:
    """(HTTP status, code, words that explain)."""
    response = await lab.send(body, **more)
    error = response.json()["error"]
    assert error["fbtrace_id"]
    assert error["type"] in {"OAuthException", "GraphMethodException"}
    details = error.get("error_data", {}).get("details", "")
    return response.status_code, error["code"], details or error["message"]


async def test_a_send_that_is_wrong_in_every_way_is_mended_one_refusal_at_a_time(lab: Lab) -> None:
    """§11.3: each mending uncovers the next check, so the order is what this proves."""
    number = f"numbers/{NUMBER}"
    await lab.control("PATCH", number, {"token_revoked": True, "registered": False, "locked": True, "throughput": 1})
    body: Json = {"type": "template", "template": {"name": "none"}}

    async def code(**more: Any) -> int:
        return (await refusal(lab, body, **more))[1]

    assert await code(to="+815012345678") == 190
    await lab.control("PATCH", number, {"token_revoked": False})
    assert await code(number="999") == 100
    lab.sim.throughput.take(lab.sim.world.numbers[NUMBER], lab.sim.clock.flow(), force=True)
    assert await code(to="+815012345678") == 130429
    await lab.control("PATCH", number, {"throughput": 0})
    assert await code(to="+815012345678") == 131008
    body["template"]["language"] = {"code": "ja"}
    assert await code(to="+815012345678") == 133010
    await lab.control("PATCH", number, {"registered": True})
    assert await code(to="+815012345678") == 131031
    await lab.control("PATCH", number, {"locked": False})
    assert await code(to="+815012345678") == 131021
    assert await code() == 132001
    body["template"]["name"] = "booking_reminder"
    assert await code() == 132000
    body["template"]["components"] = [{"type": "body", "parameters": [{"type": "text", "text": "x"}] * 3}]
    for _ in range(45):
        assert (await lab.send(body)).status_code == 200
    assert await code() == 131056


async def test_tokens(lab: Lab) -> None:
    for token, status, code in (("", 403, 200), ("nonsense", 401, 190)):
        response = await lab.graph("POST", f"{NUMBER}/messages", {"messaging_product": "whatsapp"}, token=token)
        assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    await lab.control("PATCH", f"numbers/{NUMBER}", {"token_expires_in": 60})
    assert (await lab.send(OK)).status_code == 200
    await lab.hours(1)
    assert (await lab.send(OK)).json()["error"]["error_subcode"] == 463


async def test_a_token_of_another_account_sees_nothing(lab: Lab) -> None:
    other = await lab.control("POST", "numbers", {"access_token": "EAAother"})
    lab.sim.world.tokens["EAAother"].waba_ids = [other["waba_id"]]
    response = await lab.graph("POST", f"{NUMBER}/messages", {}, token="EAAother")
    assert response.json()["error"]["code"] == 100
    assert response.json()["error"]["error_subcode"] == 33


async def test_appsecret_proof(lab: Lab) -> None:
    await lab.control("PATCH", f"numbers/{NUMBER}", {"require_appsecret_proof": True})
    assert (await refusal(lab, OK))[1:] == (100, "API calls from the server require an appsecret_proof argument")
    assert (await refusal(lab, {**OK, "appsecret_proof": "0" * 64}))[1] == 100
    from madoguchi.simulator.webhooks.signing import appsecret_proof

    proof = appsecret_proof("demo-app-secret", "EAAdemo-minato-token")
    assert (await lab.send({**OK, "appsecret_proof": proof})).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"registered": False}, 400, 133010),
        ({"maintenance_seconds": 60}, 500, 131057),
        ({"locked": True}, 403, 131031),
        ({"restricted": 368}, 403, 368),
        ({"restricted": 130497}, 403, 130497),
    ],
)
async def test_numbers_that_may_not_send(lab: Lab, change: Json, status: int, code: int) -> None:
    await lab.control("PATCH", f"numbers/{NUMBER}", change)
    assert (await refusal(lab, OK))[:2] == (status, code)


def _buttons(*titles: str, **more: Any) -> Json:
    replies = [{"type": "reply", "reply": {"id": f"b{n}", "title": t}} for n, t in enumerate(titles)]
    interactive = {"type": "button", "body": {"text": "Choose"}, "action": {"buttons": replies}, **more}
    return {"type": "interactive", "interactive": interactive}


def _rows(*sections: list[Json], **more: Any) -> Json:
    made = [{"title": f"S{n}", "rows": rows} for n, rows in enumerate(sections)]
    action = {"button": "Menu", "sections": made, **more}
    return {"type": "interactive", "interactive": {"type": "list", "body": {"text": "Choose"}, "action": action}}


def _row(number: int, **more: Any) -> Json:
    return {"id": f"r{number}", "title": f"Row {number}", **more}


MALFORMED: list[tuple[str, Json, int, str]] = [
    ("text missing", {"type": "text"}, 131008, "text"),
    ("body missing", {"type": "text", "text": {}}, 131008, "text.body"),
    ("body too long", {"type": "text", "text": {"body": "x" * 4097}}, 100, "text.body"),
    ("unknown parameter", {**OK, "surprise": 1}, 100, "surprise"),
    ("unknown type", {"type": "telepathy"}, 131051, "telepathy"),
    ("callback data too long", {**OK, "biz_opaque_callback_data": "x" * 513}, 100, "biz_opaque_callback_data"),
    ("context without id", {**OK, "context": {}}, 131008, "context.message_id"),
    ("image without source", {"type": "image", "image": {}}, 131008, "image"),
    ("image with two", {"type": "image", "image": {"id": "1", "link": "https://x.example/a.png"}}, 131008, "image"),
    ("image caption", {"type": "image", "image": {"id": "1", "caption": "x" * 1025}}, 100, "image.caption"),
    ("image link", {"type": "image", "image": {"link": "ftp://x.example/a"}}, 131009, "image.link"),
    ("audio caption", {"type": "audio", "audio": {"id": "1", "caption": "x"}}, 100, "audio.caption"),
    ("no such media", {"type": "image", "image": {"id": "1"}}, 131009, "image.id"),
    ("latitude", {"type": "location", "location": {"latitude": 91, "longitude": 0}}, 131009, "latitude"),
    ("longitude missing", {"type": "location", "location": {"latitude": 1}}, 131008, "longitude"),
    ("contact name", {"type": "contacts", "contacts": [{"name": {}}]}, 131008, "contacts[0].name"),
    ("too many contacts", {"type": "contacts", "contacts": [{}] * 258}, 131009, "contacts"),
    ("reaction target", {"type": "reaction", "reaction": {"emoji": "x"}}, 131008, "reaction.message_id"),
    ("no buttons", _buttons(), 131009, "buttons"),
    ("four buttons", _buttons("a", "b", "c", "d"), 131009, "buttons"),
    ("button title", _buttons("x" * 21), 131009, "title"),
    ("equal titles", _buttons("a", "a"), 131009, "duplicated"),
    ("body 1024", _buttons("a", body={"text": "x" * 1025}), 131009, "interactive.body.text"),
    ("footer 60", _buttons("a", footer={"text": "x" * 61}), 131009, "interactive.footer.text"),
    ("header 60", _buttons("a", header={"type": "text", "text": "x" * 61}), 131009, "interactive.header.text"),
    ("eleven rows", _rows([_row(n) for n in range(11)]), 131009, "row count"),
    ("row title", _rows([_row(1, title="x" * 25)]), 131009, "title"),
    ("row description", _rows([_row(1, description="x" * 73)]), 131009, "description"),
    ("equal rows", _rows([_row(1)], [_row(1)]), 131009, "duplicated"),
    ("list button", _rows([_row(1)], button="x" * 21), 131009, "action.button"),
    ("no recipient", {**OK, "to": ""}, 131008, "to"),
    ("recipient", {**OK, "to": "", "recipient": "JP.1"}, 131009, "recipient"),
    ("read of nothing", {"status": "read", "message_id": "wamid.none"}, 131009, "message_id"),
    ("read without id", {"status": "read"}, 131008, "message_id"),
]


@pytest.mark.parametrize(("body", "code", "named"), [m[1:] for m in MALFORMED], ids=[m[0] for m in MALFORMED])
async def test_malformed(lab: Lab, body: Json, code: int, named: str) -> None:
    status, found, details = await refusal(lab, body)
    assert (status, found) == (400, code)
    assert named in details


async def test_what_is_not_json(lab: Lab) -> None:
    for content in (b"{", b"[]"):
        response = await lab.client.post(
            f"/graph/v26.0/{NUMBER}/messages",
            content=content,
            headers={"Authorization": "Bearer EAAdemo-minato-token", "Content-Type": "application/json"},
        )
        assert response.json()["error"]["code"] == 100
    response = await lab.graph("POST", f"{NUMBER}/messages", {"to": HANAKO, **OK})
    assert "messaging_product" in response.json()["error"]["message"]


async def test_the_limits_themselves_are_allowed(lab: Lab) -> None:
    await lab.write()
    bodies = (
        {"type": "text", "text": {"body": "x" * 4096}},
        _buttons("x" * 20, "b", "c", body={"text": "x" * 1024}, footer={"text": "x" * 60}),
        _rows([_row(n, title=f"{n:024d}", description="x" * 72) for n in range(10)]),
    )
    for body in bodies:
        assert (await lab.send(body)).status_code == 200


@pytest.mark.parametrize(
    ("name", "language", "components", "code"),
    [
        ("none", "ja", [], 132001),
        ("booking_reminder", "de", [], 132001),
        ("spring_sale", "en_US", [], 132001),
        ("free_money", "en_US", [], 132001),
        ("weekly_offer", "en_US", [], 132015),
        ("booking_reminder", "ja", [], 132000),
        ("booking_reminder", "ja", [["a", "b"]], 132000),
        ("booking_reminder", "ja", [["a", "b", "two\nlines"]], 132018),
        ("booking_reminder", "ja", [["a", "b", "x" * 1020]], 132005),
        ("booking_reminder", "ja", [["a", "b", ""]], 131008),
        ("welcome_back", "ja", [["a"]], 132012),
    ],
)
async def test_templates_refused(lab: Lab, name: str, language: str, components: list[list[str]], code: int) -> None:
    made = [{"type": "body", "parameters": [{"type": "text", "text": w} for w in words]} for words in components]
    template = {"name": name, "language": {"code": language}, "components": made}
    status, found, _ = await refusal(lab, {"type": "template", "template": template})
    assert found == code
    assert status == (404 if code == 132001 else 400)


async def test_a_url_button_needs_its_suffix(lab: Lab) -> None:
    components: list[Json] = [
        {"type": "header", "parameters": [{"type": "text", "text": "M-1"}]},
        {"type": "body", "parameters": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    ]
    template = {"name": "order_shipped", "language": {"code": "en_US"}, "components": components}
    assert (await refusal(lab, {"type": "template", "template": template}))[1] == 131008
    suffix = {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "M-1"}]}
    components.append(suffix)
    wamid = (await lab.send({"type": "template", "template": template})).json()["messages"][0]["id"]
    rendered = (await lab.control("GET", f"messages/{wamid}"))["content"]["rendered"]
    assert rendered["header"] == "Order M-1 is on its way"
    assert rendered["buttons"][0]["url"] == "https://minato-coffee.example/orders/M-1"


async def test_authentication_templates_go_to_phones_only(lab: Lab) -> None:
    await lab.write("priya")
    await lab.quiet()
    user_id = lab.product.messages[0]["from_user_id"]
    components = [
        {"type": "body", "parameters": [{"type": "text", "text": "123456"}]},
        {"type": "button", "sub_type": "url", "index": 0, "parameters": [{"type": "text", "text": "123456"}]},
    ]
    body = {
        "type": "template",
        "template": {"name": "login_code", "language": {"code": "en_US"}, "components": components},
    }
    assert (await refusal(lab, {**body, "recipient": user_id}, to=None))[1] == 131062
    assert (await lab.send(body)).status_code == 200


async def test_a_template_message_of_an_image_as_a_sticker(lab: Lab) -> None:
    stored = (await lab.client.post("/_sim/media", content=b"x" * 10, headers={"Content-Type": "image/gif"})).json()
    assert (await refusal(lab, {"type": "image", "image": {"id": stored["media_id"]}}))[1] == 131053
    big = (await lab.client.post("/_sim/media", content=b"x" * 600_000, headers={"Content-Type": "image/webp"})).json()
    assert (await refusal(lab, {"type": "sticker", "sticker": {"id": big["media_id"]}}))[1] == 131053


async def test_throughput_and_pair_limits_heal_with_time(lab: Lab) -> None:
    await lab.control("PATCH", f"numbers/{NUMBER}", {"throughput": 5, "pair_limit": False})
    answers = [(await lab.send(OK)).status_code for _ in range(8)]
    assert answers[:5] == [200] * 5
    assert answers[-1] == 429
    await lab.hours(0.01)
    assert (await lab.send(OK)).status_code == 200
    await lab.control("PATCH", f"numbers/{NUMBER}", {"throughput": 0, "pair_limit": True})
    codes = [(await lab.send(OK)).status_code for _ in range(46)]
    assert codes == [200] * 45 + [400]
    await lab.hours(0.1)
    assert (await lab.send(OK)).status_code == 200


async def test_blocked_users(lab: Lab) -> None:
    await lab.write()
    await lab.graph(
        "POST", f"{NUMBER}/block_users", {"messaging_product": "whatsapp", "block_users": [{"user": HANAKO}]}
    )
    assert (await refusal(lab, OK))[1] == 130403
    await lab.control("POST", "customers/hanako/messages", {"type": "text", "text": "hello?"}, expect=409)
    await lab.graph(
        "DELETE", f"{NUMBER}/block_users", {"messaging_product": "whatsapp", "block_users": [{"user": HANAKO}]}
    )
    assert (await lab.send(OK)).status_code == 200
