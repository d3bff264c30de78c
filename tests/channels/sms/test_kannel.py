"""A real Kannel between our HTTP requests and our message centre: it is the provider of the one and the client of the other."""

import asyncio
from uuid import UUID

from madoguchi.channels import registry
from madoguchi.channels.base import Accepted, InboxConfig, Part, RawRequest, Verified
from madoguchi.channels.events import Event, Identity, MessageReceived, ReceiptReceived
from madoguchi.channels.http import Http
from madoguchi.simulator.sms.smsc import Smsc
from tests.channels.provider import Provider, running_provider
from tests.support.kannel import running_kannel

JAPANESE = "ご予約ありがとうございます。" * 8


def _events(provider: Provider, inbox: InboxConfig) -> list[Event]:
    channel = registry.channel("sms")
    found: list[Event] = []
    for each in provider.requests:
        request = RawRequest(each["method"], each["query"], each["headers"], b"")
        verdict = channel.verify(request, inbox)
        assert isinstance(verdict, Verified)
        assert verdict.answer == b""  # anything else Kannel would send to the customer
        found += channel.parse(RawRequest("POST", {}, {**each["headers"], **verdict.keep}, b""))
    return found


async def test_both_ways_through_kannel() -> None:
    smsc = Smsc({"desk": "secret"})
    heard: list[tuple[str, str]] = []
    smsc.heard = lambda _source, to, text: heard.append((to, text))
    await smsc.start()
    async with running_provider() as provider, Http() as http:
        provider.answers = [{"status": 200, "text": ""}] * 20
        webhook = f"{provider.url}/webhooks/KEY"
        async with running_kannel(smsc.port, webhook) as address:
            settings = {"provider": "kannel", "sender": "815012345678", "kannel_url": address, "region": "JP"}
            secrets = {"kannel_username": "desk", "kannel_password": "kpass"}
            inbox = InboxConfig(UUID(int=2), UUID(int=1), "sms", "Desk", secrets, settings, webhook)
            part = Part(str(UUID(int=7)), (Identity("phone", "819011110001"),), "text", JAPANESE)
            result = await registry.channel("sms").send(part, inbox, http, None)  # type: ignore[arg-type]
            smsc.deliver("819011110001", "815012345678", "予約できますか 👍")
            async with asyncio.timeout(30):
                while not ({"delivered"} <= _reached(provider, inbox) and _texts(provider, inbox)):
                    await asyncio.sleep(0.05)
    await smsc.stop()
    assert isinstance(result, Accepted)
    assert heard == [("819011110001", JAPANESE)]
    assert _texts(provider, inbox) == ["予約できますか 👍"]
    references = {e.reference for e in _events(provider, inbox) if isinstance(e, ReceiptReceived)}
    assert references == {str(UUID(int=7))}


def _reached(provider: Provider, inbox: InboxConfig) -> set[str]:
    return {e.status for e in _events(provider, inbox) if isinstance(e, ReceiptReceived)}


def _texts(provider: Provider, inbox: InboxConfig) -> list[str | None]:
    return [e.text for e in _events(provider, inbox) if isinstance(e, MessageReceived)]
