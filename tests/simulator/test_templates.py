"""Templates under Meta's rules: every part, the verdicts, pauses, holds, the library."""

import pytest

from madoguchi.simulator import samples
from tests.simulator.lab import HANAKO, WABA, Json, Lab
from tests.simulator.test_account import fields, upload

BODY: Json = {"type": "BODY", "text": "Hello {{1}}, welcome to our shop.", "example": {"body_text": [["Ken"]]}}
PLAIN: Json = {"type": "BODY", "text": "Our new beans are here."}


def buttons(*given: Json) -> Json:
    return {"type": "BUTTONS", "buttons": list(given)}


URL = {"type": "URL", "text": "Shop", "url": "https://minato-coffee.example/{{1}}", "example": ["autumn"]}
COPY = {"type": "COPY_CODE", "example": "AUTUMN25"}
OTP = {"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}
OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Autumn beans", "has_expiration": True}}


async def create(lab: Lab, components: list[Json], category: str = "MARKETING", **more: object) -> Json:
    wish = {"name": "made_here", "language": "en_US", "category": category, "components": components, **more}
    found: Json = (await lab.graph("POST", f"{WABA}/message_templates", wish)).json()
    return found


def card(text: str = "Light roast", *, handle: str = "") -> Json:
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}}
    body = {"type": "BODY", "text": text}
    return {"components": [header, body, buttons({"type": "QUICK_REPLY", "text": "More"})]}


@pytest.mark.parametrize(
    ("category", "components"),
    [
        ("MARKETING", [PLAIN, {"type": "HOROSCOPE"}]),
        ("MARKETING", [PLAIN, buttons({"type": "MAGIC", "text": "x"})]),
        ("MARKETING", [PLAIN, buttons({"type": "QUICK_REPLY", "text": "x" * 26})]),
        (
            "MARKETING",
            [PLAIN, buttons({"type": "QUICK_REPLY", "text": "a"}, URL, {"type": "QUICK_REPLY", "text": "b"})],
        ),
        ("MARKETING", [PLAIN, buttons(URL, URL, URL)]),
        ("MARKETING", [PLAIN, buttons({**URL, "url": "https://a.example/{{1}}/x"})]),
        ("MARKETING", [PLAIN, buttons({**URL, "url": "a.example"})]),
        ("MARKETING", [PLAIN, buttons({"type": "PHONE_NUMBER", "text": "Call", "phone_number": "shop"})]),
        ("MARKETING", [PLAIN, buttons({**COPY, "example": "A" * 21})]),
        ("MARKETING", [PLAIN, buttons({"type": "FLOW", "text": "Go", "flow_id": "999"})]),
        ("MARKETING", [{"type": "HEADER", "format": "IMAGE"}, PLAIN]),
        ("MARKETING", [{"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::no"]}}, PLAIN]),
        ("MARKETING", [{"type": "HEADER", "format": "TEXT", "text": "x" * 61}, PLAIN]),
        ("MARKETING", [PLAIN, OFFER]),
        ("UTILITY", [PLAIN, OFFER, buttons(URL)]),
        ("MARKETING", [PLAIN, OFFER, buttons(URL, COPY)]),
        ("MARKETING", [{**PLAIN, "text": "x" * 601}, OFFER, buttons(URL)]),
        ("MARKETING", [PLAIN, {"type": "CAROUSEL", "cards": [{"components": []}]}]),
        ("AUTHENTICATION", [{"type": "BODY"}]),
        ("AUTHENTICATION", [{"type": "BODY", "text": "mine"}, buttons(OTP)]),
        ("AUTHENTICATION", [{"type": "BODY"}, {"type": "FOOTER", "code_expiration_minutes": 91}, buttons(OTP)]),
        ("AUTHENTICATION", [{"type": "BODY"}, buttons({**OTP, "otp_type": "ONE_TAP"})]),
        ("UTILITY", [{**BODY, "text": "Hello {{1}} {{2}}, yes."}]),
        ("UTILITY", [{**BODY, "text": "Hello {{2}}, welcome to us."}]),
        ("UTILITY", [{**BODY, "text": "Hello {{1}, welcome to us."}]),
    ],
)
async def test_templates_meta_would_refuse(lab: Lab, category: str, components: list[Json]) -> None:
    error = (await create(lab, components, category))["error"]
    assert error["code"] == 100
    assert error["error_user_msg"]


