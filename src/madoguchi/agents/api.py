"""Sessions, agents and their tokens over HTTP."""

from typing import Any
from uuid import UUID

import psycopg
from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.datastructures import Cookie
from litestar.params import FromPath

from madoguchi.agents import own_sessions, preferences, presence, service, sessions, tokens
from madoguchi.agents.models import (
    AgentCreated,
    AgentOut,
    AgentPatch,
    AvailabilityIn,
    Me,
    NewAgent,
    NewToken,
    SignedIn,
    SignIn,
    Status,
    TokenCreated,
    TokenOut,
)
from madoguchi.agents.own_sessions import SessionId, SessionOut
from madoguchi.agents.preferences import PreferencesOut, PreferencesPatch
from madoguchi.api.auth import CSRF_COOKIE, SESSION_COOKIE, Authenticator, check_origin, csrf_token
from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.api.throttle import Throttle
from madoguchi.context import Context
from madoguchi.core.tokens import digest

_FIRST = UUID(int=0)


class SessionController(Controller):
    path = "/api/v1"
    tags = ("session",)

    @post("/session", opt={"public": True}, status_code=201, summary="Sign in")
    async def create_session(self, request: Request[Any, Any, Any], context: Ctx, data: SignIn) -> Response[SignedIn]:
        """Sets the session's cookie. Too many wrong passwords are answered 429. 401 with `reason` code_needed or code_wrong:
        the password is right, and `totp` takes the code of the authenticator app or a recovery code. Each is good once."""
        # Else another site could sign a visitor in as somebody else, and read what they then write.
        check_origin(request.scope, context.public_url)
        throttle: Throttle = request.app.state.throttle
        address = request.client.host if request.client else ""
        throttle.begin(data.email, address)
        try:
            signed_in = await sessions.do_sign_in(context.db, context.secrets, data)
        except psycopg.Error:
            throttle.withdraw(data.email, address)
            raise
        throttle.succeeded(data.email, address)
        csrf = csrf_token(context.secrets, signed_in.session.text)
        return Response(SignedIn(csrf), cookies=session_cookies(context, signed_in.session.text, csrf))

    @delete("/session", summary="Sign out")
    async def delete_session(
        self, request: Request[Any, Any, Any], context: Ctx, principal: Who, tx: Tx
    ) -> Response[None]:
        session = request.scope["state"]["session"]
        if session:
            await sessions.do_sign_out(tx, principal.workspace_id, digest(session))
            authenticator: Authenticator = request.app.state.authenticator
            authenticator.forget(session)
        return Response(None, status_code=204, cookies=session_cookies(context, "", "", max_age=0))

    @get("/me", summary="Who am I")
    async def get_me(self, request: Request[Any, Any, Any], context: Ctx, principal: Who, tx: Tx) -> Me:
        """Also the workspace, the newest event number to follow from, and the server's (business) time."""
        session = request.scope["state"]["session"]
        csrf = csrf_token(context.secrets, session) if session else None
        return await sessions.get_me(tx, principal, csrf)

    @get("/me/sessions", summary="Where one is signed in")
    async def list_sessions(self, request: Request[Any, Any, Any], principal: Who, tx: Tx) -> list[SessionOut]:
        return await own_sessions.get_own(tx, principal, _current(request))

    @delete("/me/sessions/{session_id:str}", summary="End one of one's sessions")
    async def end_session(self, principal: Who, tx: Tx, session_id: FromPath[SessionId]) -> None:
        """It stops within a few seconds."""
        await own_sessions.do_end(tx, principal, session_id)

    @delete("/me/sessions", summary="End all of one's sessions but this one")
    async def end_other_sessions(self, request: Request[Any, Any, Any], principal: Who, tx: Tx) -> None:
        await own_sessions.do_end_others(tx, principal, _current(request))

    @patch("/me/preferences", summary="Choose how one works")
    async def change_preferences(self, principal: Who, tx: Tx, data: PreferencesPatch) -> PreferencesOut:
        """The agent's own, the same on every screen."""
        return await preferences.do_change(tx, principal, data)


