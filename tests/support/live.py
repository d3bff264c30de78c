"""Programs that call the API and listen to the live sequence."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
from msgspec import Struct

from madoguchi.context import Context
from tests.support.web import running_web
from tests.support.world import Person


class Answer(Struct):
    status: int
    body: Any
    headers: dict[str, str]


class Live:
    """One open socket."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self.connection = connection

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        message = await self.connection.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise StopAsyncIteration
        return json.loads(message.data)

    async def next(self, seconds: float = 10) -> Any:
        return await asyncio.wait_for(anext(self), seconds)

    async def until(self, seq: int, seconds: float = 30) -> list[dict[str, Any]]:
        """Every frame up to the one with this number."""
        frames = []
        async with asyncio.timeout(seconds):
            async for frame in self:
                frames.append(frame)
                if frame.get("seq") == seq:
                    break
        return frames

    async def closed(self, seconds: float = 20) -> int | None:
        """The code it is closed with; what still comes is thrown away."""
        async with asyncio.timeout(seconds):
            async for _ in self:
                pass
        return self.connection.close_code


class Client:
    """One person's program; paths are given below /api/v1."""

    def __init__(self, session: aiohttp.ClientSession, base: str, token: str) -> None:
        self._session = session
        self._base = base
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **parameters: Any) -> Answer:
        """A list repeats its parameter."""
        many = [(k, v) for k, value in parameters.items() for v in (value if isinstance(value, list) else [value])]
        return await self.ask("GET", path, params=[(k, str(v)) for k, v in many])

    async def post(self, path: str, body: Any = None, key: str | None = None) -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        return await self.ask("POST", path, json=body, headers=headers)

    async def put(self, path: str, body: Any) -> Answer:
        return await self.ask("PUT", path, json=body)

    async def patch(self, path: str, body: Any) -> Answer:
        return await self.ask("PATCH", path, json=body)

    async def delete(self, path: str, **parameters: str) -> Answer:
        return await self.ask("DELETE", path, params=parameters)

    async def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        sent = self._headers | (headers or {})
        async with self._session.request(method, f"{self._base}/api/v1{path}", headers=sent, **more) as answer:
            raw = await answer.read()
            return Answer(answer.status, json.loads(raw) if raw else None, dict(answer.headers))

    @asynccontextmanager
    async def live(self, headers: dict[str, str] | None = None, **query: Any) -> AsyncIterator[Live]:
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        url = f"{self._base}/api/v1/live?{asked}"
        sent = self._headers if headers is None else headers
        async with self._session.ws_connect(url, headers=sent, max_msg_size=0) as connection:
            yield Live(connection)


class Programs:
    """A running server, and a client for anyone."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session = session
        self.base = base

    def client(self, person: Person) -> Client:
        return Client(self.session, self.base, person.token)


@asynccontextmanager
async def running_programs(context: Context) -> AsyncIterator[Programs]:
    async with running_web(context) as web, aiohttp.ClientSession() as session:
        yield Programs(session, web.url)