async def test_what_may_be_made_may_be_sent(lab: Lab) -> None:
    """A limited-time offer with picture, coupon and address, from its making to the customer's screen."""
    data, mime, _ = samples.make("image")
    handle = await upload(lab, data, mime)
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}}
    made = await create(lab, [header, BODY, OFFER, buttons(COPY, URL)])
    await lab.quiet()
    shown = (await lab.graph("GET", made["id"])).json()
    assert (await lab.client.get(shown["components"][0]["example"]["header_handle"][0])).content == data
    until = int((lab.sim.clock.now() + 3600) * 1000)
    offer: Json = {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": until}}
    components: list[Json] = [
        {"type": "header", "parameters": [{"type": "image", "image": {"link": shown_link(lab, shown)}}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Hanako"}]},
        {"type": "limited_time_offer", "parameters": [offer]},
        {"type": "button", "sub_type": "copy_code", "index": 0,
         "parameters": [{"type": "coupon_code", "coupon_code": "AUTUMN25"}]},
        {"type": "button", "sub_type": "url", "index": 1, "parameters": [{"type": "text", "text": "beans"}]},
    ]  # fmt: skip
    template = {"name": "made_here", "language": {"code": "en_US"}, "components": components}
    sent = (await lab.send({"type": "template", "template": template})).json()
    await lab.until(lambda: lab.product.story(sent["messages"][0]["id"]) == ["sent", "delivered"])
    message = await lab.control("GET", f"messages/{sent['messages'][0]['id']}")
    rendered = message["content"]["rendered"]
    assert rendered["offer"] == {"text": "Autumn beans", "expires_ms": until}
    assert [b.get("code") or b.get("url") for b in rendered["buttons"]] == [
        "AUTUMN25",
        "https://minato-coffee.example/beans",
    ]
    assert message["status"] == "delivered"
    assert message["media"]["mime"] == "image/png"
    offer["limited_time_offer"]["expiration_time_ms"] = 1
    late = (await lab.send({"type": "template", "template": template})).json()
    assert late["error"]["code"] == 132018


async def settled(lab: Lab, wamid: str, story: list[str]) -> None:
    await lab.until(lambda: lab.product.story(wamid) == story)


def shown_link(_lab: Lab, shown: Json) -> str:
    link: str = shown["components"][0]["example"]["header_handle"][0]
    return link


async def test_a_carousel_needs_the_same_cards_when_sent(lab: Lab) -> None:
    handle = await upload(lab, samples.make("image")[0], "image/png")
    cards = [card(handle=handle), card("Dark roast", handle=handle)]
    made = await create(lab, [PLAIN, {"type": "CAROUSEL", "cards": cards}])
    await lab.quiet()
    address = (await lab.graph("GET", made["id"])).json()["components"][1]["cards"][0]["components"][0]["example"]
    image = {"type": "image", "image": {"link": address["header_handle"][0]}}
    parts: list[Json] = [{"type": "header", "parameters": [image]}]
    parts.append({"type": "button", "sub_type": "quick_reply", "index": 0,
                  "parameters": [{"type": "payload", "payload": "more"}]})  # fmt: skip
    whole = [{"card_index": index, "components": parts} for index in range(2)]
    template = {"name": "made_here", "language": {"code": "en_US"}}
    short = {**template, "components": [{"type": "carousel", "cards": whole[:1]}]}
    assert (await lab.send({"type": "template", "template": short})).json()["error"]["code"] == 132012
    right = {**template, "components": [{"type": "carousel", "cards": whole}]}
    sent = (await lab.send({"type": "template", "template": right})).json()
    await lab.until(lambda: lab.product.story(sent["messages"][0]["id"]) == ["sent", "delivered"])
    message = await lab.control("GET", f"messages/{sent['messages'][0]['id']}")
    assert [c["body"] for c in message["content"]["rendered"]["cards"]] == ["Light roast", "Dark roast"]
    assert [c["mime"] for c in message["cards"]] == ["image/png", "image/png"]
    uneven = [card(handle=handle), {"components": [*card(handle=handle)["components"][:2], buttons(URL)]}]
    error = (await create(lab, [PLAIN, {"type": "CAROUSEL", "cards": uneven}], name="uneven"))["error"]
    assert "same parts" in error["error_user_msg"]


async def test_an_advertisement_is_no_utility(lab: Lab) -> None:
    made = await create(lab, [{"type": "BODY", "text": "Take 10% off your next bag."}], "UTILITY")
    assert made["category"] == "MARKETING"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("reject_it", "TAG_CONTENT_MISMATCH"), ("reject_scam", "SCAM"), ("reject_invalid_format", "INVALID_FORMAT")],
)
async def test_rejections_and_their_reasons(lab: Lab, name: str, reason: str) -> None:
    await lab.settings(rules={"template_review_seconds": 0})
    await create(lab, [PLAIN], name=name)
    await lab.quiet()
    [value] = lab.product.values
    assert (value["event"], value["reason"]) == ("REJECTED", reason)
    assert ("rejection_info" in value) is (reason == "INVALID_FORMAT")


async def test_the_third_pause_is_the_last(lab: Lab) -> None:
    template = next(t for t in (await lab.control("GET", "templates"))["data"] if t["name"] == "welcome_back")
    path = f"templates/{template['id']}"
    for hours, title in ((3, "FIRST_PAUSE"), (6, "SECOND_PAUSE")):
        await lab.control("PATCH", path, {"pause": True})
        assert (await lab.graph("GET", template["id"])).json()["status"] == "PAUSED"
        await lab.hours(hours)
        await lab.quiet()
        assert [v["event"] for v in lab.product.values] == ["PAUSED", "APPROVED"]
        assert lab.product.values[0]["other_info"]["title"] == title
        lab.product.hooks.clear()
    await lab.control("PATCH", path, {"pause": True})
    await lab.quiet()
    assert lab.product.values[0]["event"] == "DISABLED"
    assert "disable_date" in lab.product.values[0]["disable_info"]
    gone = await lab.graph("DELETE", f"{WABA}/message_templates?name=welcome_back&hsm_id={template['id']}")
    assert gone.json()["error"]["error_subcode"] == 2388094


async def test_held_messages_are_let_go_or_dropped(lab: Lab) -> None:
    template = next(
        t for t in (await lab.control("GET", "templates"))["data"]
        if (t["name"], t["language"]) == ("welcome_back", "en_US")
    )  # fmt: skip
    body = [{"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Hanako"}]}]
    wish = {"name": "welcome_back", "language": {"code": "en_US"}, "components": body}
    for end, story in ((False, ["sent", "delivered"]), ("dropped", ["failed"])):
        await lab.control("PATCH", f"templates/{template['id']}", {"held": True})
        sent = (await lab.send({"type": "template", "template": wish})).json()["messages"][0]
        assert sent["message_status"] == "held_for_quality_assessment"
        await lab.quiet()
        assert lab.product.story(sent["id"]) == []
        await lab.control("PATCH", f"templates/{template['id']}", {"held": end})
        await settled(lab, sent["id"], story)
    failed = next(s for s in lab.product.statuses if s["status"] == "failed")
    assert failed["errors"][0]["code"] == 132015
    assert (await lab.graph("GET", template["id"])).json()["status"] == "PAUSED"


