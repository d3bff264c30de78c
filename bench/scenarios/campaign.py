"""A campaign through the simulator at a limit of 1,000 a second, its receipts flowing back, and an agent's replies in the middle of it."""

import asyncio
import itertools
import json
import time
from datetime import datetime
from typing import Any

import aiohttp
import websockets

from bench.load import percentile
from bench.product import Product
from bench.provider import Provider
from bench.scenarios.ingest import Database

_LIMIT = 1000
_TEMPLATE = {"name": "order_shipped", "language": "en_US"}
_VARIABLES = {"header.1": "M-1042", "1": "Maria", "2": "Friday", "button.0": "M-1042"}
_PATIENCE = 300.0
_CUSTOMERS = 10


def measure(product: Product, provider: Provider, count: int) -> dict[str, Any]:
    provider.call("PATCH", "/_sim/settings", {"strangers": {"read_after": 1.0}})
    inbox = provider.make_inbox(product, throughput=_LIMIT)
    return asyncio.run(_measure(product, provider, inbox, count))


async def _measure(product: Product, provider: Provider, inbox: dict[str, Any], count: int) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {product.token}"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{product.port}", headers=headers) as session:
        talks = await asyncio.to_thread(_open_conversations, product, provider, inbox)
        alone = await _replies(product, session, talks, 50)
        with product.idle_worker():
            started = time.monotonic()
            await _queue(session, inbox["id"], count)
            queued = count / (time.monotonic() - started)
        cpu, started = product.cpu_seconds(), time.monotonic()
        beside = await _replies(product, session, talks, 50)
        seconds = await asyncio.to_thread(_until_all_is_known, product, count, started)
    sends = _per_second(provider)
    return {
        "messages": count,
        "queued_by_the_api_per_second": queued,
        "limit_per_second": _LIMIT,
        "sent_per_second": sends,
        "of_limit": sends / _LIMIT,
        "receipts_stored_per_second": 3 * count / seconds,
        "seconds_until_the_last_receipt_was_stored": seconds,
        "cpu_seconds_per_1000_with_receipts": (product.cpu_seconds() - cpu) / count * 1000,
        "reply_to_accepted_alone_p50_ms": percentile(alone, 0.5) * 1000,
        "reply_to_accepted_alone_p99_ms": percentile(alone, 0.99) * 1000,
        "reply_to_accepted_in_the_campaign_p50_ms": percentile(beside, 0.5) * 1000,
        "reply_to_accepted_in_the_campaign_p99_ms": percentile(beside, 0.99) * 1000,
    }


def _open_conversations(product: Product, provider: Provider, inbox: dict[str, Any]) -> list[str]:
    """Customers write, so that an agent may answer with plain words; several, for one may only be told so much a minute."""
    for number in range(_CUSTOMERS):
        customer = provider.call(
            "POST", "/_sim/customers", {"name": f"Reader {number}", "phone": f"81905550000{number}"}
        )
        said = {"type": "text", "text": "hello", "number": inbox["number"]}
        provider.call("POST", f"/_sim/customers/{customer['id']}/messages", said)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = product.call("GET", f"/api/v1/conversations?inbox_id={inbox['id']}")["items"]
        if len(found) == _CUSTOMERS:
            return [each["id"] for each in found]
        time.sleep(0.05)
    raise RuntimeError("the customers' messages did not arrive in 30 s")


async def _queue(session: aiohttp.ClientSession, inbox_id: str, count: int) -> None:
    numbers = iter(range(count))

    async def one_after_the_other() -> None:
        for number in numbers:
            template = {**_TEMPLATE, "variables": _VARIABLES}
            body = {"inbox_id": inbox_id, "to": f"+8170{number:08d}", "type": "template", "template": template}
            async with session.post("/api/v1/messages", json={**body, "bulk": True}) as answer:
                if answer.status != 201:
                    raise RuntimeError(f"not queued: {answer.status} {await answer.text()}")

    await asyncio.gather(*(one_after_the_other() for _ in range(16)))


async def _replies(product: Product, session: aiohttp.ClientSession, talks: list[str], count: int) -> list[float]:
    """Seconds from the agent's request to the frame that says the provider has accepted it; ten a second."""
    url = f"ws://127.0.0.1:{product.port}/api/v1/live?since={product.events_processed()}"
    headers = {"Authorization": f"Bearer {product.token}"}
    waiting: dict[str, float] = {}
    took: list[float] = []
    async with websockets.connect(url, additional_headers=headers, max_size=None, max_queue=None) as socket:
        watcher = asyncio.create_task(_watch(socket, waiting, took, count))
        for number in range(count):
            text = f"reply {number} {time.time_ns()}"
            waiting[text] = time.perf_counter()
            path = f"/api/v1/conversations/{talks[number % len(talks)]}/messages"
            async with session.post(path, json={"type": "text", "text": text}) as answer:
                if answer.status != 201:
                    raise RuntimeError(f"no reply: {answer.status} {await answer.text()}")
            await asyncio.sleep(0.1)
        await asyncio.wait_for(watcher, 120)
    return sorted(took)


async def _watch(socket: Any, waiting: dict[str, float], took: list[float], count: int) -> None:
    async for frame in socket:
        event = json.loads(frame)
        message = event["data"] or {}
        text = message.get("text")
        if text in waiting and message.get("status") in {"sent", "delivered", "read"}:
            took.append(time.perf_counter() - waiting.pop(text))
            if len(took) == count:
                return


def _until_all_is_known(product: Product, count: int, started: float) -> float:
    with Database(product) as database:
        while time.monotonic() - started < _PATIENCE:
            if database.receipts_of_bulk("read") >= count:
                return time.monotonic() - started
            time.sleep(0.2)
        raise RuntimeError(f"after {_PATIENCE:.0f} s only {database.receipts_of_bulk('read')} of {count} are read")


def _per_second(provider: Provider) -> float:
    """Between the first and the last tenth: how a campaign goes once it goes."""
    times = sorted(
        datetime.fromisoformat(each["at"]).timestamp() for each in provider.sent() if each["type"] == "template"
    )
    skip = len(times) // 10
    middle = list(itertools.islice(times, skip, len(times) - skip))
    return (len(middle) - 1) / (middle[-1] - middle[0])
