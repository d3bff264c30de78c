"""Flows: making and publishing them, and running one against an endpoint that decrypts for real."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from madoguchi.simulator import seed
from madoguchi.simulator.seed_flow import CONTACT_FORM
from madoguchi.simulator.webhooks.signing import signature
from tests.simulator.lab import NUMBER, TOKEN, WABA, Json, Lab


def pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


class Endpoint:
    """What a business runs behind a Flow."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.heard: list[Json] = []
        self.status = 200
        self.next: Json = {"screen": "DETAILS", "data": {"name": "Hanako"}}
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        raw = await request.read()
        if request.headers["X-Hub-Signature-256"] != signature(seed.APP_SECRET, raw):
            return web.Response(status=432)
        body = {name: base64.b64decode(value) for name, value in json.loads(raw).items()}
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
        try:
            key = self.key.decrypt(body["encrypted_aes_key"], oaep)
        except ValueError:
            return web.Response(status=421)
        vector = body["initial_vector"]
        payload = json.loads(AESGCM(key).decrypt(vector, body["encrypted_flow_data"], None))
        self.heard.append(payload)
        if self.status != 200:
            return web.json_response({"error_msg": "This form has been filled in."}, status=self.status)
        answer = {"data": {"status": "active"}} if payload["action"] == "ping" else self.next
        inverted = bytes(byte ^ 0xFF for byte in vector)
        sealed = AESGCM(key).encrypt(inverted, json.dumps(answer).encode(), None)
        return web.Response(text=base64.b64encode(sealed).decode())


@asynccontextmanager
async def serve() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    app = web.Application()
    app.router.add_post("/flow", endpoint.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}/flow"
    try:
        yield endpoint
    finally:
        await runner.cleanup()


def with_endpoint() -> str:
    screens = json.loads(json.dumps(CONTACT_FORM))
    screens |= {"data_api_version": "4.0", "routing_model": {"ABOUT": ["DETAILS"], "DETAILS": []}}
    for screen in screens["screens"]:
        footer = screen["layout"]["children"][-1]["on-click-action"]
        screen["layout"]["children"][-1]["on-click-action"] = {"name": "data_exchange", "payload": footer["payload"]}
    return json.dumps(screens, indent=1)


async def create(lab: Lab, name: str, **more: object) -> Json:
    made = await lab.graph("POST", f"{WABA}/flows", {"name": name, "categories": ["CONTACT_US"], **more})
    found: Json = made.json()
    return found


