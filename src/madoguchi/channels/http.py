"""The one guarded way out of the product to providers.

Every request of a channel goes through `Http`: time limits, a size limit on answers, no redirects to elsewhere, no
token to a host it is not meant for, and nothing in the log but method, host, path shape, status and duration.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Protocol, Self, TypeVar, cast
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog

log = structlog.get_logger()

ANSWER_LIMIT = 4 * 1024 * 1024


class Closable(Protocol):
    async def aclose(self) -> None: ...


Kept = TypeVar("Kept", bound=Closable)


class HttpAnswer(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The decoded body, or None when it is not JSON (a proxy's error page, say)."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None


class HttpFailure(Exception):  # noqa: N818
    """No answer. `left` tells whether the request may have reached the provider."""

    def __init__(self, reason: str, *, left: bool) -> None:
        super().__init__(reason)
        self.left = left


class Http:
    """One per worker process; shared by all inboxes."""

    def __init__(self, *, limit: int = 256, total_seconds: float = 30, connect_seconds: float = 5) -> None:
        self._limit = limit
        self._timeout = aiohttp.ClientTimeout(total=total_seconds, sock_connect=connect_seconds)
        self._session: aiohttp.ClientSession | None = None
        self._kept: dict[str, Closable] = {}

    def kept(self, name: str, make: Callable[[], Kept]) -> Kept:
        """What a channel keeps open between two messages by another protocol; made once, closed with this."""
        if name not in self._kept:
            self._kept[name] = make()
        return cast("Kept", self._kept[name])

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._limit, limit_per_host=0, ttl_dns_cache=60),
            timeout=self._timeout,
            headers={"User-Agent": "Madoguchi/0.1"},
            auto_decompress=True,
            # Shared by all tenants: what a provider sets for one must not travel with another.
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        for each in self._kept.values():
            await each.aclose()
        if self._session is not None:
            await self._session.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Any = None,
        params: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> HttpAnswer:
        """One request, one answer of at most 4 MiB; raises HttpFailure when none came."""
        body = msgspec.json.encode(json) if json is not None else data
        sent = {"Content-Type": "application/json", **(headers or {})} if json is not None else dict(headers or {})
        started = time.monotonic()
        async with self._open(method, url, sent, body, params, seconds) as answer:
            try:
                content = await answer.content.read(ANSWER_LIMIT + 1)
                while len(content) <= ANSWER_LIMIT and not answer.content.at_eof():
                    content += await answer.content.read(ANSWER_LIMIT + 1 - len(content))
            except (aiohttp.ClientError, TimeoutError) as error:
                raise HttpFailure(type(error).__name__, left=True) from error
            if len(content) > ANSWER_LIMIT:
                raise HttpFailure("the answer is larger than 4 MiB", left=True)
            _log(method, url, answer.status, started)
            return HttpAnswer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, content)

    async def stream(
        self, url: str, *, headers: Mapping[str, str] | None = None, seconds: float = 300
    ) -> "tuple[HttpAnswer, Download]":
        """Open a download. The answer's body is empty; read the chunks to the end, or close them."""
        started = time.monotonic()
        context = self._open("GET", url, dict(headers or {}), None, None, seconds)
        answer = await context.__aenter__()
        _log("GET", url, answer.status, started)
        head = HttpAnswer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, b"")
        return head, Download(answer)

    def _open(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Any,
        params: Mapping[str, str] | None,
        seconds: float | None,
    ) -> "_Exchange":
        if self._session is None:
            raise RuntimeError("Http is used outside its context")
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=5) if seconds else self._timeout
        return _Exchange(
            self._session.request(
                method, url, headers=headers, data=body, params=params, timeout=timeout, allow_redirects=False
            )
        )


class Download(AsyncIterator[bytes]):
    """The bytes of an open answer. A generator would leave the connection open when nobody starts to read it."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self._chunks = answer.content.iter_chunked(64 * 1024).__aiter__()
        self._ended = False

    async def __anext__(self) -> bytes:
        if self._ended:  # as an iterator has to: who looked at the head first may ask once more
            raise StopAsyncIteration
        try:
            return await self._chunks.__anext__()
        except StopAsyncIteration:
            self._ended = True
            await self.aclose()
            raise
        except (aiohttp.ClientError, TimeoutError) as error:
            await self.aclose()
            raise HttpFailure(type(error).__name__, left=True) from error

    async def aclose(self) -> None:
        self._answer.close()


class _Exchange:
    """Turns aiohttp's errors into ours: did the request leave, or certainly not?"""

    def __init__(self, context: Any) -> None:
        self._context = context

    async def __aenter__(self) -> aiohttp.ClientResponse:
        try:
            answer: aiohttp.ClientResponse = await self._context.__aenter__()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise HttpFailure(type(error).__name__, left=False) from error
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            raise HttpFailure(type(error).__name__, left=True) from error
        return answer

    async def __aexit__(self, *exc: object) -> None:
        await self._context.__aexit__(None, None, None)


def _log(method: str, url: str, status: int, started: float) -> None:
    # The path may carry ids, never secrets; the query may, so it stays out.
    parts = urlsplit(url)
    log.debug(
        "provider request",
        method=method,
        host=parts.netloc,
        status=status,
        ms=round((time.monotonic() - started) * 1000, 1),
    )
