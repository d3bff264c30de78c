"""A load generator that costs little: prepared requests over plain sockets, one in flight per connection.

It runs as a process of its own and prints its figures as one JSON line; it shares the machine with what it measures.
"""

import asyncio
import hashlib
import hmac
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import uvloop


def text_webhook(number: int, people: int, run: str) -> dict[str, Any]:
    person = number % people
    return {
        "messages": [
            {
                "from": f"8190{person:08d}",
                "from_user_id": f"JP.{person}",
                "id": f"wamid.{run}.{number}",
                "timestamp": str(int(time.time())),
                "type": "text",
                "text": {"body": f"{run} {number} 予約をお願いします。窓側の席はありますか"},
            }
        ],
        "contacts": [
            {"profile": {"name": f"Customer {person}"}, "wa_id": f"8190{person:08d}", "user_id": f"JP.{person}"}
        ],
    }


def request_bytes(path: str, value: dict[str, Any], secret: str) -> bytes:
    metadata = {"display_phone_number": "815012345678", "phone_number_id": "100000000000001"}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    entry = {"id": "200000000000001", "changes": [change]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, separators=(",", ":")).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last has come."""

    def __init__(
        self, feed: Callable[[], bytes | None], note: Callable[[float, int], None], done: asyncio.Event
    ) -> None:
        self._feed = feed
        self._note = note
        self._done = done
        self._transport: asyncio.Transport | None = None
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._next()

    def data_received(self, data: bytes) -> None:
        # Answers of the measured paths come in one piece: status line, headers and a short body.
        self._note(time.perf_counter() - self._sent_at, int(data[9:12]))
        self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        self._done.set()

    def _next(self) -> None:
        request = self._feed()
        if self._transport is None:
            return
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


async def flood(port: int, requests: list[bytes], connections: int) -> dict[str, Any]:
    """As fast as answers come."""
    queue = iter(requests)
    latencies: list[float] = []
    statuses: dict[int, int] = {}

    def note(seconds: float, status: int) -> None:
        latencies.append(seconds)
        statuses[status] = statuses.get(status, 0) + 1

    loop = asyncio.get_running_loop()
    ends = [asyncio.Event() for _ in range(connections)]
    started = time.perf_counter()
    for end in ends:
        factory = partial(Connection, partial(next, queue, None), note, end)
        await loop.create_connection(factory, "127.0.0.1", port)
    await asyncio.gather(*(end.wait() for end in ends))
    return _figures(latencies, time.perf_counter() - started, statuses)


async def pace(port: int, requests: list[bytes], per_second: float, connections: int) -> dict[str, Any]:
    """At a given rate; the time a request waits for a free connection counts as latency."""
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))

    async def one(request: bytes, due: float) -> None:
        reader, writer = await free.get()
        writer.write(request)
        answer = await reader.read(4096)
        latencies.append(time.perf_counter() - due)
        statuses[int(answer[9:12])] = statuses.get(int(answer[9:12]), 0) + 1
        free.put_nowait((reader, writer))

    started = time.perf_counter()
    tasks = []
    for number, request in enumerate(requests):
        due = started + number / per_second
        if (wait := due - time.perf_counter()) > 0.001:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(request, due)))
    await asyncio.gather(*tasks)
    return _figures(latencies, time.perf_counter() - started, statuses)


def _figures(latencies: list[float], seconds: float, statuses: dict[int, int]) -> dict[str, Any]:
    ordered = sorted(latencies)
    return {
        "requests": len(ordered),
        "seconds": seconds,
        "per_second": len(ordered) / seconds,
        "p50_ms": percentile(ordered, 0.50) * 1000,
        "p99_ms": percentile(ordered, 0.99) * 1000,
        "statuses": statuses,
    }


def percentile(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def prepared(options: dict[str, Any]) -> Iterator[bytes]:
    run = f"{random.getrandbits(32):08x}"
    for number in range(options["count"]):
        value = text_webhook(number, options["people"], run)
        yield request_bytes(options["path"], value, options["secret"])


def main() -> None:
    options = json.loads(sys.argv[1])
    requests = list(prepared(options))
    print("prepared", flush=True)
    sys.stdin.readline()  # the caller says when
    rate = options.get("per_second")
    work = (
        pace(options["port"], requests, rate, options["connections"])
        if rate
        else flood(options["port"], requests, options["connections"])
    )
    print(json.dumps(uvloop.run(work)), flush=True)


if __name__ == "__main__":
    main()
