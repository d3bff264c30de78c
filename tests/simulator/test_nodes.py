"""The other nodes of the Graph API: media, numbers, templates, tokens, uploads."""

import httpx

from tests.simulator.lab import APP, NUMBER, TOKEN, WABA, Lab, connect, open_lab

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


async def _upload(lab: Lab, data: bytes, mime: str) -> httpx.Response:
    return await lab.client.post(
        f"/graph/v26.0/{NUMBER}/media",
        data={"messaging_product": "whatsapp", "type": mime},
        files={"file": ("a.bin", data, mime)},
        headers=HEADERS,
    )


async def test_media_urls_live_five_minutes_and_need_the_token(lab: Lab) -> None:
    id_ = (await _upload(lab, b"pixels", "image/png")).json()["id"]
    described = (await lab.graph("GET", id_)).json()
    assert described["file_size"] == "6"
    assert described["mime_type"] == "image/png"
    found = await lab.client.get(described["url"], headers=HEADERS)
    assert (found.content, found.headers["content-type"]) == (b"pixels", "image/png")
    assert (await lab.client.get(described["url"])).status_code == 403
    await lab.hours(0.1)
    assert (await lab.client.get(described["url"], headers=HEADERS)).status_code == 404
    again = (await lab.graph("GET", id_)).json()["url"]
    assert (await lab.client.get(again, headers=HEADERS)).status_code == 200


async def test_media_ids_of_customers_live_seven_days_and_uploads_thirty(lab: Lab) -> None:
    uploaded = (await _upload(lab, b"pixels", "image/png")).json()["id"]
    await lab.write(type="image")
    await lab.quiet()
    received = lab.product.messages[0]["image"]
    assert (await lab.client.get(received["url"], headers=HEADERS)).status_code == 200
    await lab.hours(8 * 24)
    assert (await lab.graph("GET", received["id"])).status_code == 400
    assert (await lab.graph("GET", uploaded)).status_code == 200
    await lab.hours(23 * 24)
    assert (await lab.graph("GET", uploaded)).status_code == 400


async def test_media_may_be_deleted_or_refused(lab: Lab) -> None:
    id_ = (await _upload(lab, b"pixels", "image/png")).json()["id"]
    assert (await lab.graph("DELETE", id_)).json() == {"success": True}
    assert (await lab.graph("GET", id_)).json()["error"]["error_subcode"] == 33
    assert (await _upload(lab, b"x", "image/gif")).json()["error"]["code"] == 100
    assert (await _upload(lab, b"x" * (5 * 1024 * 1024 + 1), "image/png")).json()["error"]["code"] == 131053


async def test_lost_media(lab: Lab) -> None:
    await lab.write(type="voice")
    await lab.quiet()
    audio = lab.product.messages[0]["audio"]
    assert audio["voice"] is True
    assert audio["mime_type"] == "audio/ogg; codecs=opus"
    await lab.control("PATCH", f"media/{audio['id']}", {"lost": True})
    assert (await lab.client.get(audio["url"], headers=HEADERS)).status_code == 404


async def test_number_fields(lab: Lab) -> None:
    usual = (await lab.graph("GET", NUMBER)).json()
    assert {"verified_name", "display_phone_number", "quality_rating", "throughput", "id"} <= usual.keys()
    asked = (await lab.graph("GET", f"{NUMBER}?fields=status,health_status,name_status")).json()
    assert asked["status"] == "CONNECTED"
    assert asked["health_status"]["can_send_message"] == "AVAILABLE"
    listed = (await lab.graph("GET", f"{WABA}/phone_numbers")).json()
    assert [n["id"] for n in listed["data"]] == [NUMBER]


