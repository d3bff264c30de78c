"""The control API: clock, customers, injecting, resetting, the lively start, the samples."""

import asyncio
import io
import json

from PIL import Image

from madoguchi.simulator import samples
from tests.simulator.lab import NUMBER, Lab, connect


async def test_the_clock_jumps_and_stands_still(lab: Lab) -> None:
    before = (await lab.control("GET", "clock"))["unix"]
    await lab.hours(24)
    assert (await lab.control("GET", "clock"))["unix"] - before > 86399
    await lab.control("POST", "clock", {"now": "2027-01-01T00:00:00Z", "freeze": True})
    await asyncio.sleep(0.05)
    assert (await lab.control("GET", "clock"))["now"] == "2027-01-01T00:00:00.000Z"
    await lab.write()
    wamid = await lab.send_text()
    await lab.quiet()
    assert lab.product.story(wamid) == ["sent", "delivered"]
    assert lab.product.statuses[0]["timestamp"] == "1798761600"
    await lab.control("POST", "clock", {"freeze": False, "offset": 0})
    assert abs((await lab.control("GET", "clock"))["offset"]) < 1
    await lab.control("POST", "clock", {"tomorrow": True}, expect=422)


async def test_customers_come_and_change(lab: Lab) -> None:
    made = await lab.control("POST", "customers", {"name": "Ken", "phone": "+81 90-5555-0000", "device": "ios"})
    assert (made["id"], made["country"]) == ("819055550000", "JP")
    await lab.control("POST", "customers", {"name": "Ken", "phone": "819055550000"}, expect=409)
    await lab.control("POST", "customers", {"name": "Ken"}, expect=422)
    await lab.control("PATCH", "customers/819055550000", {"shoe_size": 43}, expect=422)
    await lab.control("PATCH", "customers/819055550000", {"online": "yes"}, expect=422)
    await lab.control("GET", "customers/nobody", expect=404)
    changed = await lab.control("PATCH", "customers/819055550000", {"username": "ken.k", "hides_phone": True})
    assert changed["username"] == "ken.k"
    await lab.write("819055550000")
    await lab.quiet()
    assert "from" not in lab.product.messages[0]


async def test_a_customers_own_file(lab: Lab) -> None:
    stored = await lab.client.post(
        f"/_sim/media?number={NUMBER}&filename=me.jpg", content=b"jpeg", headers={"Content-Type": "image/jpeg"}
    )
    await lab.write(type="image", media_id=stored.json()["media_id"])
    await lab.quiet()
    image = lab.product.messages[0]["image"]
    assert image["mime_type"] == "image/jpeg"
    found = await lab.client.get(image["url"], headers={"Authorization": "Bearer EAAdemo-minato-token"})
    assert found.content == b"jpeg"


async def test_what_cannot_be_sent_says_why(lab: Lab) -> None:
    for request in (
        {"type": "telepathy"},
        {"type": "text", "text": ""},
        {"type": "reaction"},
        {"type": "image", "sample": "unicorn"},
        {"type": "button", "button": {}},
    ):
        assert (await lab.control("POST", "customers/hanako/messages", request, expect=409))["error"]
    await lab.control("POST", "customers/hanako/tap", {"message_id": "wamid.none"}, expect=404)


async def test_types_that_do_not_exist_yet(lab: Lab) -> None:
    request = {"type": "raw", "as": "hologram", "content": {"hologram": {"id": "1"}}}
    await lab.control("POST", "customers/hanako/messages", request)
    await lab.quiet()
    assert lab.product.messages[0]["type"] == "hologram"
    assert lab.product.messages[0]["hologram"] == {"id": "1"}


async def test_the_past(lab: Lab) -> None:
    await lab.write(seconds_ago=90000)
    wamid = await lab.send_text()
    await lab.quiet()
    assert lab.product.story(wamid) == ["failed"]


async def test_the_lively_start(lab: Lab) -> None:
    sent = (await lab.control("POST", "demo"))["messages"]
    await lab.quiet()
    assert len(lab.product.messages) == len(sent) == 11
    assert {m["type"] for m in lab.product.messages} == {"text", "image", "audio", "location"}
    assert len({m["from_user_id"] for m in lab.product.messages}) == 5
    people = (await lab.control("GET", "customers"))["data"]
    assert len(people) == 5


async def test_reset_forgets_everything(lab: Lab) -> None:
    await lab.write()
    await lab.send_text()
    await lab.hours(24)
    await lab.fault("token_revoked")
    await lab.settings(webhooks={"escape": "utf8"})
    state = await lab.control("POST", "reset")
    assert (state["messages"], state["sent"], state["faults"]) == (0, 0, [])
    assert abs(state["clock"]["offset"]) < 1
    assert state["numbers"][0]["webhook"] is None
    assert (await lab.control("GET", "settings"))["webhooks"]["escape"] == "ascii"
    await connect(lab)
    await lab.write()
    await lab.quiet()
    assert lab.product.messages


async def test_settings_refuse_what_they_do_not_know(lab: Lab) -> None:
    await lab.control("PATCH", "settings", {"weather": {"sun": True}}, expect=422)
    await lab.control("PATCH", "settings", {"webhooks": {"colour": "red"}}, expect=422)
    await lab.control("PATCH", "settings", {"webhooks": {"batch_max": "many"}}, expect=422)


async def test_live_events(lab: Lab) -> None:
    async with lab.client.stream("GET", "/_sim/live") as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: hello"
        await lab.write(text="hello there")
        async for line in lines:
            if line.startswith("data: ") and "hello there" in line:
                assert json.loads(line.removeprefix("data: "))["direction"] == "in"
                break


async def test_setup_waits_for_the_product(lab: Lab) -> None:
    url, lab.product.verify_token = lab.product.url, "not yet"
    found = await lab.control("POST", "setup", {"webhook_url": url, "wait": 0.1})
    assert found["webhook"]["verified"] is False
    await lab.write(text="early")
    lab.product.verify_token = "demo-verify-token"
    await lab.until(lambda: lab.product.messages)
    assert lab.product.messages[0]["text"]["body"] == "early"


def test_samples_are_what_they_say() -> None:
    for name in samples.NAMES:
        data, mime, filename = samples.make(name)
        assert filename
        if mime.startswith("image/"):
            with Image.open(io.BytesIO(data)) as image:
                image.load()
                assert Image.MIME[image.format or ""] == mime
    assert len(samples.make("sticker")[0]) < 100_000
    assert samples.make("voice")[0].startswith(b"OggS")
    assert samples.make("video")[0][4:8] == b"ftyp"
    assert samples.make("document")[0].startswith(b"%PDF")


async def test_strangers_of_a_load_test_are_not_kept(lab: Lab) -> None:
    await lab.settings(strangers={"window_open": True, "read_after": 0.01}, webhooks={"batch_max": 1000})
    await lab.control("PATCH", f"numbers/{NUMBER}", {"throughput": 0, "pair_limit": False})
    for n in range(50):
        response = await lab.send({"type": "text", "text": {"body": "hi"}}, to=f"+8190{n:08d}")
        assert response.status_code == 200
    await lab.quiet()
    assert len(lab.product.statuses) == 150
    assert not lab.sim.world.messages
    assert not lab.sim.world.threads
    await lab.control("POST", "flood", {"messages": 10, "customers": 2, "per_second": 1000})
    await lab.until(lambda: len(lab.product.messages) == 10)
    body = {"status": "read", "message_id": lab.product.messages[0]["id"]}
    assert (await lab.send(body, to=None)).json() == {"success": True}
