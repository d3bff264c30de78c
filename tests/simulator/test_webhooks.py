"""How webhooks are signed, delivered, repeated, shuffled and spoilt."""

import asyncio
import json
import struct
from pathlib import Path

import pytest

from madoguchi.simulator.webhooks.signing import appsecret_proof, encode, signature
from tests.simulator.lab import APP, NUMBER, WABA, Hook, Lab, Product, connect, open_lab, serve_product

SECRET = "test_app_secret"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            b'{"object":"whatsapp_business_account","entry":[]}',
            "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756",
        ),
        (b'{"t": "caf\\u00e9"}', "8b1989859cf6b5bcee8b00880b7651f666b4f47a6262aabf626450a6fe8a2c8b"),
        ('{"t": "café"}'.encode(), "4eae4e2897f277448291ebed25ced4385c268717986acfda887c5efacafcc51b"),
    ],
)
def test_signature_vectors(body: bytes, expected: str) -> None:
    assert signature(SECRET, body) == f"sha256={expected}"


def test_proof_vector() -> None:
    expected = "19778bfa8122c2f5825d8607df6fcca20056dc417a3d78a1825965fded17f310"
    assert appsecret_proof(SECRET, "EAATEST") == expected


def test_wire_forms() -> None:
    payload = {"a": "é/x"}
    assert encode(payload, "ascii") == b'{"a":"\\u00e9\\/x"}'
    assert encode(payload, "slashes") == '{"a":"é\\/x"}'.encode()
    assert encode(payload, "utf8") == '{"a":"é/x"}'.encode()