async def test_from_a_new_number_to_a_registered_one(lab: Lab) -> None:
    body = {"cc": "81", "phone_number": "5099998888", "verified_name": "Second"}
    id_ = (await lab.graph("POST", f"{WABA}/phone_numbers", body)).json()["id"]
    pin = {"messaging_product": "whatsapp", "pin": "654321"}
    assert (await lab.graph("POST", f"{id_}/register", pin)).json()["error"]["code"] == 133006
    await lab.graph("POST", f"{id_}/request_code?code_method=SMS&language=en")
    assert (await lab.graph("POST", f"{id_}/verify_code?code=000000")).status_code == 400
    assert (await lab.graph("POST", f"{id_}/verify_code?code=123456")).json() == {"success": True}
    assert (await lab.graph("POST", f"{id_}/register", pin)).json() == {"success": True}
    wrong = await lab.graph("POST", f"{id_}/register", {**pin, "pin": "111111"})
    assert wrong.json()["error"]["code"] == 133005
    for _ in range(7):
        await lab.graph("POST", f"{id_}/deregister")
    assert (await lab.graph("POST", f"{id_}/register", pin)).json()["error"]["code"] == 133016
    await lab.hours(73)
    assert (await lab.graph("POST", f"{id_}/register", pin)).json() == {"success": True}


async def test_profile(lab: Lab) -> None:
    change = {"messaging_product": "whatsapp", "about": "Open", "websites": ["https://a.example/"]}
    assert (await lab.graph("POST", f"{NUMBER}/whatsapp_business_profile", change)).json() == {"success": True}
    found = (await lab.graph("GET", f"{NUMBER}/whatsapp_business_profile?fields=about,websites")).json()
    assert found == {"data": [{"messaging_product": "whatsapp", "about": "Open", "websites": ["https://a.example/"]}]}
    long = {"messaging_product": "whatsapp", "about": "x" * 140}
    assert (await lab.graph("POST", f"{NUMBER}/whatsapp_business_profile", long)).status_code == 400


BODY = {"type": "BODY", "text": "Hello {{1}}, welcome to our shop.", "example": {"body_text": [["Ken"]]}}


async def test_a_template_from_creation_to_deletion(lab: Lab) -> None:
    await lab.settings(rules={"template_review_seconds": 3600})
    wish = {"name": "hello_there", "language": "en_US", "category": "utility", "components": [BODY]}
    made = (await lab.graph("POST", f"{WABA}/message_templates", wish)).json()
    assert (made["status"], made["category"]) == ("PENDING", "UTILITY")
    assert (await lab.graph("POST", f"{WABA}/message_templates", wish)).json()["error"]["error_subcode"] == 2388024
    await lab.hours(1)
    await lab.quiet()
    [value] = lab.product.values
    assert (value["event"], value["message_template_id"]) == ("APPROVED", int(made["id"]))
    edit = {"components": [{**BODY, "text": "Hi {{1}}, welcome to our shop again."}]}
    assert (await lab.graph("POST", made["id"], edit)).json()["success"] is True
    assert (await lab.graph("POST", made["id"], edit)).json()["error"]["code"] == 100
    found = (await lab.graph("GET", f"{made['id']}?fields=name,status,components")).json()
    assert found["components"][0]["text"].startswith("Hi")
    assert (await lab.graph("DELETE", f"{WABA}/message_templates?name=hello_there")).json() == {"success": True}
    assert (await lab.graph("GET", made["id"])).status_code == 400


async def test_templates_that_break_the_rules(lab: Lab) -> None:
    cases = {
        2388299: [{**BODY, "text": "{{1}} is first"}],
        2388043: [{**BODY, "example": {}}],
        2388072: [BODY, {"type": "FOOTER", "text": "{{1}}"}],
        2388040: [{"type": "BODY", "text": "x" * 1025}],
    }
    for subcode, components in cases.items():
        wish = {"name": "rules", "language": "ja", "category": "UTILITY", "components": components}
        error = (await lab.graph("POST", f"{WABA}/message_templates", wish)).json()["error"]
        assert (error["code"], error["error_subcode"]) == (100, subcode)
        assert error["error_user_msg"]


