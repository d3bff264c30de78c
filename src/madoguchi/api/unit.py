"""One transaction per request, and the answer to an `Idempotency-Key` in the same transaction.

The answer leaves after the commit: a client that was told 201 finds its thing there, whatever dies next. An answer of
400 and above undoes everything the request did. With an `Idempotency-Key` the key's row, the effect and the stored
answer commit together; a second request with the same key waits for the first one's commit and gets its answer.
Only answers below 300 are stored: a refused request had no effect, so that the same key may try again.
"""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, cast

import structlog
from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware

from madoguchi.api import idempotency
from madoguchi.api.problem import PROBLEM_JSON, body_of, headers_of, problem_of
from madoguchi.core.errors import Unauthenticated
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection, Database
from madoguchi.events import service as events

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

log = structlog.get_logger()

# An option of handlers that are asked often and touch single rows: as `Database.workspace`.
KEPT_PLANS = "kept_plans"
_REFUSED = 400
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Unit:
    """The transaction of one request; opened when somebody first asks for it."""

    def __init__(self, db: Database, principal: Principal | None, *, kept_plans: bool = False) -> None:
        self._db = db
        self._principal = principal
        self._kept_plans = kept_plans
        self._stack = AsyncExitStack()
        self.connection: Connection | None = None

    async def begin(self) -> Connection:
        if self._principal is None:
            raise Unauthenticated
        if self.connection is None:
            begun = self._db.workspace(self._principal.workspace_id, kept_plans=self._kept_plans)
            self.connection = await self._stack.enter_async_context(begun)
            events.hold(self.connection)
        return self.connection

    async def commit(self) -> None:
        if self.connection is not None:
            await events.write_held(self.connection)
        self.connection = None
        await self._stack.aclose()

    async def roll_back(self) -> None:
        if self.connection is not None:
            events.drop_held(self.connection)
        self.connection = None
        await self._stack.__aexit__(_Undo, _Undo(), None)


class _Undo(Exception):  # noqa: N818 - tells the transaction's block to roll back
    pass


def unit_of(scope: "Scope") -> Unit:
    unit: Unit = scope["state"]["unit"]
    return unit


class UnitOfWork(ASGIMiddleware):
    """Runs inside the authentication, so that the principal is known."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, db: Database) -> None:
        self._db = db

    async def handle(self, scope: "Scope", receive: "Receive", send: "Send", next_app: "ASGIApp") -> None:
        scope = cast("HTTPScope", scope)
        kept_plans = bool(scope["route_handler"].opt.get(KEPT_PLANS))
        unit = Unit(self._db, scope["state"].get("principal"), kept_plans=kept_plans)
        scope["state"]["unit"] = unit
        answer = _Answer(unit, scope, send)
        try:
            key = await self._claim(unit, scope, receive)
            if key is not None and key.stored is not None:
                await unit.roll_back()
                await _replay(send, key.stored)
                return
            answer.key = key
            await next_app(scope, receive, answer.send)
        finally:
            await unit.roll_back()

    async def _claim(self, unit: Unit, scope: "HTTPScope", receive: "Receive") -> idempotency.Key | None:
        name = _header(scope, b"idempotency-key")
        # A streamed upload cannot be hashed before it is read; its handler deals with the key (media/api.py).
        if name is None or scope["method"] in _SAFE or scope["route_handler"].opt.get("own_idempotency"):
            return None
        principal: Principal | None = scope["state"].get("principal")
        if principal is None:
            return None
        request: Request[Any, Any, Any] = Request(scope, receive)
        digest = idempotency.request_hash(scope["method"], _target(scope), await request.body())
        return await idempotency.do_claim(await unit.begin(), principal, name, digest)


class _Answer:
    """Holds the answer back until the transaction is committed."""

    def __init__(self, unit: Unit, scope: "Scope", send: "Send") -> None:
        self._unit = unit
        self._scope = scope
        self._send = send
        self._held: list[Message] = []
        self._failed = False
        self.key: idempotency.Key | None = None

    async def send(self, message: "Message") -> None:
        if self._failed:
            return
        if self._unit.connection is None:
            await self._send(message)
            return
        self._held.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await self._finish()

    async def _finish(self) -> None:
        status = int(self._held[0]["status"])  # type: ignore[typeddict-item]
        try:
            if status >= _REFUSED:
                await self._unit.roll_back()
            else:
                await self._store(status)
                await self._unit.commit()
        except Exception as error:
            await self._fail(error)
            return
        for message in self._held:
            await self._send(message)

    async def _store(self, status: int) -> None:
        if self.key is None or self._unit.connection is None:
            return
        body = b"".join(m.get("body", b"") for m in self._held if m["type"] == "http.response.body")
        await idempotency.do_store(self._unit.connection, self.key, status, body)

    async def _fail(self, error: Exception) -> None:
        self._failed = True
        problem = problem_of(error)
        log.error("a request could not be committed", path=self._scope.get("path_template"), exc_info=error)
        headers = {"content-type": PROBLEM_JSON, **headers_of(problem)}
        await _respond(self._send, problem.status, headers, body_of(problem, self._scope["state"].get("request_id")))


async def _replay(send: "Send", stored: idempotency.Stored) -> None:
    headers = {"idempotent-replay": "true"}
    if stored.body:
        headers["content-type"] = "application/json"
    await _respond(send, stored.status, headers, stored.body)


async def _respond(send: "Send", status: int, headers: dict[str, str], body: bytes) -> None:
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    if body:
        encoded.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _header(scope: "Scope", name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def _target(scope: "HTTPScope") -> str:
    return f"{scope['path']}?{scope.get('query_string', b'').decode('latin-1')}"
