"""The simulated gateways and the product: out, reports in every odd order, and what customers write."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.inbound.process import match_waiting
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.outbound.address import send_to_address
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.pump import OutboundPump
from madoguchi.simulator.sms.gateways import Gateways
from tests.inbound.conftest import Pipeline
from tests.support.world import Workspace, make_sms

PROVIDERS = ("twilio", "cm", "kannel")
_STATUS = "SELECT status FROM messages WHERE direction = 'out'"


class Desk:
    """The product behind a web server that passes webhooks on, and the gateways beside it."""

    def __init__(self, context: Context, workspace: Workspace, pipeline: Pipeline) -> None:
        self.context, self.workspace, self.pipeline = context, workspace, pipeline
        self.gateways = Gateways()
        self.url = ""
        self.inbox: InboxConfig

    async def webhook(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        key = request.match_info["key"]
        directory = InboxDirectory(self.context.db, self.context.secrets, self.url)
        self.pipeline.receiver._directory = directory
        status, answer = await self.pipeline.request(
            key, body, headers, method=request.method, query=request.rel_url.raw_query_string
        )
        return web.Response(status=status, body=answer)

    async def connect(self, provider: str, **more: str) -> None:
        settings = {
            "provider": provider,
            "twilio_url": f"{self.url}/twilio",
            "cm_url": f"{self.url}/cm",
            "kannel_url": f"{self.url}/kannel/cgi-bin/sendsms",
        }
        secrets = {
            "auth_token": "twilio-token",
            "product_token": "t",
            "kannel_username": "u",
            "kannel_password": "p",
        } | more
        self.inbox = await make_sms(self.context.db, self.workspace.id, settings=settings, credentials=secrets)
        await self.control("setup", {provider: f"{self.url}/webhooks/{self.inbox.settings['webhook_key']}"})

    async def control(self, what: str, wish: dict[str, Any]) -> dict[str, Any]:
        async with aiohttp.ClientSession() as http, http.post(f"{self.url}/_sim/sms/{what}", json=wish) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def write(self, text: str) -> None:
        async with self.context.db.workspace(self.workspace.id) as tx:
            draft = MessageDraft(type="text", text=text)
            await send_to_address(tx, self.workspace.agent.principal, self.inbox.id, "+819011110001", draft)

    async def until(self, expected: list[str]) -> None:
        directory = InboxDirectory(self.context.db, self.context.secrets, self.url)
        pump = OutboundPump(self.context.db.dsn, directory, self.context.http, self.context.storage)
        task = asyncio.create_task(pump.run())
        try:
            async with asyncio.timeout(20):
                while [row["status"] for row in await self.pipeline.all(_STATUS)] != expected:
                    await self.pipeline.process()
                    await match_waiting(self.pipeline.work, directory, range(64))
                    await asyncio.sleep(0.05)
        finally:
            pump.stop()
            await task


@pytest.fixture
async def desk(context: Context, workspace: Workspace, pipeline: Pipeline) -> AsyncIterator[Desk]:
    async with _served(Desk(context, workspace, pipeline)) as served:
        yield served


@asynccontextmanager
async def _served(desk: Desk) -> AsyncIterator[Desk]:
    app = web.Application()
    desk.gateways.add_to(app)
    app.router.add_route("*", "/webhooks/{key}", desk.webhook)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    desk.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield desk
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("receipts", ["once", "twice", "before"])
async def test_out_and_reported(desk: Desk, provider: str, receipts: str) -> None:
    await desk.connect(provider)
    await desk.control("faults", {"receipts": receipts})
    await desk.write("こんにちは")
    await desk.until(["delivered"])
    assert [each.text for each in desk.gateways.texts] == ["こんにちは"]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_lost_answer_is_settled_by_the_report(desk: Desk, provider: str) -> None:
    await desk.connect(provider)
    await desk.control("faults", {"lose_answers": 1, "receipt_delay": 0.5})
    await desk.write("once")
    await desk.until(["delivered"])
    assert [each.text for each in desk.gateways.texts] == ["once"]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_customers_write(desk: Desk, provider: str) -> None:
    await desk.connect(provider)
    wish = {"provider": provider, "from": "+819011110001", "to": "+815012345678", "text": "予約 👍"}
    assert (await desk.control("messages", wish))["status"] == 200
    await desk.pipeline.process()
    assert (await desk.pipeline.one("SELECT text FROM messages"))["text"] == "予約 👍"


async def test_what_the_provider_knows_of_stop_is_learnt(desk: Desk) -> None:
    await desk.connect("twilio")
    await desk.control("faults", {"refuse": 21610})
    await desk.write("hello")
    await desk.until(["failed"])
    assert await desk.pipeline.all("SELECT purpose, state, source FROM consents") == [
        {"purpose": "all", "state": "withdrawn", "source": "provider"}
    ]