async def upload(lab: Lab, flow: str, text: str) -> Json:
    sent = await lab.client.post(
        f"/graph/v26.0/{flow}/assets",
        data={"name": "flow.json", "asset_type": "FLOW_JSON"},
        files={"file": ("flow.json", text.encode(), "application/json")},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    found: Json = sent.json()
    return found


async def published(lab: Lab, endpoint: Endpoint) -> str:
    await lab.graph("POST", f"{NUMBER}/whatsapp_business_encryption", {"business_public_key": pem(endpoint.key)})
    made = await create(lab, "with endpoint", flow_json=with_endpoint(), endpoint_uri=endpoint.url, publish=True)
    assert made["success"] is True, made
    flow: str = made["id"]
    assert (await lab.graph("GET", flow)).json()["status"] == "PUBLISHED"
    return flow


async def offer(lab: Lab, flow: str, **parameters: object) -> str:
    """A message with the Flow, on hanako's phone."""
    await lab.write()
    given = {"flow_message_version": "3", "flow_id": flow, "flow_cta": "Open", "flow_token": "t-1", **parameters}
    interactive = {"type": "flow", "body": {"text": "Hi"}, "action": {"name": "flow", "parameters": given}}
    sent = await lab.send({"type": "interactive", "interactive": interactive})
    assert sent.status_code == 200, sent.text
    await lab.quiet()
    wamid: str = sent.json()["messages"][0]["id"]
    return wamid


async def step(lab: Lab, wamid: str, kind: str, **more: object) -> Json:
    return await lab.control("POST", "customers/hanako/flow", {"message_id": wamid, "step": kind, **more})


async def test_the_seeded_form_from_button_to_answer(lab: Lab) -> None:
    wamid = await offer(lab, seed.FLOW, flow_action="navigate")
    opened = await step(lab, wamid, "open")
    assert (opened["screen"], opened["name"]) == ("ABOUT", "contact_form")
    await step(lab, wamid, "complete", data={"name": "花子", "message": "Hello"})
    await lab.quiet()
    reply = lab.product.messages[-1]
    assert reply["context"]["id"] == wamid
    answer = json.loads(reply["interactive"]["nfm_reply"]["response_json"])
    assert answer == {"flow_token": "t-1", "name": "花子", "message": "Hello"}


async def test_an_endpoint_leads_through_the_screens(lab: Lab) -> None:
    async with serve() as endpoint:
        flow = await published(lab, endpoint)
        assert [h["action"] for h in endpoint.heard] == ["ping"]
        wamid = await offer(lab, flow, flow_action="data_exchange")
        assert (await step(lab, wamid, "open"))["screen"] == "DETAILS"
        assert endpoint.heard[-1]["action"] == "INIT"
        assert endpoint.heard[-1]["flow_token"] == "t-1"
        assert endpoint.heard[-1]["flow_token_signature"].count(".") == 2
        params = {"flow_token": "t-1", "ticket": "M-1"}
        endpoint.next = {"screen": "SUCCESS", "data": {"extension_message_response": {"params": params}}}
        done = await step(lab, wamid, "exchange", screen="DETAILS", data={"message": "Hi"})
        assert done == {"done": True}
        assert endpoint.heard[-1]["data"] == {"message": "Hi"}
        await lab.quiet()
        assert json.loads(lab.product.messages[-1]["interactive"]["nfm_reply"]["response_json"]) == params


async def test_a_rotated_key_is_fetched_after_421(lab: Lab) -> None:
    async with serve() as endpoint:
        wamid = await offer(lab, await published(lab, endpoint), flow_action="data_exchange")
        endpoint.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        assert (await step(lab, wamid, "open"))["error"] == "decrypt"
        await lab.graph("POST", f"{NUMBER}/whatsapp_business_encryption", {"business_public_key": pem(endpoint.key)})
        assert (await step(lab, wamid, "open"))["screen"] == "DETAILS"


async def test_what_an_endpoint_may_refuse(lab: Lab) -> None:
    async with serve() as endpoint:
        wamid = await offer(lab, await published(lab, endpoint), flow_action="data_exchange")
        for status, reason in ((432, "signature"), (500, "unavailable")):
            endpoint.status = status
            assert (await step(lab, wamid, "open"))["error"] == reason
        endpoint.status, endpoint.next = 200, {"screen": "NOWHERE"}
        assert (await step(lab, wamid, "open"))["error"] == "format"
        assert endpoint.heard[-1]["data"]["error"] == "invalid-response"
        endpoint.status = 427
        closed = await step(lab, wamid, "open")
        assert closed == {**closed, "error": "token", "message": "This form has been filled in."}
        again = {"message_id": wamid, "step": "open"}
        refused = await lab.control("POST", "customers/hanako/flow", again, expect=409)
        assert refused["reason"] == "flow_closed"


async def test_no_publishing_without_a_well_endpoint(lab: Lab) -> None:
    made = await create(lab, "unreachable", flow_json=with_endpoint(), endpoint_uri="http://127.0.0.1:9/flow")
    refused = (await lab.graph("POST", f"{made['id']}/publish")).json()["error"]
    assert (refused["code"], "public key" in refused["error_user_msg"]) == (139002, True)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    await lab.graph("POST", f"{NUMBER}/whatsapp_business_encryption", {"business_public_key": pem(key)})
    refused = (await lab.graph("POST", f"{made['id']}/publish")).json()["error"]
    assert "health check" in refused["error_user_msg"]


async def test_screens_with_faults_are_named_by_line(lab: Lab) -> None:
    made = await create(lab, "faulty")
    text = json.dumps({"version": "7.1", "screens": [{"id": "SUCCESS", "layout": {}}]}, indent=1)
    found = await upload(lab, made["id"], text)
    assert found["success"] is False
    assert any("SUCCESS" in e["message"] and e["line_start"] == 5 for e in found["validation_errors"])
    assert (await lab.graph("POST", f"{made['id']}/publish")).json()["error"]["code"] == 139002
    assert (await upload(lab, made["id"], "{"))["validation_errors"][0]["error"] == "INVALID_JSON"
    assert (await upload(lab, made["id"], json.dumps(CONTACT_FORM)))["success"] is True
    assert (await lab.graph("POST", f"{made['id']}/publish")).json() == {"success": True}
    assert (await lab.graph("DELETE", made["id"])).json()["error"]["code"] == 139004
    assert (await lab.graph("POST", f"{made['id']}/deprecate")).json() == {"success": True}


async def test_lists_assets_and_drafts(lab: Lab) -> None:
    made = await create(lab, "a draft", flow_json=json.dumps(CONTACT_FORM))
    listed = (await lab.graph("GET", f"{WABA}/flows")).json()["data"]
    assert {f["name"]: f["status"] for f in listed} == {"contact_form": "PUBLISHED", "a draft": "DRAFT"}
    [asset] = (await lab.graph("GET", f"{made['id']}/assets")).json()["data"]
    stored = await lab.client.get(asset["download_url"], headers={"Authorization": f"Bearer {TOKEN}"})
    assert stored.json() == CONTACT_FORM
    wamid = await offer(lab, made["id"], mode="draft")
    assert (await step(lab, wamid, "open"))["screen"] == "ABOUT"
    assert (await lab.graph("DELETE", made["id"])).json() == {"success": True}


async def test_blocked_throttled_and_unknown_flows_are_not_sent(lab: Lab) -> None:
    await offer(lab, seed.FLOW)
    given = {"flow_message_version": "3", "flow_cta": "Open", "flow_id": seed.FLOW}
    interactive = {"type": "flow", "body": {"text": "Hi"}, "action": {"name": "flow", "parameters": given}}
    for status, code in (("BLOCKED", 132068), ("THROTTLED", 132069)):
        await lab.control("PATCH", f"flows/{seed.FLOW}", {"status": status})
        answers = [await lab.send({"type": "interactive", "interactive": interactive}) for _ in range(11)]
        assert answers[-1].json()["error"]["code"] == code
    given["flow_id"] = "1"
    unknown = await lab.send({"type": "interactive", "interactive": interactive})
    assert unknown.json()["error"]["code"] == 131009
