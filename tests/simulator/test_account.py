"""A number's account side: PIN and its lock, display name, profile picture, block list, health."""

import pytest

from madoguchi.simulator import samples
from tests.simulator.lab import APP, HANAKO, NUMBER, TOKEN, WABA, Json, Lab

PIN = {"messaging_product": "whatsapp", "pin": "123456"}
WRONG = {"messaging_product": "whatsapp", "pin": "000000"}


async def code(lab: Lab, path: str, body: Json) -> int:
    """The error of a refused POST."""
    found: int = (await lab.graph("POST", f"{NUMBER}/{path}", body)).json()["error"]["code"]
    return found


def fields(lab: Lab) -> list[str]:
    return [c["field"] for hook in lab.product.hooks for entry in hook.json["entry"] for c in entry["changes"]]


async def upload(lab: Lab, data: bytes, mime: str) -> str:
    begun = await lab.graph("POST", f"{APP}/uploads?file_name=a&file_length={len(data)}&file_type={mime}")
    headers = {"Authorization": f"OAuth {TOKEN}", "file_offset": "0"}
    sent = await lab.client.post(f"/graph/v26.0/{begun.json()['id']}", content=data, headers=headers)
    handle: str = sent.json()["h"]
    return handle


async def test_wrong_pins_lock_the_number_for_half_a_day(lab: Lab) -> None:
    for _ in range(3):
        assert await code(lab, "register", WRONG) == 133005
    assert await code(lab, "register", PIN) == 133009
    for _ in range(2):
        await lab.hours(1 / 30)
        assert await code(lab, "register", WRONG) == 133005
    refused = (await lab.graph("POST", f"{NUMBER}/register", PIN)).json()["error"]
    assert refused["code"] == 133008
    assert "12.0 hours" in refused["error_data"]["details"]
    await lab.hours(12)
    assert (await lab.graph("POST", f"{NUMBER}/register", PIN)).json() == {"success": True}


async def test_a_changed_pin_is_told(lab: Lab) -> None:
    assert await code(lab, "", {"pin": "12"}) == 131009
    assert (await lab.graph("POST", NUMBER, {"pin": "654321"})).json() == {"success": True}
    await lab.quiet()
    assert fields(lab) == ["security"]
    assert lab.product.values[0]["event"] == "PIN_CHANGED"
    assert await code(lab, "register", PIN) == 133005


async def test_a_display_name_is_reviewed_and_shown_after_registering(lab: Lab) -> None:
    await lab.settings(rules={"name_review_seconds": 3600})
    await lab.graph("POST", NUMBER, {"new_display_name": "Minato Roastery"})
    asked = f"{NUMBER}?fields=verified_name,new_name_status,name_status"
    assert (await lab.graph("GET", asked)).json()["new_name_status"] == "PENDING_REVIEW"
    await lab.hours(1)
    await lab.quiet()
    [value] = lab.product.values
    assert (value["decision"], value["requested_verified_name"]) == ("APPROVED", "Minato Roastery")
    assert "Minato Coffee" in (await lab.graph("GET", asked)).json()["verified_name"]
    await lab.graph("POST", f"{NUMBER}/register", PIN)
    assert (await lab.graph("GET", asked)).json()["verified_name"] == "Minato Roastery"


async def test_a_profile_picture_comes_from_an_upload(lab: Lab) -> None:
    path = f"{NUMBER}/whatsapp_business_profile"
    whole = {"messaging_product": "whatsapp"}
    assert await code(lab, "whatsapp_business_profile", {**whole, "profile_picture_handle": "4::made-up"}) == 100
    sound = await upload(lab, b"%PDF-1.4", "application/pdf")
    assert await code(lab, "whatsapp_business_profile", {**whole, "profile_picture_handle": sound}) == 100
    data, mime, _ = samples.make("image")
    handle = await upload(lab, data, mime)
    assert (await lab.graph("POST", path, {**whole, "profile_picture_handle": handle})).json() == {"success": True}
    [profile] = (await lab.graph("GET", f"{path}?fields=profile_picture_url")).json()["data"]
    assert (await lab.client.get(profile["profile_picture_url"])).content == data