class AgentController(Controller):
    path = "/api/v1/agents"
    tags = ("agents",)

    @get("", summary="List agents")
    async def list_agents(
        self, principal: Who, tx: Tx, status: Status | None = None, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Page[AgentOut]:
        after = _after(cursor)
        found = await service.get_agents(tx, principal, status=status, after=after, limit=limit + 1)
        items, last = cut(found, limit)
        return Page(items, encode_cursor(last.id) if last else None)

    @post("", summary="Add an agent")
    async def create_agent(self, principal: Who, tx: Tx, data: NewAgent) -> AgentCreated:
        """Without a password one is made and shown once as `initial_password`."""
        return await service.do_create(tx, principal, data)

    @get("/{agent_id:uuid}", summary="Get an agent")
    async def get_agent(self, principal: Who, tx: Tx, agent_id: UUID) -> AgentOut:
        return await service.get_agent(tx, principal, agent_id)

    @patch("/{agent_id:uuid}", summary="Change an agent")
    async def update_agent(
        self, request: Request[Any, Any, Any], principal: Who, tx: Tx, agent_id: UUID, data: AgentPatch
    ) -> AgentOut:
        """Everyone may change their own name, locale, address and password. A disabled agent's conversations go back
        to Unassigned. A new password ends the agent's other sessions."""
        session = request.scope["state"]["session"]
        keep = digest(session) if session and agent_id == principal.agent_id else None
        return await service.do_update(tx, principal, agent_id, data, keep_session=keep)

    @put("/{agent_id:uuid}/availability", summary="Say whether an agent takes conversations")
    async def set_availability(self, principal: Who, tx: Tx, agent_id: UUID, data: AvailabilityIn) -> AgentOut:
        """One's own; a supervisor anybody's. Who is not available is given nothing by rule."""
        await presence.do_say(tx, principal, agent_id, data.availability)
        return await service.get_agent(tx, principal, agent_id)

    @delete("/{agent_id:uuid}", summary="Remove an agent")
    async def remove_agent(self, principal: Who, tx: Tx, agent_id: UUID) -> None:
        """Disables the agent, who stays as the author of what was written."""
        await service.do_remove(tx, principal, agent_id)

    @get("/{agent_id:uuid}/tokens", summary="List an agent's API tokens")
    async def list_tokens(
        self, principal: Who, tx: Tx, agent_id: UUID, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Page[TokenOut]:
        items, last = cut(await tokens.get_tokens(tx, principal, agent_id, _after(cursor), limit + 1), limit)
        return Page(items, encode_cursor(last.id) if last else None)

    @post("/{agent_id:uuid}/tokens", summary="Make an API token")
    async def create_token(self, principal: Who, tx: Tx, agent_id: UUID, data: NewToken) -> TokenCreated:
        """The token is shown once and stored as a digest. Own tokens; an owner also for others."""
        return await tokens.do_create_token(tx, principal, agent_id, data)

    @delete("/{agent_id:uuid}/tokens/{token_id:uuid}", summary="Revoke an API token")
    async def revoke_token(self, principal: Who, tx: Tx, agent_id: UUID, token_id: UUID) -> None:
        """It stops within a few seconds."""
        await tokens.do_revoke_token(tx, principal, agent_id, token_id)


def _current(request: Request[Any, Any, Any]) -> bytes | None:
    session = request.scope["state"]["session"]
    return digest(session) if session else None


def _after(cursor: str | None) -> UUID:
    key = decode_cursor(cursor, tuple[UUID])
    return key[0] if key else _FIRST


def session_cookies(context: Context, session: str, csrf: str, max_age: int | None = None) -> list[Cookie]:
    age = int(sessions.LIFETIME.total_seconds()) if max_age is None else max_age
    secure = context.public_url.startswith("https://")
    return [
        Cookie(SESSION_COOKIE, value=session, max_age=age, httponly=True, secure=secure, samesite="lax"),
        Cookie(CSRF_COOKIE, value=csrf, max_age=age, httponly=False, secure=secure, samesite="lax"),
    ]
