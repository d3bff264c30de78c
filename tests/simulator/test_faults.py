"""The faults of the messages endpoint."""

import asyncio

import httpx
import pytest

from tests.simulator.lab import Lab

OK = {"type": "text", "text": {"body": "hi"}}


@pytest.mark.parametrize(
    ("name", "params", "status", "code"),
    [
        ("http_error", {"status": 502}, 502, None),
        ("http_429", {}, 429, 130429),
        ("error_code", {"code": 131016}, 500, 131016),
        ("error_code", {"code": 131048}, 400, 131048),
        ("token_revoked", {}, 401, 190),
    ],
)
async def test_answers(lab: Lab, name: str, params: dict[str, int], status: int, code: int | None) -> None:
    await lab.fault(name, next=1, **params)
    response = await lab.send(OK)
    assert response.status_code == status
    if code:
        assert response.json()["error"]["code"] == code
    assert (await lab.send(OK)).status_code == 200
    [entry] = [r for r in (await lab.control("GET", "requests"))["data"] if r["fault"]]
    assert entry["fault"] == name
    assert entry["body"]["text"] == {"body": "hi"}
    assert "EAAdemo" not in str(entry)


async def test_an_error_that_comes_later(lab: Lab) -> None:
    await lab.write()
    await lab.fault("async_error_code", code=131000, next=1)
    wamid = await lab.send_text()
    await lab.quiet()
    [status] = lab.product.statuses
    assert (status["id"], status["status"], status["errors"][0]["code"]) == (wamid, "failed", 131000)


async def test_accepted_but_never_answered(lab: Lab) -> None:
    await lab.write()
    await lab.fault("timeout_after_accept", next=1)
    with pytest.raises(httpx.ReadTimeout):
        await lab.client.post(
            "/graph/v26.0/100000000000001/messages",
            json={"messaging_product": "whatsapp", "to": "819011110001", "biz_opaque_callback_data": "row", **OK},
            headers={"Authorization": "Bearer EAAdemo-minato-token"},
            timeout=0.2,
        )
    await lab.quiet()
    assert {s["biz_opaque_callback_data"] for s in lab.product.statuses} == {"row"}


@pytest.mark.parametrize("after", [False, True])
async def test_cut_connections(lab: Lab, after: bool) -> None:
    await lab.fault("connection_reset", after_accept=after, next=1)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await lab.send(OK)
    assert lab.sim.sent.count == int(after)


async def test_never_answered_and_never_accepted(lab: Lab) -> None:
    await lab.fault("never_answer", next=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(lab.send(OK), 0.2)
    assert lab.sim.sent.count == 0


async def test_slow_answers(lab: Lab) -> None:
    await lab.fault("slow", seconds=0.3, next=1)
    begun = asyncio.get_running_loop().time()
    assert (await lab.send(OK)).status_code == 200
    assert asyncio.get_running_loop().time() - begun >= 0.3


async def test_faults_may_be_meant_for_one_customer_and_by_chance(lab: Lab) -> None:
    await lab.fault("http_429", to="447700900003")
    assert (await lab.send(OK)).status_code == 200
    assert (await lab.send(OK, to="447700900003")).status_code == 429
    await lab.control("PUT", "faults", {"faults": [{"name": "http_429", "probability": 0.5}]})
    answers = {(await lab.send(OK)).status_code for _ in range(30)}
    assert answers == {200, 429}


async def test_unknown_faults_are_refused_and_known_ones_listed(lab: Lab) -> None:
    await lab.control("POST", "faults", {"name": "earthquake"}, expect=422)
    await lab.control("POST", "faults", {"name": "slow", "speed": 1}, expect=422)
    listed = await lab.control("GET", "faults")
    assert "timeout_after_accept" in listed["library"]


async def test_skipping_delivered(lab: Lab) -> None:
    await lab.write()
    await lab.fault("skip_delivered")
    await lab.control("PATCH", "customers/hanako", {"open_chat": "100000000000001"})
    wamid = await lab.send_text()
    await lab.quiet()
    assert lab.product.story(wamid) == ["sent", "read"]