async def test_template_lists_are_paged_and_filtered(lab: Lab) -> None:
    seen, after = [], ""
    while True:
        page = (await lab.graph("GET", f"{WABA}/message_templates?limit=4&after={after}&fields=name,language")).json()
        seen += [(t["name"], t["language"]) for t in page["data"]]
        after = page["paging"]["cursors"]["after"]
        if "next" not in page["paging"]:
            break
    assert len(seen) == len(set(seen)) == 10
    approved = (await lab.graph("GET", f"{WABA}/message_templates?status=APPROVED&language=ja")).json()["data"]
    assert len(approved) == 3
    bad = await lab.graph("GET", f"{WABA}/message_templates?after=nonsense")
    assert bad.json()["error"]["code"] == 131059


async def test_template_news(lab: Lab) -> None:
    template = next(t for t in (await lab.control("GET", "templates"))["data"] if t["name"] == "welcome_back")
    await lab.control("PATCH", f"templates/{template['id']}", {"quality": "RED", "status": "PAUSED"})
    await lab.quiet()
    fields = {c["field"] for h in lab.product.hooks for e in h.json["entry"] for c in e["changes"]}
    assert fields == {"message_template_quality_update", "message_template_status_update"}
    unpaused = await lab.graph("POST", f"{template['id']}/unpause")
    assert unpaused.json() == {"success": True}


async def test_tokens_by_secret_and_by_code(lab: Lab) -> None:
    query = f"oauth/access_token?client_id={APP}&client_secret=demo-app-secret"
    app_token = (await lab.graph("GET", f"{query}&grant_type=client_credentials", token="")).json()["access_token"]
    assert app_token == f"{APP}|demo-app-secret"
    code = (await lab.control("POST", f"numbers/{NUMBER}/code"))["code"]
    token = (await lab.graph("GET", f"{query}&code={code}", token="")).json()["access_token"]
    assert (await lab.graph("GET", NUMBER, token=token)).status_code == 200
    assert (await lab.graph("GET", f"{query}&code={code}", token="")).json()["error"]["code"] == 100
    debug = (await lab.graph("GET", f"debug_token?input_token={token}", token=app_token)).json()["data"]
    assert debug["is_valid"] is True
    assert "whatsapp_business_messaging" in debug["scopes"]
    late = (await lab.control("POST", f"numbers/{NUMBER}/code"))["code"]
    await lab.hours(0.01)
    assert (await lab.graph("GET", f"{query}&code={late}", token="")).status_code == 400


async def test_resumable_upload(lab: Lab) -> None:
    begun = await lab.graph("POST", f"{APP}/uploads?file_name=a.png&file_length=6&file_type=image/png")
    id_ = begun.json()["id"]
    url = f"/graph/v26.0/{id_}"
    headers = {"Authorization": f"OAuth {TOKEN}", "file_offset": "0"}
    assert (await lab.client.post(url, content=b"pixels", headers=headers)).json()["h"].startswith("4::")
    assert (await lab.graph("GET", id_)).json() == {"id": id_, "file_offset": 6}


async def test_versions_and_unknown_edges(lab: Lab) -> None:
    for prefix in ("/graph/v19.0", "/graph"):
        assert (await lab.client.get(f"{prefix}/{NUMBER}", headers=HEADERS)).status_code == 200
    answer = await lab.graph("GET", f"{NUMBER}/horoscope")
    assert "nonexisting field (horoscope)" in answer.json()["error"]["message"]


async def test_several_accounts_side_by_side() -> None:
    async with open_lab() as lab:
        await connect(lab)
        made = await lab.control("POST", "numbers", {"webhook_url": lab.product.url, "throughput": 1000})
        await lab.write(number=made["phone_number_id"], text="to the second")
        await lab.quiet()
        [value] = lab.product.values
        assert value["metadata"]["phone_number_id"] == made["phone_number_id"]
        body = {"messaging_product": "whatsapp", "to": "819011110001", "type": "text", "text": {"body": "hi"}}
        path = f"{made['phone_number_id']}/messages"
        assert (await lab.graph("POST", path, body, token=made["access_token"])).status_code == 200
        await lab.control("POST", "numbers", {"webhook_url": "http://127.0.0.1:9/"}, expect=422)
