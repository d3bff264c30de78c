"""Whose word about an address is taken: the throttle of sign-ins counts by it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from madoguchi.api import throttle
from madoguchi.app import create_app
from madoguchi.context import Context
from madoguchi.processes.web import Server, server_config


@asynccontextmanager
async def serving(context: Context, proxies: str) -> AsyncIterator[httpx.AsyncClient]:
    """As a web process serves."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(server_config(create_app(context), proxies))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1/") as client:
        yield client
    server.should_exit = True
    await task


async def tried(client: httpx.AsyncClient, address: str) -> int:
    body = {"email": "nobody@example.com", "password": "wrong password"}
    return (await client.post("session", json=body, headers={"X-Forwarded-For": address})).status_code


@pytest.mark.parametrize(("proxies", "another"), [("10.0.0.9, 127.0.0.0/8", 401), ("10.0.0.9", 429)])
async def test_a_trusted_proxy_tells_who_guesses(
    context: Context, monkeypatch: pytest.MonkeyPatch, proxies: str, another: int
) -> None:
    monkeypatch.setattr(throttle, "_PER_PERSON", 2)
    async with serving(context, proxies) as client:
        assert [await tried(client, "203.0.113.5") for _ in range(3)] == [401, 401, 429]
        assert await tried(client, "203.0.113.6") == another
