"""Invitations: a link, good once and for a week, with which an agent sets a password of their own."""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from madoguchi.agents.models import Password
from madoguchi.agents.passwords import hash_password, password_errors
from madoguchi.agents.service import Q as AGENTS
from madoguchi.agents.service import check_may_give
from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, Forbidden, Invalid, NotFound
from madoguchi.core.principal import Principal
from madoguchi.core.times import Timestamp, rfc3339
from madoguchi.core.tokens import digest, new_token, workspace_of
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries

Q = load_queries(__file__, "invitations.sql")

GOOD_FOR = timedelta(days=7)


class Invitation(Struct, frozen=True):
    """`url` is shown once: hand it to the person it is for."""

    url: str
    expires_at: Timestamp


class Invited(Struct, frozen=True):
    workspace: str
    name: str
    email: str


class FirstPassword(Struct, frozen=True, forbid_unknown_fields=True):
    password: Password


async def do_invite(tx: Connection, principal: Principal, agent_id: UUID, public_url: str) -> Invitation:
    """Takes the place of an earlier one. Raises NotFound, Forbidden, Conflict (the agent is disabled)."""
    values = {"workspace_id": principal.workspace_id, "agent_id": agent_id}
    agent = await (await tx.execute(Q.agent, values)).fetchone()
    if agent is None:
        raise NotFound("There is no such agent.")
    check_may_give(principal, agent["role"])
    if agent_id == principal.agent_id:  # it would be a new password without the old one
        raise Forbidden("One's own password is changed in the profile.")
    if agent["status"] != "active":
        raise Conflict("This agent is disabled.")
    token, now = new_token(principal.workspace_id), clock.now()
    expires_at = now + GOOD_FOR
    kept = {"digest": token.digest, "by": principal.agent_id, "now": now, "expires_at": expires_at}
    await tx.execute(Q.keep, values | kept)
    await _audit(tx, principal, "agent.invited", agent_id)
    return Invitation(f"{public_url}/invitation/{token.text}", rfc3339(expires_at))


async def do_revoke(tx: Connection, principal: Principal, agent_id: UUID) -> None:
    """Raises NotFound (no open invitation), Forbidden."""
    values = {"workspace_id": principal.workspace_id, "agent_id": agent_id}
    agent = await (await tx.execute(Q.agent, values)).fetchone()
    if agent is None:
        raise NotFound("There is no such agent.")
    check_may_give(principal, agent["role"])
    if not (await tx.execute(Q.revoke, values)).rowcount:
        raise NotFound("There is no open invitation.")
    await _audit(tx, principal, "agent.invitation_revoked", agent_id)


async def get_invited(db: Database, token: str) -> Invited:
    """Raises NotFound: unknown, used, revoked or too old are not told apart."""
    workspace_id = _workspace(token)
    values = {"workspace_id": workspace_id, "digest": digest(token), "now": clock.now()}
    async with db.workspace(workspace_id) as tx:
        row = await (await tx.execute(Q.open, values)).fetchone()
    if row is None:
        raise _gone()
    return Invited(row["workspace"], row["name"], row["email"])


async def do_accept(db: Database, token: str, password: str) -> None:
    """Raises NotFound, Invalid (a poor password)."""
    workspace_id = _workspace(token)
    await get_invited(db, token)
    if errors := password_errors(password):
        raise Invalid("The password cannot be used.", errors=errors)
    hashed, now = await hash_password(password), clock.now()
    async with db.workspace(workspace_id) as tx:
        values = {"workspace_id": workspace_id, "digest": digest(token), "now": now}
        row = await (await tx.execute(Q.use, values)).fetchone()
        if row is None:
            raise _gone()
        agent = {"workspace_id": workspace_id, "agent_id": row["id"]}
        await tx.execute(Q.set_password, agent | {"password_hash": hashed, "now": now})
        await tx.execute(AGENTS.delete_sessions, agent | {"keep": None})
        await audit.record(
            tx,
            workspace_id,
            "agent.invitation_accepted",
            actor_kind="agent",
            actor_id=row["id"],
            target_kind="agent",
            target_id=row["id"],
        )


def _workspace(token: str) -> UUID:
    workspace_id = workspace_of(token)
    if workspace_id is None:
        raise _gone()
    return workspace_id


def _gone() -> NotFound:
    return NotFound("This invitation was used, revoked or is too old. Ask for a new one.")


async def _audit(tx: Connection, principal: Principal, action: str, agent_id: UUID) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        action,
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="agent",
        target_id=agent_id,
    )
