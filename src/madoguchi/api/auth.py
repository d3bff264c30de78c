"""Who is calling: a Bearer token, or the console's cookie with its CSRF header on everything that changes something."""

import hmac
import time
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from msgspec import Struct

from madoguchi.agents.scopes import check_scope
from madoguchi.agents.sessions import API_PREFIX, get_session_principal, get_token_principal
from madoguchi.context import Context
from madoguchi.core.about import about
from madoguchi.core.errors import Forbidden, Unauthenticated
from madoguchi.core.principal import Principal
from madoguchi.core.secrets import SecretBox
from madoguchi.core.tokens import digest

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection
    from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

SESSION_COOKIE = "madoguchi_session"
CSRF_COOKIE = "madoguchi_csrf"
CSRF_HEADER = "x-csrf-token"
API_PATH = "/api/v1/"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# A revoked token or a disabled agent stops within this time in every process.
_REMEMBERED_SECONDS = 3.0
_REMEMBERED_MOST = 10_000
# Ids in the path that say what a request is about.
_NAMED = ("inbox_id", "conversation_id", "message_id")


class Caller(Struct, frozen=True):
    principal: Principal
    session: str | None = None  # the cookie, when it is one


class Authenticator:
    """One per process. Remembers for a few seconds who stands behind a credential."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[bytes, tuple[float, Principal]] = {}

    async def caller(self, scope: "Scope") -> Caller:
        """Raises Unauthenticated. Does not look at CSRF or scopes."""
        bearer = _bearer(scope)
        if bearer is not None:
            return Caller(await self._principal(bearer))
        session = cookie(scope, SESSION_COOKIE)
        if session:
            return Caller(await self._principal(session), session)
        raise Unauthenticated

    def forget(self, credential: str) -> None:
        self._known.pop(digest(credential), None)

    async def _principal(self, credential: str) -> Principal:
        key, now = digest(credential), time.monotonic()
        known = self._known.get(key)
        if known and known[0] > now:
            return known[1]
        principal = await self._look_up(credential)
        if principal is None:
            self._known.pop(key, None)
            raise Unauthenticated
        if len(self._known) >= _REMEMBERED_MOST:
            self._known.clear()
        self._known[key] = (now + _REMEMBERED_SECONDS, principal)
        return principal

    async def _look_up(self, credential: str) -> Principal | None:
        if credential.startswith(API_PREFIX):
            return await get_token_principal(self._context.db, credential)
        return await get_session_principal(self._context.db, credential)


class Authentication(ASGIMiddleware):
    """Everything below /api/v1 needs a principal, unless its handler says `opt={"public": True}`."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, context: Context, authenticator: Authenticator) -> None:
        self._secrets = context.secrets
        self._authenticator = authenticator

    async def handle(self, scope: "Scope", receive: "Receive", send: "Send", next_app: "ASGIApp") -> None:
        scope = cast("HTTPScope", scope)
        path = scope["path"]
        if path.startswith(API_PATH) and scope["method"] != "OPTIONS" and not scope["route_handler"].opt.get("public"):
            caller = await self._authenticator.caller(scope)
            if caller.session is not None and scope["method"] not in _SAFE:
                check_csrf(self._secrets, scope, caller.session)
            check_scope(caller.principal, scope["method"], path.removeprefix(API_PATH))
            scope["state"]["principal"] = caller.principal
            scope["state"]["session"] = caller.session
            named = {name: scope["path_params"][name] for name in _NAMED if name in scope["path_params"]}
            with about(workspace_id=caller.principal.workspace_id, **named):
                await next_app(scope, receive, send)
        else:
            await next_app(scope, receive, send)


async def authenticate_socket(connection: "ASGIConnection[Any, Any, Any, Any]") -> Principal:
    """For a WebSocket's handshake. Raises Unauthenticated, and Forbidden for another site's page or a missing scope.

    Browsers send cookies with a WebSocket from any page and ask nobody: only the Origin tells whose page it is.
    """
    authenticator: Authenticator = connection.app.state.authenticator
    caller = await authenticator.caller(connection.scope)
    if caller.session is not None:
        check_origin(connection.scope, connection.app.state.context.public_url)
    check_scope(caller.principal, "GET", connection.scope["path"].removeprefix(API_PATH))
    return caller.principal


def csrf_token(secrets: SecretBox, session: str) -> str:
    """Bound to the session, so that a cookie planted by a neighbouring site is worth nothing."""
    return secrets.sign("csrf", digest(session))


def check_csrf(secrets: SecretBox, scope: "Scope", session: str) -> None:
    given = header(scope, CSRF_HEADER) or ""
    if not hmac.compare_digest(given.encode(), csrf_token(secrets, session).encode()):
        raise Forbidden(f"The header {CSRF_HEADER.title()} is missing or wrong.", reason="csrf")


def check_origin(scope: "Scope", public_url: str) -> None:
    """Raises Forbidden when a page of another site sent this. Programs send no Origin."""
    origin = header(scope, "origin")
    if origin is not None and urlsplit(origin).netloc not in {header(scope, "host"), urlsplit(public_url).netloc}:
        raise Forbidden("A page of another site may not do this.", reason="origin")


def header(scope: "Scope", name: str) -> str | None:
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == wanted), None)


def cookie(scope: "Scope", name: str) -> str | None:
    try:
        found = SimpleCookie(header(scope, "cookie") or "").get(name)
    except CookieError:
        return None
    return found.value if found else None


def _bearer(scope: "Scope") -> str | None:
    given = header(scope, "authorization")
    if given is None:
        return None
    scheme, _, credential = given.partition(" ")
    if scheme.lower() != "bearer" or not credential.startswith(API_PREFIX):
        raise Unauthenticated("The Authorization header does not hold a token of this product.")
    return credential.strip()
