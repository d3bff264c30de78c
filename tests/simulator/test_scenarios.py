"""Every scenario starts at one call, can be restored, and tells the product what its title says."""

import pytest

from madoguchi.simulator.scenarios import LIBRARY
from tests.simulator.lab import NUMBER, Json, Lab
from tests.simulator.test_account import fields


async def start(lab: Lab, name: str, **wish: str) -> Json:
    return await lab.control("POST", f"scenarios/{name}", {"customer": "hanako", **wish})


async def restore(lab: Lab, name: str) -> Json:
    return await lab.control("DELETE", f"scenarios/{name}")


async def template(lab: Lab) -> str:
    body = [{"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Hanako"}]}]
    wish = {"name": "welcome_back", "language": {"code": "en_US"}, "components": body}
    sent = await lab.send({"type": "template", "template": wish})
    assert sent.status_code == 200, sent.text
    wamid: str = sent.json()["messages"][0]["id"]
    return wamid


async def refused(lab: Lab) -> int:
    answer = await lab.send({"type": "text", "text": {"body": "hi"}})
    error = answer.json().get("error", {"code": 0})
    code: int = error["code"]
    return code


@pytest.mark.parametrize("name", [name for name in LIBRARY if name != "huge_batch"])
async def test_each_starts_and_restores(lab: Lab, name: str) -> None:
    await lab.write()
    began = await start(lab, name)
    assert began["title"]["en"]
    assert began["explanation"]["ja"]
    listed = {s["name"]: s["running"] for s in (await lab.control("GET", "scenarios"))["data"]}
    assert listed[name] is began["running"]
    if began["running"]:
        assert (await restore(lab, name))["running"] is False
    await lab.control("DELETE", f"scenarios/{name}", expect=409)
    await lab.until(lambda: not lab.sim.dispatcher.counts()["waiting"])
    assert await refused(lab) == 0
    assert lab.sim.world.numbers[NUMBER].throughput == 80
    assert list(lab.sim.faults) == []


async def test_unknown_scenarios_and_customers(lab: Lab) -> None:
    await lab.control("POST", "scenarios/horoscope", expect=404)
    await lab.control("POST", "scenarios/payment_failure", {"customer": "nobody"}, expect=404)


async def test_a_campaign_is_paused_and_its_messages_dropped(lab: Lab) -> None:
    await start(lab, "template_paused_mid_campaign")
    wamid = await template(lab)
    await lab.hours(0.02)
    await lab.until(lambda: lab.product.story(wamid) == ["failed"])
    assert "PAUSED" in [v.get("event") for v in lab.product.values]
    await restore(lab, "template_paused_mid_campaign")
    await lab.until(lambda: lab.product.values[-1].get("event") == "APPROVED")


async def test_held_templates_leave_after_a_minute(lab: Lab) -> None:
    await start(lab, "template_held_then_released")
    wamid = await template(lab)
    await lab.hours(0.02)
    await lab.until(lambda: lab.product.story(wamid) == ["sent", "delivered"])


async def test_the_window_closes_within_a_minute(lab: Lab) -> None:
    await start(lab, "window_closing")
    before = await lab.send_text()
    await lab.hours(0.02)
    after = await lab.send_text()
    await lab.until(lambda: lab.product.story(after) == ["failed"])
    assert lab.product.story(before)[0] == "sent"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("token_revoked", 190),
        ("throughput_upgrade", 131057),
        ("account_restricted", 368),
        ("number_deregistered", 133010),
    ],
)
async def test_what_sends_are_refused_with(lab: Lab, name: str, code: int) -> None:
    await start(lab, name)
    assert await refused(lab) == code
    await restore(lab, name)
    assert await refused(lab) == 0


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("payment_failure", []),
        ("quality_drop", ["business_capability_update", "phone_number_quality_update", "phone_number_quality_update"]),
        ("throughput_upgrade", ["phone_number_quality_update"]),
        ("account_restricted", ["account_update", "account_update"]),
        ("name_declined", ["phone_number_name_update"]),
        ("picture_lost", ["account_alerts"]),
        ("app_echo", ["smb_message_echoes"]),
        ("standby", ["standby"]),
        ("marketing_stopped", ["user_preferences"]),
        ("template_paused", ["message_template_quality_update", "message_template_status_update"]),
        ("message_edited", ["messages", "messages"]),
        ("message_deleted", ["messages", "messages"]),
    ],
)
async def test_what_the_product_is_told(lab: Lab, name: str, told: list[str]) -> None:
    await start(lab, name)
    if name.startswith("message_"):
        await lab.hours(0.001)
        await lab.quiet()
    await lab.until(lambda: len(fields(lab)) >= len(told))
    assert sorted(fields(lab)) == told


