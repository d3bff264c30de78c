"""Ten thousand open screens that wait: what each costs, and one message told to all of them."""

import asyncio
import base64
import os
import resource
import time
from typing import Any
from urllib.parse import urlsplit

from bench.load import percentile, request_bytes, text_webhook
from bench.product import SECRET, Product

_AT_ONCE = 64


def measure(product: Product, inbox: dict[str, Any], wanted: int) -> dict[str, Any]:
    room = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500
    return asyncio.run(_measure(product, inbox, min(wanted, room)))


async def _measure(product: Product, inbox: dict[str, Any], count: int) -> dict[str, Any]:
    memory = product.memory_mib()
    path = f"/api/v1/live?since={product.events_processed()}"
    told = Told(count)
    started = time.monotonic()
    slots = asyncio.Semaphore(_AT_ONCE)

    async def open_one() -> None:
        async with slots:
            await _open(product, path, told)

    await asyncio.gather(*(open_one() for _ in range(count)))
    opened = time.monotonic() - started
    await asyncio.sleep(5)
    cpu, started = product.cpu_seconds(), time.monotonic()
    await asyncio.sleep(10)
    idle_cpu = (product.cpu_seconds() - cpu) / (time.monotonic() - started)
    grown = product.memory_mib() - memory
    seconds = sorted(await _tell_all(product, inbox, told))
    told.close()
    return {
        "sockets": count,
        "opened_per_second": count / opened,
        "kib_each": grown * 1024 / count,
        "idle_cpu_share_of_a_core": idle_cpu,
        "one_message_told_to_the_first_ms": seconds[0] * 1000,
        "one_message_told_to_half_ms": percentile(seconds, 0.5) * 1000,
        "one_message_told_to_all_ms": seconds[-1] * 1000,
    }


class Told:
    """Notes when each socket is told something after `begin()`."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._started: float | None = None
        self.seconds: list[float] = []
        self.all = asyncio.Event()
        self.transports: list[asyncio.Transport] = []

    def begin(self) -> None:
        self._started = time.perf_counter()

    def note(self) -> None:
        if self._started is None:
            return
        self.seconds.append(time.perf_counter() - self._started)
        if len(self.seconds) == self._count:
            self.all.set()

    def close(self) -> None:
        for transport in self.transports:
            transport.abort()


class Screen(asyncio.Protocol):
    """The first bytes are the answer to the handshake, the first after `begin()` the message."""

    def __init__(self, request: bytes, told: Told) -> None:
        self._request = request
        self._told = told
        self._noted = False
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._told.transports.append(transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self.open.done():
            if b" 101 " not in data[:20]:
                self.open.set_exception(RuntimeError(f"no socket: {data[:80]!r}"))
                return
            self.open.set_result(None)
        elif not self._noted and b"message.created" in data:
            self._noted = True
            self._told.note()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.open.done():
            self.open.set_exception(error or RuntimeError("the socket was closed before it was open"))


async def _open(product: Product, path: str, told: Told) -> None:
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {product.token}\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    _, screen = await loop.create_connection(lambda: Screen(request, told), "127.0.0.1", product.port)
    await asyncio.wait_for(screen.open, 60)


async def _tell_all(product: Product, inbox: dict[str, Any], told: Told) -> list[float]:
    request = request_bytes(urlsplit(inbox["webhook_url"]).path, text_webhook(1, 1, f"all{time.time_ns()}"), SECRET)
    reader, writer = await asyncio.open_connection("127.0.0.1", product.port)
    told.begin()
    writer.write(request)
    await reader.read(4096)
    await asyncio.wait_for(told.all.wait(), 60)
    writer.close()
    return told.seconds