@pytest.mark.parametrize("escape", ["ascii", "slashes", "utf8"])
async def test_exact_bytes_are_signed(lab: Lab, escape: str) -> None:
    await lab.settings(webhooks={"escape": escape})
    await lab.write(text="珈琲 1/2 <&>")
    await lab.quiet()
    [hook] = lab.product.hooks
    assert hook.genuine
    assert hook.json["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] == "珈琲 1/2 <&>"
    assert (b"\\/" in hook.body) == (escape != "utf8")
    assert hook.body.isascii() == (escape == "ascii")


async def test_the_envelope(lab: Lab) -> None:
    await lab.write()
    await lab.quiet()
    body = lab.product.hooks[0].json
    assert body["object"] == "whatsapp_business_account"
    [entry] = body["entry"]
    assert entry["id"] == WABA
    assert "time" not in entry
    assert entry["changes"][0]["field"] == "messages"
    value = entry["changes"][0]["value"]
    assert value["metadata"] == {"display_phone_number": "815012345678", "phone_number_id": NUMBER}
    assert value["contacts"][0]["user_id"] == value["messages"][0]["from_user_id"]
    assert value["contacts"][0]["wa_id"] == value["messages"][0]["from"]


async def test_failures_are_repeated_in_order_until_they_succeed(lab: Lab) -> None:
    refusals = iter([500, 503, 500])
    lab.product.answer = lambda _: next(refusals, 200)
    await lab.settings(webhooks={"retry_delays": [0, 0.05]})
    for n in range(5):
        await lab.write(text=str(n))
    await lab.until(lambda: len(set(_accepted(lab))) == 5)
    assert [m["text"]["body"] for m in lab.product.messages[-5:]] == ["0", "1", "2", "3", "4"]
    log = (await lab.control("GET", "webhooks"))["data"]
    assert [a["status"] for a in log[-1]["attempts"]] == [500, 503, 500, 200]


def _accepted(lab: Lab) -> list[str]:
    return [m["id"] for m in lab.product.messages]


async def test_backoff_runs_in_virtual_time_and_gives_up_after_a_week(lab: Lab) -> None:
    lab.product.answer = lambda _: 403
    await lab.settings(webhooks={"retry_delays": [0, 3600]})
    await lab.write()
    await lab.until(lambda: len(lab.product.hooks) == 2)
    await asyncio.sleep(0.05)
    assert len(lab.product.hooks) == 2
    await lab.hours(1)
    await lab.until(lambda: len(lab.product.hooks) == 3)
    await lab.hours(7 * 24 + 1)
    await lab.until(lambda: lab.sim.dispatcher.counts()["dropped"] == 1)
    assert lab.sim.dispatcher.counts()["waiting"] == 0


async def test_a_product_that_is_down_gets_everything_when_it_is_back() -> None:
    async with open_lab() as lab:
        await connect(lab)
        await lab.settings(webhooks={"retry_delays": [0, 0.2]})
        lab.product.answer = lambda _: 503
        for n in range(30):
            await lab.write(customer=("hanako", "john", "maria")[n % 3], text=str(n))
        await asyncio.sleep(0.1)
        lab.product.hooks.clear()
        lab.product.answer = lambda _: 200
        await lab.until(lambda: len({m["id"] for m in lab.product.messages}) == 30)
        for customer in ("hanako", "john", "maria"):
            phone = lab.sim.world.customers[customer].wa_id
            said = [int(m["text"]["body"]) for m in lab.product.messages if m["from"] == phone]
            assert said == sorted(said)


async def test_poison_for_one_customer_does_not_hold_up_others(lab: Lab) -> None:
    await lab.settings(webhooks={"batch_max": 1})
    lab.product.answer = lambda hook: 422 if b"poison" in hook.body else 200
    await lab.write(text="poison")
    await lab.write(text="behind it")
    await lab.write("john", text="by the way")
    await lab.until(lambda: any(m["text"]["body"] == "by the way" for m in lab.product.messages))
    assert not any(m["text"]["body"] == "behind it" for m in lab.product.messages)


async def test_batches_up_to_their_limit(lab: Lab) -> None:
    await lab.settings(webhooks={"batch_max": 1000})
    await lab.fault("webhook_paused")
    await lab.control("POST", "flood", {"messages": 1500, "per_second": 1e9, "customers": 700})
    await lab.until(lambda: lab.sim.dispatcher.counts()["waiting"] == 1500)
    await lab.control("PUT", "faults", {"faults": []})
    await lab.until(lambda: len(lab.product.messages) == 1500)
    sizes = [len(v["messages"]) for v in lab.product.values]
    assert max(sizes) == 1000
    assert all(len(hook.body) <= 3 * 1024 * 1024 for hook in lab.product.hooks)


async def test_bodies_stay_within_three_megabytes(lab: Lab) -> None:
    await lab.settings(webhooks={"batch_max": 1000, "escape": "ascii"})
    await lab.fault("webhook_paused")
    for n in range(60):
        await lab.write("hanako" if n % 2 else "john", text="珈琲" * 6000)
    await lab.control("PUT", "faults", {"faults": []})
    await lab.until(lambda: len({m["id"] for m in lab.product.messages}) == 60)
    assert 1 < len(lab.product.hooks) < 10
    assert all(len(hook.body) <= 3 * 1024 * 1024 for hook in lab.product.hooks)


async def test_duplicates(lab: Lab) -> None:
    await lab.fault("webhook_duplicate", times=3, next=1)
    await lab.write()
    await lab.until(lambda: len(lab.product.hooks) == 4)
    assert len({hook.body for hook in lab.product.hooks}) == 1


async def test_reordering_shuffles_and_loses_nothing(lab: Lab) -> None:
    await lab.settings(webhooks={"batch_max": 1})
    await lab.fault("webhook_reorder", window=40)
    for n in range(40):
        await lab.write(text=str(n))
    await lab.until(lambda: len(lab.product.messages) == 40)
    said = [int(m["text"]["body"]) for m in lab.product.messages]
    assert said != sorted(said)
    assert sorted(said) == list(range(40))


async def test_spoilt_copies_go_before_the_true_one(lab: Lab) -> None:
    def judge(hook: Hook) -> int:
        return 200 if hook.genuine else 401

    lab.product.answer = judge
    for name in ("webhook_no_signature", "webhook_bad_signature", "webhook_malformed"):
        await lab.fault(name, next=1)
    await lab.write()
    await lab.until(lambda: len(lab.product.hooks) == 4)
    missing, wrong, broken, true = lab.product.hooks
    assert missing.signature is None
    assert wrong.signature
    assert not wrong.genuine
    assert broken.genuine
    with pytest.raises(ValueError, match=r"."):
        json.loads(broken.body)
    assert true.genuine
    assert true.json


async def test_unknown_keys_and_delay(lab: Lab) -> None:
    await lab.fault("webhook_unknown_keys", next=1)
    await lab.write()
    await lab.quiet()
    assert "from_logical_id" in lab.product.messages[0]
    await lab.fault("webhook_delay", seconds=600, next=1)
    await lab.write(text="late")
    await asyncio.sleep(0.05)
    assert len(lab.product.messages) == 1
    await lab.hours(0.2)
    await lab.until(lambda: len(lab.product.messages) == 2)


async def test_paused_webhooks_wait(lab: Lab) -> None:
    await lab.fault("webhook_paused")
    await lab.write()
    await asyncio.sleep(0.05)
    assert not lab.product.hooks
    await lab.control("PUT", "faults", {"faults": []})
    await lab.until(lambda: lab.product.hooks)


async def test_replay_sends_the_same_bytes(lab: Lab) -> None:
    await lab.write()
    await lab.quiet()
    [entry] = (await lab.control("GET", "webhooks"))["data"]
    await lab.control("POST", f"webhooks/{entry['id']}/replay")
    first, second = lab.product.hooks
    assert (first.body, first.signature) == (second.body, second.signature)
    full = await lab.control("GET", f"webhooks/{entry['id']}")
    assert full["body"] == first.json
    assert len(full["attempts"]) == 2


async def test_status_before_the_answer(lab: Lab) -> None:
    await lab.write()
    await lab.quiet()
    lab.product.hooks.clear()
    await lab.fault("status_before_response", next=1)
    wamid = await lab.send_text()
    assert lab.product.story(wamid)[:1] == ["sent"]


async def test_nothing_is_delivered_to_an_address_that_did_not_verify(lab: Lab) -> None:
    async with serve_product(Product(verify_token="other")) as stranger:
        answer = await lab.graph(
            "POST",
            f"{WABA}/subscribed_apps",
            {"override_callback_uri": stranger.url, "verify_token": "wrong"},
        )
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == 2200
        await lab.write()
        await lab.quiet()
        assert not stranger.hooks
        assert lab.product.hooks


async def test_overrides_by_precedence_and_for_messages_alone(lab: Lab) -> None:
    async with serve_product(Product()) as by_account, serve_product(Product()) as by_number:
        override = {"override_callback_uri": by_account.url, "verify_token": by_account.verify_token}
        assert (await lab.graph("POST", f"{WABA}/subscribed_apps", override)).json() == {"success": True}
        await lab.write(text="account")
        await lab.quiet()
        override = {"override_callback_uri": by_number.url, "verify_token": by_number.verify_token}
        await lab.graph("POST", NUMBER, {"webhook_configuration": override})
        await lab.write(text="number")
        await lab.control("POST", "webhooks", {"field": "account_alerts", "value": {"entity_type": "BUSINESS"}})
        await lab.quiet()
        assert [m["text"]["body"] for m in by_account.messages] == ["account"]
        assert [m["text"]["body"] for m in by_number.messages] == ["number"]
        assert lab.product.values == [{"entity_type": "BUSINESS"}]
        assert "time" in lab.product.hooks[0].json["entry"][0]
        await lab.graph("POST", NUMBER, {"webhook_configuration": {"override_callback_uri": ""}})
        await lab.graph("POST", f"{WABA}/subscribed_apps")
        await lab.write(text="app")
        await lab.quiet()
        assert lab.product.messages[-1]["text"]["body"] == "app"


async def test_a_second_app_gets_its_own_copy_signed_with_its_own_secret(lab: Lab) -> None:
    async with serve_product(Product()) as other:
        made = await lab.control("POST", "numbers", {"waba_id": WABA, "webhook_url": other.url, "app_secret": "second"})
        assert made["waba_id"] == WABA
        await lab.write()
        await lab.quiet()
        assert lab.product.hooks[0].genuine
        assert other.hooks[0].signature == signature("second", other.hooks[0].body)


async def test_app_subscription_by_graph(lab: Lab) -> None:
    body = {
        "object": "whatsapp_business_account",
        "callback_url": lab.product.url,
        "verify_token": lab.product.verify_token,
        "fields": "messages",
    }
    answer = await lab.graph("POST", f"{APP}/subscriptions", body, token=f"{APP}|demo-app-secret")
    assert answer.json() == {"success": True}
    listed = (await lab.graph("GET", f"{APP}/subscriptions")).json()["data"][0]
    assert listed["callback_url"] == lab.product.url
    assert listed["active"] is True
    assert "messages" in {f["name"] for f in listed["fields"]}


async def test_pending_webhooks_survive_a_restart(tmp_path: Path) -> None:
    async with serve_product(Product()) as product:
        async with open_lab(tmp_path) as lab:
            await lab.control("POST", "setup", {"webhook_url": product.url})
            await lab.fault("webhook_paused")
            await lab.write(text="keep me")
        assert product.hooks == []
        async with open_lab(tmp_path) as lab:
            await lab.until(lambda: product.hooks)
        assert product.messages[0]["text"]["body"] == "keep me"


async def test_the_clock_file_is_written_in_place(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    async with open_lab(clock_file=file) as lab:
        inode = file.stat().st_ino
        await lab.hours(24)
        assert struct.unpack("<d", file.read_bytes())[0] == pytest.approx(86400, abs=0.5)
        assert file.stat().st_ino == inode
