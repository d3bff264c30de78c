"""One bound connection to an operator's message centre. What was asked and not answered when it ends is uncertain."""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from typing import Any

from msgspec import Struct

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.sms.smpp import pdu as wire
from madoguchi.channels.sms.smpp.pdu import Malformed, Pdu
from madoguchi.channels.sms.smpp.tls import context_of

_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 30.0
_PING_ANSWER_SECONDS = 10.0
_LAST_SEQUENCE = 0x7FFFFFFF


class BindRefused(Exception):  # noqa: N818 - the operator's answer
    def __init__(self, status: int) -> None:
        super().__init__(f"0x{status:02X}")
        self.status = status


class LinkLost(Exception):  # noqa: N818 - a fact
    """`left`: the request may have reached the operator."""

    def __init__(self, *, left: bool) -> None:
        super().__init__("the link was lost")
        self.left = left


class Endpoint(Struct, frozen=True):
    """Where and as whom to bind."""

    host: str
    port: int
    tls: bool
    ca: str
    system_id: str
    password: str
    system_type: str
    window: int
    ping_seconds: float


def endpoint_of(inbox: InboxConfig, settings: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        host=str(settings["smpp_host"] or ""),
        port=int(settings["smpp_port"]),
        tls=settings["smpp_tls"] == "implicit",
        ca=str(settings["tls_ca"] or ""),
        system_id=inbox.credentials.get("system_id", ""),
        password=inbox.credentials.get("smpp_password", ""),
        system_type=str(settings["smpp_system_type"] or ""),
        window=max(1, min(int(settings["smpp_window"]), 500)),
        ping_seconds=max(1.0, float(settings["smpp_ping_seconds"])),
    )


class Link:
    """Made by `open`. `received` has the messages and reports that came; None at its end says that the link is over."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, endpoint: Endpoint) -> None:
        self._reader = reader
        self._writer = writer
        self._endpoint = endpoint
        self._window = asyncio.Semaphore(endpoint.window)
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._sequence = 0
        self._tasks: list[asyncio.Task[None]] = []
        self.received: asyncio.Queue[Pdu | None] = asyncio.Queue(1000)
        self.closed = asyncio.Event()

    @classmethod
    async def open(cls, endpoint: Endpoint, command: int) -> "Link":
        """Raises BindRefused, LinkLost and OSError (ssl.SSLError is one)."""
        context = context_of(endpoint.ca) if endpoint.tls else None
        async with asyncio.timeout(_CONNECT_SECONDS):
            streams = await asyncio.open_connection(endpoint.host, endpoint.port, ssl=context)
        link = cls(*streams, endpoint)
        link._tasks.append(asyncio.create_task(link._read()))
        try:
            body = wire.bind_body(endpoint.system_id, endpoint.password, endpoint.system_type)
            answer = await link.ask(command, body)
            if answer.status != wire.OK:
                raise BindRefused(answer.status)
        except BaseException:
            await link.close(politely=False)
            raise
        link._tasks.append(asyncio.create_task(link._ping()))
        return link

    async def ask(self, command: int, body: bytes = b"", seconds: float = _ANSWER_SECONDS) -> Pdu:
        """At most `window` messages at once. Raises LinkLost: with `left` when no answer came in time or the link was cut meanwhile."""
        # A question whether the link lives must not wait behind the messages that a dead one does not answer.
        async with self._window if command == wire.SUBMIT_SM else nullcontext():
            if self.closed.is_set():
                raise LinkLost(left=False)
            sequence = self._next()
            answer: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
            self._waiting[sequence] = answer
            try:
                async with asyncio.timeout(seconds):  # a peer that reads no more would hold the writing for ever
                    self._write(Pdu(command, wire.OK, sequence, body))
                    await self._writer.drain()
                    return await answer
            except (TimeoutError, OSError) as error:
                raise LinkLost(left=True) from error
            finally:
                self._waiting.pop(sequence, None)

    def answer(self, request: Pdu, status: int = wire.OK) -> None:
        """Only after what came is stored."""
        body = b"\0" if request.command in {wire.DELIVER_SM, wire.DATA_SM} else b""
        if not self.closed.is_set():
            self._write(Pdu(request.command | wire.RESPONSE, status, request.sequence, body))

    async def close(self, *, politely: bool = True) -> None:
        if politely and not self.closed.is_set():
            with suppress(LinkLost):
                await self.ask(wire.UNBIND, seconds=1.0)
        self._end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._writer.close()
        try:
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()
        except OSError:  # TimeoutError is one: what it never read is dropped
            self._writer.transport.abort()

    def _write(self, pdu: Pdu) -> None:
        self._writer.write(wire.pack(pdu))

    def _next(self) -> int:
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        return self._sequence

    async def _read(self) -> None:
        try:
            while True:
                header = await self._reader.readexactly(wire.HEADER_BYTES)
                rest = await self._reader.readexactly(wire.length_of(header) - wire.HEADER_BYTES)
                await self._take(wire.unpack(header + rest))
        except (OSError, asyncio.IncompleteReadError, Malformed):
            self._end()

    async def _take(self, pdu: Pdu) -> None:
        if pdu.is_response:
            waiting = self._waiting.get(pdu.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu)
        elif pdu.command in {wire.DELIVER_SM, wire.DATA_SM}:
            await self.received.put(pdu)
        elif pdu.command in {wire.ENQUIRE_LINK, wire.UNBIND}:
            self.answer(pdu)
            if pdu.command == wire.UNBIND:
                self._end()
        else:
            self._write(Pdu(wire.GENERIC_NACK, wire.INVALID_COMMAND, pdu.sequence))

    async def _ping(self) -> None:
        """A link that answers no question is dead, whatever TCP believes."""
        while True:
            await asyncio.sleep(self._endpoint.ping_seconds)
            try:
                await self.ask(wire.ENQUIRE_LINK, seconds=_PING_ANSWER_SECONDS)
            except LinkLost:
                self._end()
                return

    def _end(self) -> None:
        if self.closed.is_set():
            return
        self.closed.set()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(LinkLost(left=True))
        self._writer.close()
        with suppress(asyncio.QueueFull):
            self.received.put_nowait(None)
