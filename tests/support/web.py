"""The web application on a real socket, and clients that call it as a person or a program would."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn

from madoguchi.app import create_app
from madoguchi.context import Context
from madoguchi.processes.web import server_config
from tests.support.world import Person


class Web:
    """A running server. `client()` without a person is a stranger."""

    def __init__(self, url: str, stack: contextlib.AsyncExitStack) -> None:
        self.url = url
        self._stack = stack

    async def client(self, person: Person | None = None, **more: Any) -> httpx.AsyncClient:
        """Its paths are relative to /api/v1."""
        headers = person.bearer if person else {}
        client = httpx.AsyncClient(base_url=f"{self.url}/api/v1/", headers=headers, timeout=20, **more)
        return await self._stack.enter_async_context(client)

    async def signed_in(self, email: str, password: str) -> httpx.AsyncClient:
        """A browser with the session's cookies, which sends the CSRF header as the console does."""
        client = await self.client()
        answer = await client.post("session", json={"email": email, "password": password})
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = client.cookies["madoguchi_csrf"]
        return client


@asynccontextmanager
async def running_web(context: Context) -> AsyncIterator[Web]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    server = uvicorn.Server(server_config(create_app(context), "127.0.0.1"))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if task.done():
            task.result()
            raise RuntimeError("the application did not start")
        await asyncio.sleep(0.01)
    try:
        async with contextlib.AsyncExitStack() as stack:
            yield Web(f"http://127.0.0.1:{listener.getsockname()[1]}", stack)
    finally:
        server.should_exit = True
        await task
