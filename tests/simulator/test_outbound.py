"""What becomes of messages the business sends."""

import pytest

from tests.simulator.lab import HANAKO, Lab


async def test_a_text_is_sent_delivered_and_read_when_the_chat_is_opened(lab: Lab) -> None:
    await lab.write()
    wamid = await lab.send_text(biz_opaque_callback_data="row-7")
    await lab.quiet()
    assert lab.product.story(wamid) == ["sent", "delivered"]
    await lab.control("POST", "customers/hanako/read", {})
    await lab.quiet()
    assert lab.product.story(wamid) == ["sent", "delivered", "read"]
    assert {s["biz_opaque_callback_data"] for s in lab.product.statuses} == {"row-7"}


async def test_read_receipts_off_say_nothing(lab: Lab) -> None:
    await lab.control("PATCH", "customers/hanako", {"read_receipts": False})
    await lab.write()
    wamid = await lab.send_text()
    await lab.quiet()
    await lab.control("POST", "customers/hanako/read", {})
    await lab.quiet()
    assert lab.product.story(wamid) == ["sent", "delivered"]


async def test_an_offline_phone_gets_its_messages_when_it_comes_back(lab: Lab) -> None:
    await lab.write()
    await lab.control("PATCH", "customers/hanako", {"online": False})
    wamid = await lab.send_text()
    await lab.quiet()
    assert lab.product.story(wamid) == ["sent"]
    await lab.control("PATCH", "customers/hanako", {"online": True})
    await lab.quiet()
    assert lab.product.story(wamid) == ["sent", "delivered"]


async def test_an_open_chat_reads_at_once(lab: Lab) -> None:
    await lab.write()
    await lab.control("PATCH", "customers/hanako", {"open_chat": "100000000000001"})
    wamid = await lab.send_text()
    await lab.quiet()
    assert lab.product.story(wamid) == ["sent", "delivered", "read"]


async def test_after_thirty_days_offline_the_message_is_dropped_in_silence(lab: Lab) -> None:
    await lab.write()
    await lab.control("PATCH", "customers/hanako", {"online": False})
    wamid = await lab.send_text()
    await lab.quiet()
    await lab.hours(31 * 24)
    await lab.control("PATCH", "customers/hanako", {"online": True})
    await lab.quiet()
    assert lab.product.story(wamid) == ["sent"]


async def test_outside_the_window_free_text_fails_and_a_template_arrives(lab: Lab) -> None:
    await lab.write()
    await lab.hours(24.1)
    wamid = await lab.send_text()
    await lab.quiet()
    [status] = [s for s in lab.product.statuses if s["id"] == wamid]
    assert status["status"] == "failed"
    assert status["errors"][0]["code"] == 131047
    assert status["recipient_id"] == HANAKO
    assert "recipient_user_id" not in status
    assert "contacts" not in next(v for v in lab.product.values if v.get("statuses"))

    template = {"name": "booking_reminder", "language": {"code": "ja"}, "components": [_body("花子", "1日", "14時")]}
    answer = (await lab.send({"type": "template", "template": template})).json()
    await lab.quiet()
    assert lab.product.story(answer["messages"][0]["id"]) == ["sent", "delivered"]
    shown = (await lab.control("GET", "customers/hanako/messages"))["data"][-1]
    assert shown["content"]["rendered"]["body"].startswith("こんにちは、花子様。")


async def test_the_window_error_can_come_at_once(lab: Lab) -> None:
    await lab.settings(rules={"window_error": "sync"})
    answer = await lab.send({"type": "text", "text": {"body": "hi"}})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 131047


