"""`GET|POST /webhooks/{key}`: verify, store, answer — in that order, and nothing else.

Plain ASGI in front of the web framework: this is the product's hottest path, and all it has to do is here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import psycopg
from prometheus_client import Counter

from madoguchi.channels import registry
from madoguchi.channels.base import Handshake, InboxConfig, RawRequest, Refused
from madoguchi.core.ids import new_id
from madoguchi.forms.exchange import EDGE
from madoguchi.inbound.commit import Entry, GroupCommit
from madoguchi.inboxes.directory import InboxDirectory, slot_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "/webhooks/"
# Kept with the body for a later look; whatever could be a credential of ours is not.
_COME_AGAIN = b"not stored, please send again"
_NOT_KEPT = {"authorization", "cookie", "proxy-authorization"}

received = Counter("madoguchi_webhooks_total", "Webhook requests by outcome", ["outcome"])


Answer = Callable[[int, bytes], None]
Forms = Callable[[InboxConfig, str, RawRequest], Awaitable[tuple[int, bytes]]]


class TooLong(Exception):  # noqa: N818
    """More than the channel's largest request, known before or while it is read."""


class _Outcomes(dict[int, Counter]):
    def __missing__(self, status: int) -> Counter:
        counter = self[status] = received.labels(str(status))
        return counter


class Receiver:
    def __init__(self, directory: InboxDirectory, commit: GroupCommit, forms: Forms | None = None) -> None:
        self._directory = directory
        self._commit = commit
        self._forms = forms
        # Looking a label up costs more than counting.
        self._outcomes = _Outcomes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, body = await self._handle(scope, receive)
        self._outcomes[status].inc()
        await _respond(send, status, body)

    async def _handle(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        try:
            key, _, further = scope["path"].removeprefix(PREFIX).partition("/")
            inbox = await self._directory.by_key(key)
        except psycopg.OperationalError:
            return 503, _COME_AGAIN
        if inbox is None:
            return 404, b"not found"
        if scope["method"] not in {"GET", "POST"}:
            return 405, b"GET or POST"
        try:
            limit = registry.channel(inbox.channel).manifest.capabilities.request_bytes
            request = await _read(scope, receive, limit)
        except TooLong:
            return 413, b"more than %d bytes" % limit
        if further:
            return await self._answer_form(inbox, further, request)
        return await self.accept(inbox, request)

    async def _answer_form(self, inbox: InboxConfig, further: str, request: RawRequest) -> tuple[int, bytes]:
        """A question that is answered rather than stored: what comes next in a form."""
        edge, _, form = further.partition("/")
        if self._forms is None or edge != EDGE:
            return 404, b"not found"
        if request.method != "POST":
            return 405, b"POST"
        try:
            return await self._forms(inbox, form, request)
        except psycopg.OperationalError:
            return 503, _COME_AGAIN

    async def accept(self, inbox: InboxConfig, request: RawRequest) -> tuple[int, bytes]:
        """HTTP's status and body for a request that was read; 200 says that it is durable."""
        answered: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

        def answer(status: int, body: bytes) -> None:
            if not answered.done():  # whoever asked may have gone
                answered.set_result((status, body))

        self._take(inbox, request, answer)
        return await answered

    def known(self, key: str) -> InboxConfig | None:
        """The inbox of a webhook's key, where it is at hand."""
        return self._directory.known(key)

    def take(self, inbox: InboxConfig, request: RawRequest, answer: Answer) -> None:
        """As `accept`; the answer may be given before this returns."""

        def counted(status: int, body: bytes) -> None:
            self._outcomes[status].inc()
            answer(status, body)

        self._take(inbox, request, counted)

    def _take(self, inbox: InboxConfig, request: RawRequest, answer: Answer) -> None:
        verdict = registry.channel(inbox.channel).verify(request, inbox)
        if isinstance(verdict, Refused):
            answer(verdict.status, verdict.reason.encode())
        elif isinstance(verdict, Handshake):
            answer(200, verdict.answer)
        else:
            reply = verdict.answer

            def told(*, stored: bool) -> None:
                answer(200, reply) if stored else answer(503, _COME_AGAIN)

            self._commit.add(_entry(inbox, request, verdict.keep), told)


async def _read(scope: Scope, receive: Receive, limit: int) -> RawRequest:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if int(headers.get("content-length", "0") or 0) > limit:
        raise TooLong
    body = await _body(receive, limit)
    asked = scope["query_string"]
    query = dict(parse_qsl(asked.decode("latin-1"), keep_blank_values=True)) if asked else {}
    return RawRequest(scope["method"], query, headers, body)


async def _body(receive: Receive, limit: int) -> bytes:
    message = await receive()
    if not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise TooLong
        return body
    pieces = [message.get("body", b"")]
    size = len(pieces[0])
    while message.get("more_body"):
        message = await receive()
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit:
            raise TooLong
    return b"".join(pieces)


def _entry(inbox: InboxConfig, request: RawRequest, keep: Mapping[str, str]) -> Entry:
    # jsonb holds no NUL; taken out here, since in the encoded text it looks like other things.
    kept = {name: value.replace("\0", "") for name, value in request.headers.items() if name not in _NOT_KEPT}
    kept.update(keep)
    return Entry(
        workspace_id=inbox.workspace_id,
        id=new_id(),
        inbox_id=inbox.id,
        slot=slot_of(inbox.id),
        headers=msgspec.json.encode(kept).decode(),
        body=request.body,
    )


def answer_headers(status: int, body: bytes) -> list[tuple[bytes, bytes]]:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    if status == 503:
        headers.append((b"retry-after", b"5"))
    return headers


async def _respond(send: Send, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": answer_headers(status, body)})
    await send({"type": "http.response.body", "body": body})
