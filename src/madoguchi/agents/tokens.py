"""API tokens: shown once, kept as a digest. Agents have their own; an owner also sees to those of others."""

from typing import Any
from uuid import UUID

from madoguchi.agents.models import NewToken, TokenCreated, TokenOut
from madoguchi.agents.scopes import scope_errors
from madoguchi.agents.sessions import API_PREFIX
from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import rfc3339, stamped
from madoguchi.core.tokens import new_token
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)


def check_may_manage(principal: Principal, agent_id: UUID) -> None:
    if principal.agent_id != agent_id and principal.role != "owner":
        raise Forbidden("Only an owner manages the tokens of others.")


async def get_tokens(tx: Connection, principal: Principal, agent_id: UUID, after: UUID, limit: int) -> list[TokenOut]:
    check_may_manage(principal, agent_id)
    await _check_exists(tx, principal, agent_id)
    values = {"workspace_id": principal.workspace_id, "agent_id": agent_id, "after": after, "limit": limit}
    return [TokenOut(**stamped(row)) for row in await (await tx.execute(Q.tokens, values)).fetchall()]


async def do_create_token(tx: Connection, principal: Principal, agent_id: UUID, request: NewToken) -> TokenCreated:
    """Raises Forbidden, NotFound, Invalid (an unknown scope). A limited token cannot make a wider one."""
    check_may_manage(principal, agent_id)
    _check_scopes(principal, request.scopes)
    await _check_exists(tx, principal, agent_id)
    created = await do_insert_token(tx, principal.workspace_id, agent_id, request)
    await _audit(tx, principal, "token.created", agent_id, {"name": request.name, "token_id": str(created.id)})
    return created


async def do_insert_token(tx: Connection, workspace_id: UUID, agent_id: UUID, request: NewToken) -> TokenCreated:
    token = new_token(workspace_id, API_PREFIX)
    values: dict[str, Any] = {
        "workspace_id": workspace_id,
        "id": new_id(),
        "agent_id": agent_id,
        "name": request.name.strip(),
        "digest": token.digest,
        "scopes": request.scopes,
        "now": clock.now(),
    }
    await tx.execute(Q.insert_token, values)
    return TokenCreated(values["id"], values["name"], request.scopes, rfc3339(values["now"]), token=token.text)


async def do_revoke_token(tx: Connection, principal: Principal, agent_id: UUID, token_id: UUID) -> None:
    check_may_manage(principal, agent_id)
    values = {"workspace_id": principal.workspace_id, "agent_id": agent_id, "id": token_id}
    gone = await (await tx.execute(Q.delete_token, values)).fetchone()
    if gone is None:
        raise NotFound("There is no such token.")
    await _audit(tx, principal, "token.revoked", agent_id, {"name": gone["name"], "token_id": str(token_id)})


def _check_scopes(principal: Principal, scopes: list[str]) -> None:
    if errors := scope_errors(scopes):
        raise Invalid("A scope is not known.", errors=errors)
    if principal.scopes and not (scopes and set(scopes) <= set(principal.scopes)):
        raise Forbidden("A limited token cannot make one that may do more.")


async def _check_exists(tx: Connection, principal: Principal, agent_id: UUID) -> None:
    found = await tx.execute(Q.by_id, {"workspace_id": principal.workspace_id, "id": agent_id})
    row = await found.fetchone()
    if row is None or row["status"] != "active":
        raise NotFound("There is no such agent.")


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