@pytest.mark.parametrize(
    ("customer", "code"),
    [
        ({"on_whatsapp": False}, 131026),
        ({"blocked": True}, 131026),
        ({"marketing_stopped": True}, 131050),
        ({"marketing_capped": True}, 131049),
        ({"in_experiment": True}, 130472),
        ({"country": "US"}, 131049),
    ],
)
async def test_customers_who_cannot_be_reached_by_marketing(lab: Lab, customer: dict[str, object], code: int) -> None:
    await lab.control("PATCH", "customers/john", customer)
    template = {
        "name": "welcome_back",
        "language": {"code": "en_US"},
        "components": [{"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "J"}]}],
    }
    answer = await lab.send({"type": "template", "template": template}, to="+447700900003")
    assert answer.json()["messages"][0]["message_status"] == "accepted"
    await lab.quiet()
    assert [s["errors"][0]["code"] for s in lab.product.statuses] == [code]


async def test_the_switch_for_marketing_is_told_by_webhook(lab: Lab) -> None:
    await lab.write("john")
    for stops in (True, True, False):
        await lab.control("PATCH", "customers/john", {"marketing_stopped": stops})
    await lab.quiet()
    told = [each for value in lab.product.values for each in value.get("user_preferences", [])]
    assert [(each["wa_id"], each["category"], each["value"]) for each in told] == [
        ("447700900003", "marketing_messages", "stop"),
        ("447700900003", "marketing_messages", "resume"),
    ]
    value = next(value for value in lab.product.values if "user_preferences" in value)
    assert value["metadata"]["phone_number_id"] == "100000000000001"
    assert value["contacts"][0]["user_id"] == told[0]["user_id"]


async def test_without_payment_templates_fail(lab: Lab) -> None:
    await lab.control("PATCH", "numbers/100000000000001", {"payment_ok": False})
    template = {"name": "booking_reminder", "language": {"code": "ja"}, "components": [_body("a", "b", "c")]}
    await lab.send({"type": "template", "template": template})
    await lab.quiet()
    assert lab.product.statuses[0]["errors"][0]["code"] == 131042


async def test_media_by_a_dead_link_fails_later(lab: Lab) -> None:
    await lab.write()
    answer = await lab.send({"type": "image", "image": {"link": "http://127.0.0.1:9/none.png"}})
    assert answer.status_code == 200
    await lab.until(lambda: lab.product.statuses)
    assert lab.product.statuses[0]["errors"][0]["code"] == 131053


async def test_a_reaction_is_only_sent_and_shows_on_its_message(lab: Lab) -> None:
    wamid = (await lab.write())["id"]
    body = {"type": "reaction", "reaction": {"message_id": wamid, "emoji": "👍"}}
    answer = (await lab.send(body)).json()
    await lab.quiet()
    assert lab.product.story(answer["messages"][0]["id"]) == ["sent"]
    shown = await lab.control("GET", f"messages/{wamid}")
    assert shown["reactions"] == {"business": "👍"}


async def test_a_reaction_to_nothing_fails_later(lab: Lab) -> None:
    await lab.write()
    await lab.send({"type": "reaction", "reaction": {"message_id": "wamid.none", "emoji": "👍"}})
    await lab.quiet()
    assert lab.product.statuses[0]["errors"][0]["code"] == 131009


async def test_a_voice_message_is_played(lab: Lab) -> None:
    await lab.write()
    stored = await lab.client.post("/_sim/media", content=b"OggS", headers={"Content-Type": "audio/ogg"})
    answer = await lab.send({"type": "audio", "audio": {"id": stored.json()["media_id"], "voice": True}})
    wamid = answer.json()["messages"][0]["id"]
    await lab.quiet()
    await lab.control("POST", "customers/hanako/read", {})
    await lab.control("POST", "customers/hanako/play", {"message_id": wamid})
    await lab.quiet()
    assert lab.product.story(wamid) == ["sent", "delivered", "read", "played"]


async def test_prices_change_on_the_first_of_october(lab: Lab) -> None:
    template = {"name": "booking_reminder", "language": {"code": "ja"}, "components": [_body("a", "b", "c")]}
    for now, kind in (("2026-09-15T00:00:00Z", "free_customer_service"), ("2026-10-15T00:00:00Z", "regular")):
        await lab.control("POST", "clock", {"now": now})
        await lab.write()
        lab.product.hooks.clear()
        await lab.send({"type": "template", "template": template})
        await lab.quiet()
        pricing = lab.product.statuses[0]["pricing"]
        assert (pricing["type"], pricing["category"]) == (kind, "utility")


async def test_service_messages_cost_after_the_monthly_allowance(lab: Lab) -> None:
    await lab.control("POST", "clock", {"now": "2026-11-15T00:00:00Z"})
    await lab.control("PATCH", "numbers/100000000000001", {"service_messages": {"2026-11": 999}})
    await lab.write()
    kinds = []
    for _ in range(2):
        wamid = await lab.send_text()
        await lab.quiet()
        kinds.append(next(s["pricing"]["type"] for s in lab.product.statuses if s["id"] == wamid))
    assert kinds == ["free_customer_service", "regular"]


async def test_an_advertisement_opens_three_free_days_and_only_then_a_conversation_is_told(lab: Lab) -> None:
    await lab.write()
    await lab.send_text("before")
    await lab.quiet()
    assert all("conversation" not in s for s in lab.product.statuses)
    await lab.write(referral=True)
    await lab.quiet()
    assert lab.product.messages[-1]["referral"]["source_type"] == "ad"
    lab.product.hooks.clear()
    await lab.send_text("after")
    await lab.quiet()
    sent = lab.product.statuses[0]
    assert sent["conversation"]["origin"] == {"type": "referral_conversion"}
    assert "expiration_timestamp" in sent["conversation"]
    assert sent["pricing"]["type"] == "free_entry_point"


async def test_a_hidden_phone_stays_hidden(lab: Lab) -> None:
    await lab.write("priya")
    await lab.quiet()
    [message] = lab.product.messages
    [contact] = lab.product.values[0]["contacts"]
    assert "from" not in message
    assert "wa_id" not in contact
    assert contact["profile"]["username"] == "priya.n"
    answer = (
        await lab.send({"recipient": message["from_user_id"], "type": "text", "text": {"body": "hi"}}, to=None)
    ).json()
    assert answer["contacts"] == [{"input": message["from_user_id"], "user_id": message["from_user_id"]}]
    await lab.quiet()
    assert all("recipient_id" not in s for s in lab.product.statuses)
    assert lab.product.statuses[0]["recipient_user_id"] == message["from_user_id"]


async def test_every_accepted_send_is_listed(lab: Lab) -> None:
    await lab.write()
    ids = [await lab.send_text(f"n {n}", biz_opaque_callback_data=str(n)) for n in range(20)]
    lines = (await lab.client.get("/_sim/sent")).text.splitlines()
    assert len(lines) == 20
    assert all(wamid in line for wamid, line in zip(ids, lines, strict=True))


def _body(*words: str) -> dict[str, object]:
    return {"type": "body", "parameters": [{"type": "text", "text": word} for word in words]}