async def test_a_phone_number_that_disappears(lab: Lab) -> None:
    await lab.write()
    await start(lab, "phone_disappears")
    await lab.quiet()
    before, after = lab.product.messages
    assert before["from"] == "819011110001"
    assert "from" not in after
    assert after["from_user_id"] == before["from_user_id"]


async def test_an_outage_ends_in_a_flood(lab: Lab) -> None:
    await start(lab, "outage_then_flood")
    assert lab.product.hooks == []
    await lab.hours(1 / 6)
    await lab.until(lambda: len(lab.product.messages) == 60)


async def test_a_batch_of_three_megabytes(lab: Lab) -> None:
    await start(lab, "huge_batch")
    await lab.until(lambda: len(lab.product.messages) == 1000)
    sizes = [len(hook.body) for hook in lab.product.hooks]
    assert 1_500_000 < max(sizes) <= 3 * 1024 * 1024


async def test_announcements(lab: Lab) -> None:
    known = (await lab.control("GET", "announcements"))["data"]
    for name in known:
        await lab.control("POST", "announcements", {"name": name})
    await lab.quiet()
    assert sorted(fields(lab)) == sorted(known.values())
    await lab.control("POST", "announcements", {"name": "horoscope"}, expect=422)


async def test_edits_in_time_and_too_late(lab: Lab) -> None:
    sent = await lab.write(text="at seven")
    await lab.control(
        "POST", "customers/hanako/messages", {"type": "edit", "message_id": sent["id"], "text": "at eight"}
    )
    await lab.quiet()
    edit = lab.product.messages[-1]["edit"]
    assert edit["original_message_id"] == sent["id"]
    assert edit["message"]["text"] == {"body": "at eight"}
    late = {"type": "edit", "message_id": sent["id"], "text": "at nine"}
    await lab.hours(0.3)
    assert (await lab.control("POST", "customers/hanako/messages", late, expect=409))["reason"] == "too_late"
    await lab.control("POST", "customers/hanako/messages", {"type": "revoke", "message_id": sent["id"]})
    await lab.quiet()
    assert lab.product.messages[-1]["revoke"] == {"original_message_id": sent["id"]}


async def test_edits_where_meta_does_not_tell_them(lab: Lab) -> None:
    await lab.settings(rules={"edits": "coexistence"})
    sent = await lab.write(text="at seven")
    await lab.control(
        "POST", "customers/hanako/messages", {"type": "edit", "message_id": sent["id"], "text": "at eight"}
    )
    await lab.quiet()
    assert lab.product.messages[-1]["unsupported"] == {"type": "edit"}
    await lab.control("PATCH", f"numbers/{NUMBER}", {"on_biz_app": True})
    await lab.control(
        "POST", "customers/hanako/messages", {"type": "edit", "message_id": sent["id"], "text": "at nine"}
    )
    await lab.quiet()
    assert lab.product.messages[-1]["type"] == "edit"


async def test_echoes_of_the_phone_app(lab: Lab) -> None:
    await lab.write()
    sent = await lab.control("POST", "customers/hanako/echo", {"text": "From my phone"})
    await lab.control("POST", "customers/hanako/echo", {"message_id": sent["id"], "text": "From my new phone"})
    await lab.control("POST", "customers/hanako/echo", {"message_id": sent["id"], "revoke": True})
    await lab.quiet()
    echoes = [e for v in lab.product.values for e in v.get("message_echoes", [])]
    assert [e["type"] for e in echoes] == ["text", "edit", "revoke"]
    assert {e["to"] for e in echoes} == {"819011110001"}
    assert echoes[0]["from"] == "815012345678"
    shown = (await lab.control("GET", "customers/hanako/messages"))["data"]
    assert shown[-1]["content"]["deleted"] is True