@pytest.mark.parametrize(
    "wrong",
    [
        {"about": ""},
        {"about": "x" * 140},
        {"address": "x" * 257},
        {"description": "x" * 513},
        {"email": "nobody"},
        {"email": "x" * 117 + "@example.com"},
        {"websites": ["https://a.example"] * 3},
        {"websites": ["ftp://a.example"]},
        {"websites": ["https://" + "a" * 249]},
        {"vertical": "WIZARDS"},
        {"about": 7},
    ],
)
async def test_a_profile_that_does_not_fit_names_the_field(lab: Lab, wrong: Json) -> None:
    body = {"messaging_product": "whatsapp", **wrong}
    error = (await lab.graph("POST", f"{NUMBER}/whatsapp_business_profile", body)).json()["error"]
    assert error["code"] == 100
    assert next(iter(wrong)) in error["error_data"]["details"]


async def test_only_who_wrote_within_a_day_can_be_blocked(lab: Lab) -> None:
    body: Json = {"messaging_product": "whatsapp", "block_users": [{"user": f"+{HANAKO}"}, {"user": "447700900003"}]}
    await lab.write("john", text="Hello")
    answer = await lab.graph("POST", f"{NUMBER}/block_users", body)
    assert answer.status_code == 400
    found = answer.json()
    assert found["error"]["code"] == 139100
    assert found["block_users"]["added_users"] == [{"input": "447700900003", "wa_id": "447700900003"}]
    [failed] = found["block_users"]["failed_users"]
    assert (failed["wa_id"], failed["errors"][0]["code"]) == (HANAKO, 131047)
    listed = (await lab.graph("GET", f"{NUMBER}/block_users")).json()
    assert listed["data"] == [{"messaging_product": "whatsapp", "wa_id": "447700900003"}]


async def test_blocked_customers_are_not_heard_and_not_reached(lab: Lab) -> None:
    await lab.write()
    await lab.quiet()
    heard = len(lab.product.messages)
    user_id = lab.product.messages[0]["from_user_id"]
    body: Json = {"messaging_product": "whatsapp", "block_users": [{"user_id": user_id}]}
    assert (await lab.graph("POST", f"{NUMBER}/block_users", body)).status_code == 200
    refused = await lab.control("POST", "customers/hanako/messages", {"type": "text", "text": "Hello?"}, expect=409)
    assert refused["reason"] == "blocked_by_business"
    sent = await lab.send({"type": "text", "text": {"body": "hi"}})
    assert sent.json()["error"]["code"] == 130403
    undone = await lab.graph("DELETE", f"{NUMBER}/block_users", body)
    assert undone.json()["block_users"]["removed_users"] == [{"input": user_id, "user_id": user_id}]
    await lab.write()
    await lab.quiet()
    assert len(lab.product.messages) == heard + 1


@pytest.mark.parametrize(
    ("change", "state", "status"),
    [
        ({"payment_ok": False}, "LIMITED", "CONNECTED"),
        ({"locked": True}, "BLOCKED", "BANNED"),
        ({"registered": False}, "BLOCKED", "DISCONNECTED"),
        ({"restricted": 130497}, "BLOCKED", "RESTRICTED"),
        ({"quality": "RED"}, "AVAILABLE", "FLAGGED"),
        ({"name_status": "DECLINED"}, "LIMITED", "CONNECTED"),
        ({"verified": False}, "LIMITED", "CONNECTED"),
    ],
)
async def test_health_says_what_to_repair(lab: Lab, change: Json, state: str, status: str) -> None:
    await lab.control("PATCH", f"numbers/{NUMBER}", change)
    found = (await lab.graph("GET", f"{NUMBER}?fields=health_status,status")).json()
    assert (found["health_status"]["can_send_message"], found["status"]) == (state, status)
    errors = [e for entity in found["health_status"]["entities"] for e in entity.get("errors", [])]
    assert all(e["possible_solution"] and e["error_description"] for e in errors)


