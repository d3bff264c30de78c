"""A picture that a customer sends by Twilio: from the webhook to the bytes, fetched with the account's token."""

from madoguchi.media.jobs import do_fetch
from madoguchi.simulator import samples
from madoguchi.simulator.sms import phones
from tests.inbound.test_gateways import Desk, desk

__all__ = ["desk"]  # a fixture

_SAID = {"provider": "twilio", "from": "+819011110001", "to": "+815012345678"}


async def _sends(desk: Desk, account: str, **more: object) -> None:
    await desk.connect("twilio", account_sid=account)
    assert (await desk.control("messages", {**_SAID, **more}))["status"] == 200
    await desk.pipeline.process()


async def test_pictures_arrive_with_their_bytes(desk: Desk) -> None:
    await _sends(desk, phones.ACCOUNT, text="家でも淹れました", media=["image", "harbour"])
    message = await desk.pipeline.one("SELECT type, text FROM messages")
    assert message == {"type": "image", "text": "家でも淹れました"}
    files = await desk.pipeline.all("SELECT id FROM media ORDER BY position")
    for file in files:
        await do_fetch(desk.context, desk.workspace.id, file["id"])
    stored = await desk.pipeline.all("SELECT state, content_type, size FROM media ORDER BY position")
    sizes = [len(samples.make(name)[0]) for name in ("image", "harbour")]
    assert stored == [{"state": "stored", "content_type": "image/png", "size": size} for size in sizes]


async def test_a_picture_without_words(desk: Desk) -> None:
    await _sends(desk, phones.ACCOUNT, media=["image"])
    assert await desk.pipeline.one("SELECT type, text FROM messages") == {"type": "image", "text": None}
