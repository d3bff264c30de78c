"""`/api/v1/live`: everything that changes in a workspace, in order and without a gap, from the number the client names."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any
from uuid import UUID

import psycopg
import psycopg_pool
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketException
from msgspec import Struct

from madoguchi.agents.presence import SAY_EVERY, do_seen
from madoguchi.api.auth import authenticate_socket
from madoguchi.context import Context
from madoguchi.core.errors import Conflict, Forbidden, Unauthenticated
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Database
from madoguchi.events.hydrate import hydrate
from madoguchi.events.models import EventOut
from madoguchi.events.read import check_since, get_bounds, get_rows
from madoguchi.realtime.frames import Batch, clock_frame, encode, hello
from madoguchi.realtime.hub import Hub
from madoguchi.realtime.presence import Patience, Presence, Said, read_said
from madoguchi.realtime.subscription import Subscription

UNREADABLE = 4400
UNAUTHENTICATED = 4401
FORBIDDEN = 4403
TOO_SLOW = 4408
START_ANEW = 4409
TRY_AGAIN = 1013

_PAGE = 250
_RECHECK_SECONDS = 4.0
_LONGEST_REASON = 100  # a close frame holds 123 bytes

_AWAY = (psycopg.OperationalError, psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed)

Socket = WebSocket[Any, Any, Any]


class Closed(Exception):  # noqa: N818 - how a socket ends
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Wish(Struct, frozen=True):
    """What the client asked for in the address."""

    since: int | None  # None: from now on
    clock: bool
    batch: bool
    presence: bool = False


@websocket("/api/v1/live")
async def live(socket: Socket) -> None:
    """Accepted before it is authenticated: only then can a browser read why it was closed."""
    await socket.accept()
    try:
        principal = await _authenticated(socket)
        await _serve(socket, principal)
    except Closed as closed:
        with suppress(OSError, WebSocketException, RuntimeError):
            await socket.close(closed.code, closed.reason[:_LONGEST_REASON])


async def _serve(socket: Socket, principal: Principal) -> None:
    try:
        await _Session(socket, principal, read_wish(dict(socket.query_params))).run()
    except _AWAY:
        raise Closed(TRY_AGAIN, "The database cannot be reached.") from None


async def _authenticated(socket: Socket) -> Principal:
    try:
        return await authenticate_socket(socket)
    except Unauthenticated as refused:
        raise Closed(UNAUTHENTICATED, refused.detail) from None
    except Forbidden as refused:
        raise Closed(FORBIDDEN, refused.detail) from None
    except _AWAY:
        raise Closed(TRY_AGAIN, "The database cannot be reached.") from None


def read_wish(query: dict[str, Any]) -> Wish:
    since = str(query["since"]) if "since" in query else None
    if since is not None and not (since.isascii() and since.isdecimal() and len(since) < 19):
        raise Closed(UNREADABLE, "since is a whole number")
    return Wish(
        since=None if since is None else int(since),
        clock=str(query.get("clock", "")) == "1",
        batch=str(query.get("batch", "")) == "1",
        presence=str(query.get("presence", "")) == "1",
    )


class _Session:
    """One open socket. Ends with the first of: the client leaves, its session ends, it is too slow, events are gone."""

    def __init__(self, socket: Socket, principal: Principal, wish: Wish) -> None:
        self._socket = socket
        self._principal = principal
        self._workspace_id: UUID = principal.workspace_id
        self._wish = wish
        context: Context = socket.app.state.context
        self._db: Database = context.db
        self._hub: Hub = socket.app.state.hub
        self._sent = 0
        self._subscription: Subscription | None = None
        self._subscribed = asyncio.Event()
        self._tab = new_id()
        self._told = False

    async def run(self) -> None:
        work = (self._write(), self._wait_for_leaving(), self._recheck(), self._wait_for_overflow(), self._be_seen())
        tasks = [asyncio.create_task(_quietly(each)) for each in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._subscription is not None:
                self._hub.unsubscribe(self._workspace_id, self._subscription)
            if self._told:
                await self._say(Said())

    async def _write(self) -> None:
        await self._greet()
        await self._catch_up(None)
        # The hub serves from `after` on; what was committed between our last page and that is read once more.
        self._subscription = await self._hub.subscribe(
            self._workspace_id, timed=self._wish.clock, social=self._wish.presence
        )
        self._subscribed.set()
        await self._catch_up(self._subscription.after)
        while True:
            batch = await self._subscription.take()
            await self._send(batch.after(self._sent))

    async def _greet(self) -> None:
        async with self._db.workspace(self._workspace_id) as tx:
            bounds = await get_bounds(tx, self._workspace_id)
        self._sent = bounds.last if self._wish.since is None else self._wish.since
        try:
            check_since(bounds, self._sent)
        except Conflict as gone:
            raise Closed(START_ANEW, gone.detail) from None
        if self._wish.clock:
            await self._send(hello(bounds.last))
            await self._send(clock_frame())

    async def _catch_up(self, until: int | None) -> None:
        """Send what the database has after the last number sent, page by page; up to `until` or to the end."""
        while until is None or self._sent < until:
            events = await self._page(until)
            if events:
                await self._send(encode(events))
                self._sent = events[-1].seq
            if until is None and len(events) < _PAGE:
                return

    async def _page(self, until: int | None) -> list[EventOut]:
        limit = _PAGE if until is None else min(_PAGE, until - self._sent)
        async with self._db.workspace(self._workspace_id) as tx:
            rows = await get_rows(tx, self._workspace_id, self._sent, limit)
            if (rows and rows[0].seq != self._sent + 1) or (not rows and until is not None):
                raise Closed(START_ANEW, "Events that old are not kept; read everything anew.")
            return await hydrate(tx, self._workspace_id, rows)

    async def _send(self, batch: Batch) -> None:
        if self._wish.batch:
            if batch.frames:
                await self._socket.send_text(batch.joined)
            return
        for frame in batch.frames:
            await self._socket.send_text(frame.text)

    async def _wait_for_leaving(self) -> None:
        """All a client has to say besides is which conversation it shows, and whether somebody writes there."""
        patience = Patience()
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            said = read_said(str(message.get("text") or "")) if self._wish.presence else None
            if said is not None and patience.allows():
                await self._say(said)

    async def _say(self, said: Said) -> None:
        if self._principal.kind != "agent" or self._principal.agent_id is None:
            return
        self._told = said.conversation_id is not None
        presence = Presence(
            workspace_id=self._workspace_id,
            tab=self._tab,
            agent_id=self._principal.agent_id,
            name=self._principal.name,
            conversation_id=said.conversation_id,
            typing=said.typing,
        )
        with suppress(*_AWAY):
            await self._hub.say(presence)

    async def _recheck(self) -> None:
        """A session that ended, a token that was revoked, an agent who was disabled: closed within seconds."""
        while True:
            await asyncio.sleep(_RECHECK_SECONDS)
            try:
                await authenticate_socket(self._socket)
            except Unauthenticated as refused:
                raise Closed(UNAUTHENTICATED, refused.detail) from None
            except Forbidden as refused:
                raise Closed(FORBIDDEN, refused.detail) from None
            except Exception:  # noqa: S112 - the database is away for a moment: nobody was signed out
                continue

    async def _be_seen(self) -> None:
        """An agent's console is connected; a program that listens makes nobody present."""
        while self._principal.kind == "agent":
            with suppress(*_AWAY):
                await do_seen(self._db, self._principal)
            await asyncio.sleep(SAY_EVERY)
        await asyncio.Event().wait()

    async def _wait_for_overflow(self) -> None:
        await self._subscribed.wait()
        if self._subscription is not None:
            await self._subscription.overflow()
        raise Closed(TOO_SLOW, "Too far behind; connect again from the last number.")


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """A client that is gone is no error."""
    with suppress(OSError, WebSocketException):
        await work