async def test_a_changed_limit_is_told_twice(lab: Lab) -> None:
    await lab.control("PATCH", f"numbers/{NUMBER}", {"messaging_limit": "TIER_10K"})
    await lab.quiet()
    assert sorted(fields(lab)) == ["business_capability_update", "phone_number_quality_update"]
    asked = f"{NUMBER}?fields=whatsapp_business_manager_messaging_limit"
    assert (await lab.graph("GET", asked)).json()["whatsapp_business_manager_messaging_limit"] == "TIER_10K"
    await lab.control("PATCH", f"numbers/{NUMBER}", {"messaging_limit": "TIER_7"}, expect=422)


async def test_numbers_of_the_business_app_are_not_registered_by_api(lab: Lab) -> None:
    await lab.control("PATCH", f"numbers/{NUMBER}", {"on_biz_app": True})
    found = (await lab.graph("GET", f"{NUMBER}?fields=is_on_biz_app,platform_type")).json()
    assert (found["is_on_biz_app"], found["platform_type"]) == (True, "CLOUD_API")
    assert await code(lab, "deregister", {}) == 100


async def test_contacts_and_history_are_synchronised_once(lab: Lab) -> None:
    await lab.write(text="before")
    await lab.control("PATCH", f"numbers/{NUMBER}", {"on_biz_app": True})
    for kind in ("smb_app_state_sync", "history"):
        body = {"messaging_product": "whatsapp", "sync_type": kind}
        assert (await lab.graph("POST", f"{NUMBER}/smb_app_data", body)).status_code == 200
        assert await code(lab, "smb_app_data", body) == 2593107
    await lab.quiet()
    contacts = [c for v in lab.product.values for c in v.get("state_sync", [])]
    assert {c["contact"]["phone_number"] for c in contacts} >= {HANAKO}
    history = [h for v in lab.product.values for h in v.get("history", [])]
    assert [h["metadata"]["phase"] for h in history] == [0, 1, 2]
    [thread] = [t for h in history for t in h["threads"]]
    assert thread["messages"][0]["text"] == {"body": "before"}
    assert thread["messages"][0]["history_context"] == {"status": "READ"}


async def test_account_and_portfolio(lab: Lab) -> None:
    wanted = "name,business_verification_status,account_review_status,owner_business_info,health_status"
    account = (await lab.graph("GET", f"{WABA}?fields={wanted}")).json()
    assert account["business_verification_status"] == "verified"
    portfolio = account["owner_business_info"]["id"]
    owned = (await lab.graph("GET", f"{portfolio}/owned_whatsapp_business_accounts")).json()
    assert [waba["id"] for waba in owned["data"]] == [WABA]


async def test_marketing_goes_by_its_own_endpoint(lab: Lab) -> None:
    parameter = {"type": "text", "parameter_name": "first_name", "text": "Hanako"}
    marketing = {
        "name": "welcome_back",
        "language": {"code": "en_US"},
        "components": [{"type": "body", "parameters": [parameter]}],
    }
    envelope: Json = {"messaging_product": "whatsapp", "to": HANAKO, "product_policy": "STRICT"}
    path = f"{NUMBER}/marketing_messages"
    sent = await lab.graph("POST", path, {**envelope, "type": "template", "template": marketing})
    assert sent.status_code == 200
    text = await lab.graph("POST", path, {**envelope, "type": "text", "text": {"body": "hi"}})
    assert text.json()["error"]["code"] == 131055
    await lab.graph("POST", WABA, {"disable_marketing_messages_on_cloud_api": True})
    closed = await lab.send({"type": "template", "template": marketing})
    assert closed.json()["error"]["code"] == 131063


async def test_a_forgotten_contact_shows_no_phone(lab: Lab) -> None:
    await lab.write("priya")
    await lab.send({"type": "text", "text": {"body": "Hello"}}, to="919800000005")
    await lab.write("priya")
    await lab.quiet()
    user_id, known = lab.product.messages[0]["from_user_id"], lab.product.messages[1]
    assert known["from"] == "919800000005"
    answer = await lab.graph("DELETE", f"{NUMBER}/contact_book?messaging_product=whatsapp&bsuid={user_id}")
    assert answer.json() == {"success": True, "deleted": True}
    await lab.write("priya")
    await lab.quiet()
    assert "from" not in lab.product.messages[2]
