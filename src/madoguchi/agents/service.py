"""Who works here and in which role: what may be done to whom, and what it takes along."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import UNSET
from psycopg.rows import DictRow

from madoguchi.agents.models import AgentCreated, AgentOut, AgentPatch, NewAgent
from madoguchi.agents.passwords import hash_password, new_password, password_errors, verify_password
from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import stamped
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events

Q = load_queries(__file__)

_LAST_OWNER = "A workspace keeps at least one active owner."


async def get_agents(
    tx: Connection, principal: Principal, *, status: str | None, after: UUID, limit: int
) -> list[AgentOut]:
    values = {"workspace_id": principal.workspace_id, "status": status, "after": after, "limit": limit}
    return [AgentOut(**stamped(row)) for row in await (await tx.execute(Q.page, values)).fetchall()]


async def get_agent(tx: Connection, principal: Principal, agent_id: UUID) -> AgentOut:
    found = await tx.execute(Q.by_id, {"workspace_id": principal.workspace_id, "id": agent_id})
    row = await found.fetchone()
    if row is None:
        raise NotFound("There is no such agent.")
    return AgentOut(**stamped(row))


async def do_create(tx: Connection, principal: Principal, request: NewAgent) -> AgentCreated:
    """Raises Forbidden (only an owner makes owners and supervisors), Conflict (the address is taken), Invalid."""
    check_may_give(principal, request.role)
    initial = new_password() if request.password is None else None
    password = initial or _checked_password(request.password or "")
    agent_id = await do_insert(tx, principal.workspace_id, request, await hash_password(password))
    await _audit(tx, principal, "agent.created", agent_id, {"role": request.role})
    agent = await get_agent(tx, principal, agent_id)
    await record_events(tx, principal.workspace_id, [Change("agent.updated", agent_id)])
    return AgentCreated(**{name: getattr(agent, name) for name in agent.__struct_fields__}, initial_password=initial)


async def do_insert(tx: Connection, workspace_id: UUID, request: NewAgent, password_hash: str) -> UUID:
    agent_id = new_id()
    values = {
        "workspace_id": workspace_id,
        "id": agent_id,
        "name": request.name.strip(),
        "email": request.email.strip().lower(),
        "role": request.role,
        "password_hash": password_hash,
        "locale": request.locale,
        "now": clock.now(),
    }
    if not (await tx.execute(Q.insert, values)).rowcount:
        raise _taken()
    return agent_id


async def do_update(
    tx: Connection, principal: Principal, agent_id: UUID, patch: AgentPatch, *, keep_session: bytes | None = None
) -> AgentOut:
    """Raises NotFound, Forbidden, Conflict (address taken, last owner), Invalid (password)."""
    owners = await _lock_owners(tx, principal)
    row = await _lock(tx, principal, agent_id)
    _check_may_change(principal, row, patch)
    _check_owner_remains(owners, row, patch)
    await _check_email(tx, principal, agent_id, patch)
    hashed = await _new_hash(principal, row, patch)
    await tx.execute(Q.update, {**_merged(row, patch), "workspace_id": principal.workspace_id, "password_hash": hashed})
    if hashed:
        await _end_sessions(tx, principal, agent_id, keep_session)
    released = await _disable(tx, principal, agent_id) if patch.status == "disabled" else []
    await _audit(tx, principal, "agent.updated", agent_id, {"changed": _changed(patch)})
    agent = await get_agent(tx, principal, agent_id)
    changes = [Change("agent.updated", agent_id), *(Change("conversation.updated", each) for each in released)]
    await record_events(tx, principal.workspace_id, changes)
    return agent


async def do_remove(tx: Connection, principal: Principal, agent_id: UUID) -> None:
    """The agent is disabled and stays as the author of what was written; tokens and sessions end at once."""
    await do_update(tx, principal, agent_id, AgentPatch(status="disabled"))


def check_may_give(principal: Principal, role: str) -> None:
    if principal.role == "owner" or (principal.role == "supervisor" and role == "agent"):
        return
    raise Forbidden("Only an owner makes owners and supervisors; only an owner or a supervisor makes agents.")


def _check_may_change(principal: Principal, row: DictRow, patch: AgentPatch) -> None:
    mine = row["id"] == principal.agent_id
    if mine and patch.role is UNSET and patch.status is UNSET:
        return
    check_may_give(principal, row["role"])
    if patch.role is not UNSET:
        check_may_give(principal, patch.role)


def _check_owner_remains(owners: Sequence[UUID], row: DictRow, patch: AgentPatch) -> None:
    steps_down = patch.status == "disabled" or (patch.role is not UNSET and patch.role != "owner")
    if steps_down and list(owners) == [row["id"]]:
        raise Conflict(_LAST_OWNER)


async def _check_email(tx: Connection, principal: Principal, agent_id: UUID, patch: AgentPatch) -> None:
    if patch.email is UNSET:
        return
    values = {"workspace_id": principal.workspace_id, "id": agent_id, "email": patch.email.strip().lower()}
    if await (await tx.execute(Q.email_taken, values)).fetchone():
        raise _taken()


async def _new_hash(principal: Principal, row: DictRow, patch: AgentPatch) -> str | None:
    if patch.password is UNSET:
        return None
    password = _checked_password(patch.password)
    if row["id"] == principal.agent_id:
        given = patch.current_password if patch.current_password is not UNSET else ""
        # A stolen, still open session must not be enough to lock its owner out.
        if not await verify_password(row["password_hash"] or "", given):
            raise Invalid("The current password is not right.", errors=[_wrong_password()])
    return await hash_password(password)


def _checked_password(password: str) -> str:
    if errors := password_errors(password):
        raise Invalid("The password cannot be used.", errors=errors)
    return password


async def _disable(tx: Connection, principal: Principal, agent_id: UUID) -> list[UUID]:
    await _end_sessions(tx, principal, agent_id, None)
    await tx.execute(Q.delete_tokens, {"workspace_id": principal.workspace_id, "agent_id": agent_id})
    values = {"workspace_id": principal.workspace_id, "id": agent_id, "now": clock.now()}
    released = await (await tx.execute(Q.release_conversations, values)).fetchall()
    await tx.execute(Q.release_contacts, values)
    data = {"conversations": len(released)}
    await _audit(tx, principal, "agent.disabled", agent_id, data)
    return [row["id"] for row in released]


async def _end_sessions(tx: Connection, principal: Principal, agent_id: UUID, keep: bytes | None) -> None:
    values = {"workspace_id": principal.workspace_id, "agent_id": agent_id, "keep": keep}
    await tx.execute(Q.delete_sessions, values)


async def _lock_owners(tx: Connection, principal: Principal) -> list[UUID]:
    found = await tx.execute(Q.lock_owners, {"workspace_id": principal.workspace_id})
    return [row["id"] for row in await found.fetchall()]


async def _lock(tx: Connection, principal: Principal, agent_id: UUID) -> DictRow:
    found = await tx.execute(Q.lock, {"workspace_id": principal.workspace_id, "id": agent_id})
    row = await found.fetchone()
    if row is None:
        raise NotFound("There is no such agent.")
    return row


def _merged(row: DictRow, patch: AgentPatch) -> dict[str, Any]:
    values = {**row, **{name: getattr(patch, name) for name in _changed(patch)}, "now": clock.now()}
    return {**values, "name": values["name"].strip(), "email": values["email"].strip().lower()}


def _changed(patch: AgentPatch) -> list[str]:
    return [n for n in patch.__struct_fields__ if getattr(patch, n) is not UNSET and n != "current_password"]


def _taken() -> Conflict:
    return Conflict("Another agent has this e-mail address.", errors=[FieldError("email", "This address is taken.")])


def _wrong_password() -> FieldError:
    return FieldError("current_password", "This is not the current password.")


async def _audit(tx: Connection, principal: Principal, action: str, agent_id: UUID, data: dict[str, Any]) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        action,
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="agent",
        target_id=agent_id,
        data=data,
    )
