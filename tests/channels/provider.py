"""A provider on the loopback: answers what the case says, remembers what it was asked."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web


class Provider:
    def __init__(self) -> None:
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(await _recorded(request))
        answer: dict[str, Any] = (
            self.answers.pop(0) if self.answers else {"status": 500, "text": "no answer left in the case"}
        )
        if answer.get("drop"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        text = json.dumps(answer["json"]) if "json" in answer else str(answer.get("text", ""))
        return web.Response(
            status=answer.get("status", 200),
            body=text.replace("{server}", self.url).encode(),
            headers=answer.get("headers"),
            content_type=answer.get("type", "application/json"),
        )


@asynccontextmanager
async def running_provider() -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application(client_max_size=200 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", provider.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield provider
    finally:
        await runner.cleanup()


async def _recorded(request: web.Request) -> dict[str, Any]:
    recorded: dict[str, Any] = {
        "method": request.method,
        "path": request.path,
        "query": dict(request.query),
        "headers": {key.lower(): value for key, value in request.headers.items()},
    }
    if request.content_type.startswith("multipart/"):
        return recorded | {"fields": await _fields(request)}
    body = await request.read()
    if request.content_type == "application/x-www-form-urlencoded":
        return recorded | {"form": dict(parse_qsl(body.decode(), keep_blank_values=True))}
    if request.content_type == "text/plain":
        return recorded | {"text": body.decode()}
    return recorded | ({"json": json.loads(body)} if request.content_type == "application/json" and body else {})


async def _fields(request: web.Request) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        content = (await part.read()).decode()
        file = {"filename": part.filename, "type": part.headers.get("Content-Type"), "content": content}
        fields[str(part.name)] = file if part.filename else content
    return fields
