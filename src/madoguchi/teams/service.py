"""Teams: supervisors put them together, conversations are given to them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from msgspec import UNSET
from psycopg import errors
from psycopg.rows import DictRow

from madoguchi.audit import service as audit
from madoguchi.conversations.models import Named
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import stamped
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record
from madoguchi.teams.models import NewTeam, TeamOut, TeamPatch

Q = load_queries(__file__)


async def get_teams(tx: Connection, principal: Principal, *, after: str | None, limit: int) -> list[TeamOut]:
    """By name, each with its members."""
    values = {"workspace_id": principal.workspace_id, "after": after or "", "limit": limit}
    return await _whole(tx, principal.workspace_id, await (await tx.execute(Q.page, values)).fetchall())


async def get_team(tx: Connection, principal: Principal, team_id: UUID) -> TeamOut:
    found = await load_teams(tx, principal.workspace_id, [team_id])
    if not found:
        raise _missing()
    return found[0]


async def load_teams(tx: Connection, workspace_id: UUID, ids: Iterable[UUID]) -> list[TeamOut]:
    """Those that are there, in two statements; for the live events."""
    rows = await (await tx.execute(Q.by_ids, {"workspace_id": workspace_id, "ids": list(ids)})).fetchall()
    return await _whole(tx, workspace_id, rows)


async def do_add(tx: Connection, principal: Principal, new: NewTeam) -> TeamOut:
    """Raises Forbidden, Invalid (the name is taken, no such agent)."""
    _check_may_change(principal)
    team_id = new_id()
    await _write(tx, Q.add, _values(principal, team_id, name=new.name))
    await _set_members(tx, principal, team_id, new.member_ids)
    return await _told(tx, principal, "created", team_id)


async def do_change(tx: Connection, principal: Principal, team_id: UUID, patch: TeamPatch) -> TeamOut:
    """Raises NotFound, Forbidden, Invalid (the name is taken, no such agent)."""
    _check_may_change(principal)
    before = await _lock(tx, principal, team_id)
    name = before["name"] if patch.name is UNSET else patch.name
    await _write(tx, Q.change, _values(principal, team_id, name=name))
    if patch.member_ids is not UNSET:
        await _set_members(tx, principal, team_id, patch.member_ids)
    return await _told(tx, principal, "changed", team_id)


async def do_remove(tx: Connection, principal: Principal, team_id: UUID) -> None:
    """Its conversations stay and belong to no team. Raises NotFound, Forbidden."""
    _check_may_change(principal)
    before = await _lock(tx, principal, team_id)
    await tx.execute(Q.remove, _values(principal, team_id))
    await _audit(tx, principal, "deleted", team_id, before["name"])
    await record(tx, principal.workspace_id, [Change("team.updated", team_id)])


def _check_may_change(principal: Principal) -> None:
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may change the teams.")


async def _set_members(tx: Connection, principal: Principal, team_id: UUID, members: Sequence[UUID]) -> None:
    values = _values(principal, team_id, members=list(dict.fromkeys(members)))
    known = {row["id"] for row in await (await tx.execute(Q.known_agents, values)).fetchall()}
    for position, member in enumerate(members):
        if member not in known:
            message = f"There is no agent with the id {member}."
            raise Invalid(message, errors=[FieldError(f"member_ids.{position}", message)])
    await tx.execute(Q.leave, values)
    await tx.execute(Q.join, values)


async def _lock(tx: Connection, principal: Principal, team_id: UUID) -> DictRow:
    row = await (await tx.execute(Q.lock, _values(principal, team_id))).fetchone()
    if row is None:
        raise _missing()
    return row


async def _write(tx: Connection, query: Any, values: dict[str, Any]) -> None:
    try:
        async with tx.transaction():
            await tx.execute(query, values)
    except errors.UniqueViolation:
        message = f"There is another team named {values['name']}."
        raise Invalid(message, errors=[FieldError("name", message)]) from None


async def _whole(tx: Connection, workspace_id: UUID, rows: Sequence[DictRow]) -> list[TeamOut]:
    members: dict[UUID, list[Named]] = defaultdict(list)
    wanted = {"workspace_id": workspace_id, "ids": [row["id"] for row in rows]}
    for row in await (await tx.execute(Q.members, wanted)).fetchall():
        members[row["team_id"]].append(Named(row["id"], row["name"]))
    return [TeamOut(**stamped(row), members=members[row["id"]]) for row in rows]


def _values(principal: Principal, team_id: UUID, **content: Any) -> dict[str, Any]:
    return {"workspace_id": principal.workspace_id, "id": team_id, "now": clock.now(), **content}


async def _told(tx: Connection, principal: Principal, verb: str, team_id: UUID) -> TeamOut:
    team = await get_team(tx, principal, team_id)
    await _audit(tx, principal, verb, team_id, team.name)
    await record(tx, principal.workspace_id, [Change("team.updated", team_id)])
    return team


async def _audit(tx: Connection, principal: Principal, verb: str, team_id: UUID, name: str) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        f"team.{verb}",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="team",
        target_id=team_id,
        data={"name": name},
    )


def _missing() -> NotFound:
    return NotFound("There is no such team.")