async def test_categories_change_with_a_warning(lab: Lab) -> None:
    template = next(t for t in (await lab.control("GET", "templates"))["data"] if t["name"] == "order_shipped")
    await lab.control("PATCH", f"templates/{template['id']}", {"category": "marketing", "announce": True})
    await lab.until(lambda: fields(lab) == ["template_category_update"])
    assert lab.product.values[0]["correct_category"] == "MARKETING"
    await lab.hours(24)
    await lab.quiet()
    assert lab.product.values[1]["previous_category"] == "UTILITY"
    found = (await lab.graph("GET", f"{template['id']}?fields=category,previous_category")).json()
    assert (found["category"], found["previous_category"]) == ("MARKETING", "UTILITY")


async def test_an_edit_tells_the_new_words(lab: Lab) -> None:
    made = await create(lab, [PLAIN], "UTILITY")
    await lab.quiet()
    await lab.graph("POST", made["id"], {"components": [{**PLAIN, "text": "Fresh beans again."}]})
    await lab.quiet()
    assert fields(lab)[-1] == "message_template_components_update"
    assert lab.product.values[-1]["message_template_element"] == "Fresh beans again."


async def test_a_deleted_name_rests(lab: Lab) -> None:
    made = await create(lab, [PLAIN], "UTILITY")
    await lab.quiet()
    gone = await lab.graph("DELETE", f"{WABA}/message_templates?name=made_here&hsm_id={made['id']}")
    assert gone.json() == {"success": True}
    assert (await create(lab, [PLAIN], "UTILITY"))["error"]["error_subcode"] == 2388023
    await lab.hours(30 * 24)
    assert "id" in await create(lab, [PLAIN], "UTILITY")


async def test_library_previews_and_languages_at_once(lab: Lab) -> None:
    found = (await lab.graph("GET", "message_template_library?language=ja&search=delivery")).json()["data"]
    assert [entry["name"] for entry in found] == ["delivery_update_1"]
    inputs = [{"type": "URL", "url": {"base_url": "https://minato-coffee.example/{{1}}", "url_suffix_example": "1"}}]
    wish = {"library_template_name": "delivery_update_1", "library_template_button_inputs": inputs}
    made = await create(lab, [], "UTILITY", **wish)
    assert made["status"] == "APPROVED"
    previews = await lab.graph("GET", f"{WABA}/message_template_previews?category=AUTHENTICATION&languages=ja")
    assert "認証コード" in previews.json()["data"][0]["body"]
    body = {"name": "code", "languages": ["en_US", "ja"], "category": "AUTHENTICATION",
            "components": [{"type": "BODY"}, buttons(OTP)]}  # fmt: skip
    upserted = (await lab.graph("POST", f"{WABA}/upsert_message_templates", body)).json()["data"]
    assert [entry["language"] for entry in upserted] == ["en_US", "ja"]


async def test_archived_templates_cannot_be_sent(lab: Lab) -> None:
    template = next(t for t in (await lab.control("GET", "templates"))["data"] if t["name"] == "booking_reminder")
    path = f"{WABA}/message_templates"
    done = (await lab.graph("POST", f"{path}/archive", {"hsm_ids": f"{template['id']},7"})).json()
    assert (done["archived_templates"], list(done["failed_templates"])) == ([template["id"]], ["7"])
    wish = {"name": template["name"], "language": {"code": template["language"]}, "components": []}
    refused = await lab.send({"type": "template", "template": wish}, to=HANAKO)
    assert refused.json()["error"]["code"] == 132001
    done = (await lab.graph("POST", f"{path}/unarchive", {"hsm_ids": template["id"]})).json()
    assert done["unarchived_templates"] == [template["id"]]
