"""The outermost layer of every request but the webhooks: its id, its headers, its figures."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from madoguchi.api.metrics import observe
from madoguchi.core.about import about
from madoguchi.core.ids import new_id

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(self), microphone=(self), geolocation=(self)",
    # What an answer of the API needs when somebody opens it as a page: nothing.
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}
_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


class Edge:
    def __init__(self, app: App, *, secure: bool) -> None:
        self._app = app
        self._always = dict([*_HEADERS.items(), *([_TRANSPORT] if secure else [])])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 500

        async def decorated(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": self._headers(message["headers"], scope["path"], request_id)}
            await send(message)

        with about(request_id=request_id):
            await self._app(scope, receive, decorated)
        observe(scope["method"], scope.get("path_template") or "unknown", status, time.perf_counter() - started)

    def _headers(self, given: Any, path: str, request_id: str) -> list[tuple[bytes, bytes]]:
        headers = [(bytes(name).lower(), bytes(value)) for name, value in given]
        present = {name for name, _ in headers}
        headers += [(name, value) for name, value in self._always.items() if name not in present]
        if path.startswith("/api/") and b"cache-control" not in present:
            headers.append((b"cache-control", b"no-store"))
        return [*headers, (b"x-request-id", request_id.encode())]
