"""From the customer's message to the agent's open screen: webhook in, frame on the socket out."""

import asyncio
import base64
import json
import os
import time
from typing import Any
from urllib.parse import urlsplit

import websockets

from bench.load import percentile, request_bytes, text_webhook
from bench.product import SECRET, Product


def latency(product: Product, inbox: dict[str, Any], per_second: int, seconds: int, screens: int) -> dict[str, Any]:
    return asyncio.run(_measure(product, inbox, per_second, seconds, screens))


async def _measure(
    product: Product, inbox: dict[str, Any], per_second: int, seconds: int, screens: int
) -> dict[str, Any]:
    path = urlsplit(inbox["webhook_url"]).path
    run = f"screen{time.time_ns()}"
    count = per_second * seconds
    requests = [request_bytes(path, text_webhook(n, 500, run), SECRET) for n in range(count)]
    sent: dict[int, float] = {}
    seen: list[float] = []
    since = product.events_processed()
    url = f"ws://127.0.0.1:{product.port}/api/v1/live?since={since}"
    headers = {"Authorization": f"Bearer {product.token}"}
    crowd = [await _silent_screen(product, f"/api/v1/live?since={since}") for _ in range(screens - 1)]
    async with websockets.connect(url, additional_headers=headers, max_size=None) as socket:
        watcher = asyncio.create_task(_watch(socket, run, sent, seen, count))
        await _send(product.port, requests, per_second, sent)
        await asyncio.wait_for(watcher, 60)
    for drain, writer in crowd:
        drain.cancel()
        writer.close()
    ordered = sorted(seen)
    return {
        "messages": len(ordered),
        "screens": screens,
        "per_second": per_second,
        "p50_ms": percentile(ordered, 0.5) * 1000,
        "p99_ms": percentile(ordered, 0.99) * 1000,
        "max_ms": ordered[-1] * 1000,
    }


async def _watch(socket: Any, run: str, sent: dict[int, float], seen: list[float], count: int) -> None:
    async for frame in socket:
        now = time.perf_counter()
        event = json.loads(frame)
        text = (event["data"] or {}).get("text") or "" if event["type"] == "message.created" else ""
        if text.startswith(run):
            seen.append(now - sent[int(text.split(" ")[1])])
            if len(seen) == count:
                return


async def _silent_screen(product: Product, path: str) -> tuple[asyncio.Task[None], asyncio.StreamWriter]:
    """A socket that takes what comes without looking at it: two hundred real clients would be the load, not the product."""
    reader, writer = await asyncio.open_connection("127.0.0.1", product.port, limit=2**20)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {product.token}\r\n\r\n".encode()
    )
    answer = await reader.readuntil(b"\r\n\r\n")
    if b" 101 " not in answer:
        raise RuntimeError(f"no socket: {answer[:80]!r}")

    async def drain() -> None:
        while await reader.read(2**20):
            pass

    return asyncio.create_task(drain()), writer


async def _send(port: int, requests: list[bytes], per_second: int, sent: dict[int, float]) -> None:
    free: asyncio.Queue[Any] = asyncio.Queue()
    for _ in range(16):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))

    async def one(number: int) -> None:
        reader, writer = await free.get()
        sent[number] = time.perf_counter()
        writer.write(requests[number])
        await reader.read(4096)
        free.put_nowait((reader, writer))

    started = time.perf_counter()
    tasks = []
    for number in range(len(requests)):
        if (wait := started + number / per_second - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
