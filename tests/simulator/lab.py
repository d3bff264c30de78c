"""A simulator in this process, and a stand-in for the product that collects its webhooks."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web

from madoguchi.simulator import seed
from madoguchi.simulator.main import build, listen
from madoguchi.simulator.simulator import Simulator
from madoguchi.simulator.webhooks.signing import signature

Json = dict[str, Any]
NUMBER, WABA, APP, TOKEN = seed.NUMBER, seed.WABA, seed.APP, seed.TOKEN
HANAKO = "819011110001"
PATIENCE = 5.0


@dataclass
class Hook:
    body: bytes
    signature: str | None

    @cached_property
    def json(self) -> Json:
        found: Json = json.loads(self.body)
        return found

    @property
    def genuine(self) -> bool:
        return self.signature == signature(seed.APP_SECRET, self.body)


@dataclass
class Product:
    """Answers the verification, and 200 (or what `answer` says) to every webhook."""

    url: str = ""
    hooks: list[Hook] = field(default_factory=list)
    answer: Callable[[Hook], int] = lambda _: 200
    verify_token: str = seed.VERIFY_TOKEN

    async def on_get(self, request: web.Request) -> web.Response:
        if request.query.get("hub.verify_token") != self.verify_token:
            return web.Response(status=403)
        return web.Response(text=request.query["hub.challenge"])

    async def on_post(self, request: web.Request) -> web.Response:
        hook = Hook(await request.read(), request.headers.get("X-Hub-Signature-256"))
        status = self.answer(hook)
        self.hooks.append(hook)
        return web.Response(status=status)

    @property
    def values(self) -> list[Json]:
        return [change["value"] for hook in self.hooks for entry in hook.json["entry"] for change in entry["changes"]]

    @property
    def messages(self) -> list[Json]:
        return [message for value in self.values for message in value.get("messages", [])]

    @property
    def statuses(self) -> list[Json]:
        return [status for value in self.values for status in value.get("statuses", [])]

    def story(self, wamid: str) -> list[str]:
        return [status["status"] for status in self.statuses if status["id"] == wamid]


@dataclass
class Lab:
    sim: Simulator
    url: str
    client: httpx.AsyncClient
    product: Product

    async def control(self, method: str, path: str, body: Json | None = None, *, expect: int | None = None) -> Json:
        response = await self.client.request(method, f"/_sim/{path}", json=body)
        if expect is None:
            assert response.status_code < 300, response.text
        else:
            assert response.status_code == expect, response.text
        found: Json = response.json()
        return found

    async def graph(self, method: str, path: str, body: Json | None = None, *, token: str = TOKEN) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.request(method, f"/graph/v26.0/{path}", json=body, headers=headers)

    async def send(self, body: Json, *, to: str | None = HANAKO, number: str = NUMBER) -> httpx.Response:
        envelope: Json = {"messaging_product": "whatsapp"}
        if to:
            envelope["to"] = to
        return await self.graph("POST", f"{number}/messages", envelope | body)

    async def send_text(self, words: str = "hello", **more: Any) -> str:
        response = await self.send({"type": "text", "text": {"body": words}, **more})
        assert response.status_code == 200, response.text
        wamid: str = response.json()["messages"][0]["id"]
        return wamid

    async def write(self, customer: str = "hanako", **request: Any) -> Json:
        request.setdefault("type", "text")
        if request["type"] == "text":
            request.setdefault("text", "こんにちは")
        return await self.control("POST", f"customers/{customer}/messages", request)

    async def settings(self, **sections: Json) -> None:
        await self.control("PATCH", "settings", sections)

    async def fault(self, name: str, **params: Any) -> None:
        await self.control("POST", "faults", {"name": name, **params})

    async def hours(self, hours: float) -> None:
        await self.control("POST", "clock", {"advance_seconds": hours * 3600})

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not true():
                await asyncio.sleep(0.01)

    async def quiet(self) -> None:
        """Until everything scheduled has happened and every webhook has arrived."""
        await self.until(lambda: not len(self.sim.scheduler))
        assert await self.sim.dispatcher.settle(PATIENCE)


@asynccontextmanager
async def serve_product(product: Product) -> AsyncIterator[Product]:
    app = web.Application(client_max_size=8 * 1024 * 1024)
    app.router.add_get("/hook", product.on_get)
    app.router.add_post("/hook", product.on_post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    product.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield product
    finally:
        await runner.cleanup()


@asynccontextmanager
async def open_lab(data: Path | None = None, clock_file: Path | None = None) -> AsyncIterator[Lab]:
    """A fast simulator, connected to a product."""
    sim = Simulator(data, clock_file)
    runner = await listen(sim, await build(sim), "127.0.0.1", 0)
    sim.settings.merge({"latency": {"sent": [0, 0], "delivered": [0, 0], "read": [0, 0]}})
    async with serve_product(Product()) as product, httpx.AsyncClient(base_url=sim.url, timeout=10) as client:
        try:
            yield Lab(sim, sim.url, client, product)
        finally:
            await runner.cleanup()
            await sim.stop()


async def connect(lab: Lab) -> None:
    found = await lab.control("POST", "setup", {"webhook_url": lab.product.url})
    assert found["webhook"] == {"url": lab.product.url, "verified": True}
