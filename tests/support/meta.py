"""Webhooks as Meta sends them, and a provider's server that answers as told. Shapes from Meta's documentation."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from aiohttp import web

from tests.support.world import WHATSAPP

_numbers = count(1)


def text_message(text: str = "hello", **changes: Any) -> dict[str, Any]:
    """One element of `messages[]`."""
    number = next(_numbers)
    return {
        "from": "819011110001",
        "from_user_id": "JP.81901111",
        "id": f"wamid.in{number}.{time.time_ns()}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
        **changes,
    }


def status(wamid: str, name: str, **changes: Any) -> dict[str, Any]:
    """One element of `statuses[]`."""
    return {"id": wamid, "status": name, "timestamp": str(int(time.time())), "recipient_id": "819011110001", **changes}


def webhook(
    *messages: dict[str, Any],
    statuses: tuple[dict[str, Any], ...] = (),
    profile: str = "Hanako",
    phone_number_id: str = WHATSAPP["phone_number_id"],
) -> bytes:
    people = {m["from_user_id"]: m.get("from") for m in messages if "from_user_id" in m}
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "815012345678", "phone_number_id": phone_number_id},
    }
    if people:
        value["contacts"] = [
            {"profile": {"name": profile}, "user_id": bsuid, **({"wa_id": phone} if phone else {})}
            for bsuid, phone in people.items()
        ]
    if messages:
        value["messages"] = list(messages)
    if statuses:
        value["statuses"] = list(statuses)
    change = {"field": "messages", "value": value}
    entry = {"id": WHATSAPP["business_account_id"], "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, separators=(",", ":")).encode()


def sign(body: bytes, secret: str = WHATSAPP["app_secret"]) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}


Answer = Callable[[dict[str, Any]], Awaitable[web.StreamResponse]]


class Provider:
    """Accepts messages on /graph/{version}/{number}/messages and keeps every request it took."""

    def __init__(self) -> None:
        self.url = ""
        self.taken: list[dict[str, Any]] = []
        self.answer: Answer = self.accept

    async def accept(self, body: dict[str, Any]) -> web.StreamResponse:
        wamid = f"wamid.out{len(self.taken)}.{body.get('biz_opaque_callback_data')}"
        return web.json_response(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": body.get("to"), "wa_id": str(body.get("to", "")).lstrip("+")}],
                "messages": [{"id": wamid}],
            }
        )

    @staticmethod
    def error(code: int, http: int = 400, message: str = "no") -> Answer:
        async def answer(_body: dict[str, Any]) -> web.StreamResponse:
            error = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, "fbtrace_id": "x"}
            return web.json_response({"error": error}, status=http)

        return answer

    @staticmethod
    def silence(seconds: float = 60) -> Answer:
        async def answer(_body: dict[str, Any]) -> web.StreamResponse:
            await asyncio.sleep(seconds)
            return web.json_response({})

        return answer

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if body.get("status") != "read":
            self.taken.append(body)
        return await self.answer(body)


@asynccontextmanager
async def running_provider() -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.router.add_post("/graph/{version}/{number}/messages", provider._messages)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}/graph"
    try:
        yield provider
    finally:
        await runner.cleanup()
