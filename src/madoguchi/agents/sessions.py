"""Signing in and out, and who stands behind a cookie or a token."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import DictRow

from madoguchi.agents import second_factor
from madoguchi.agents.models import AgentOut, Me, SignIn, WorkspaceOut
from madoguchi.agents.passwords import verify_nobody, verify_password
from madoguchi.agents.preferences import get_preferences
from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import NotFound, Unauthenticated
from madoguchi.core.principal import Principal
from madoguchi.core.secrets import SecretBox
from madoguchi.core.times import rfc3339, stamped
from madoguchi.core.tokens import Token, digest, new_token, workspace_of
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries
from madoguchi.workspaces.logo import address_of

Q = load_queries(__file__)

API_PREFIX = "mdg_"
LIFETIME = timedelta(days=30)
_EXTEND_AFTER = timedelta(days=1)
_TOUCH_AFTER = timedelta(minutes=1)
_WRONG = "The e-mail address or the password is not right."


class SignedIn(NamedTuple):
    session: Token
    workspace_id: UUID
    agent_id: UUID


async def do_sign_in(db: Database, secrets: SecretBox, request: SignIn) -> SignedIn:
    """Raises Unauthenticated, in the same words and about the same time whether the address exists or not; with `reason`
    code_needed or code_wrong when only the second factor is missing."""
    async with db.system() as tx:
        values = {"email": request.email.strip().lower(), "workspace_id": request.workspace_id}
        candidates = await (await tx.execute(Q.sign_in_candidates, values)).fetchall()
    # No connection is held while Argon2 works.
    agent = await _matching(candidates, request.password)
    if agent is None:
        raise Unauthenticated(_WRONG)
    await second_factor.check(db, secrets, agent, request.totp)
    session = new_token(agent["workspace_id"])
    async with db.workspace(agent["workspace_id"]) as tx:
        await _insert(tx, agent, session)
    return SignedIn(session, agent["workspace_id"], agent["id"])


async def do_sign_out(tx: Connection, workspace_id: UUID, session_digest: bytes) -> None:
    await tx.execute(Q.delete_session, {"workspace_id": workspace_id, "digest": session_digest})


async def get_session_principal(db: Database, cookie: str) -> Principal | None:
    workspace_id = workspace_of(cookie)
    if workspace_id is None:
        return None
    now, key = clock.now(), digest(cookie)
    values = {"workspace_id": workspace_id, "digest": key, "now": now}
    async with db.workspace(workspace_id) as tx:
        row = await (await tx.execute(Q.session_principal, values)).fetchone()
        if row is None:
            return None
        if row["expires_at"] < now + LIFETIME - _EXTEND_AFTER:
            await tx.execute(Q.extend_session, {**values, "expires_at": now + LIFETIME})
    return Principal(workspace_id, "agent", row["id"], row["role"], row["name"])


async def get_token_principal(db: Database, text: str) -> Principal | None:
    workspace_id = workspace_of(text, API_PREFIX)
    if workspace_id is None:
        return None
    values = {"workspace_id": workspace_id, "digest": digest(text)}
    async with db.workspace(workspace_id) as tx:
        row = await (await tx.execute(Q.token_principal, values)).fetchone()
        if row is None:
            return None
        await _touch(tx, workspace_id, row["token_id"], row["last_used_at"])
    return Principal(workspace_id, "api", row["id"], row["role"], row["name"], tuple(row["scopes"]))


async def get_me(tx: Connection, principal: Principal, csrf_token: str | None) -> Me:
    values = {"workspace_id": principal.workspace_id, "id": principal.agent_id}
    workspace = await (await tx.execute(Q.me, values)).fetchone()
    agent = await (await tx.execute(Q.by_id, values)).fetchone()
    if workspace is None or agent is None:
        raise NotFound("This workspace is not there any more.")
    return Me(
        agent=AgentOut(**stamped(agent)),
        workspace=WorkspaceOut(
            principal.workspace_id,
            workspace["name"],
            workspace["time_zone"],
            workspace["locale"],
            address_of(principal.workspace_id, workspace["logo"]),
        ),
        seq=workspace["seq"],
        now=rfc3339(clock.now()),
        csrf_token=csrf_token,
        preferences=await get_preferences(tx, principal),
    )


async def _matching(candidates: list[DictRow], password: str) -> DictRow | None:
    if not candidates:
        await verify_nobody(password)
    for agent in candidates:
        if await verify_password(agent["password_hash"], password):
            return agent
    return None


async def _insert(tx: Connection, agent: DictRow, session: Token) -> None:
    now = clock.now()
    values = {"workspace_id": agent["workspace_id"], "digest": session.digest, "agent_id": agent["id"]}
    await tx.execute(Q.insert_session, {**values, "now": now, "expires_at": now + LIFETIME})
    await audit.record(
        tx,
        agent["workspace_id"],
        "session.created",
        actor_kind="agent",
        actor_id=agent["id"],
        target_kind="agent",
        target_id=agent["id"],
    )


async def _touch(tx: Connection, workspace_id: UUID, token_id: UUID, last_used_at: datetime | None) -> None:
    now = clock.now()
    if last_used_at is None or now - last_used_at > _TOUCH_AFTER:
        await tx.execute(Q.touch_token, {"workspace_id": workspace_id, "id": token_id, "now": now})
