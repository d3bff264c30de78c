"""Which team's business a conversation is. It says who should look; who writes is still the assignee alone."""

from typing import Any
from uuid import UUID

from madoguchi.audit import service as audit
from madoguchi.conversations.assignment import get_holder
from madoguchi.conversations.internal import write_system_message
from madoguchi.conversations.load import Q
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Invalid, NotAssignee
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.events.service import Change, record


async def do_set_team(tx: Connection, principal: Principal, conversation_id: UUID, team_id: UUID | None) -> bool:
    """Give it to a team, or to none; False when it was so already.

    Raises NotFound, NotAssignee (somebody else has it, and the caller is no supervisor), Invalid (no such team).
    """
    holder = await get_holder(tx, principal.workspace_id, conversation_id)
    if holder.agent_id not in (None, principal.agent_id) and not principal.may_supervise:
        assignee = {"id": holder.agent_id, "name": holder.name}
        raise NotAssignee(f"{holder.name} has this conversation.", assignee=assignee)
    team = await get_team_name(tx, principal.workspace_id, team_id)
    values = {"workspace_id": principal.workspace_id, "id": conversation_id, "team_id": team_id, "now": clock.now()}
    if not (await tx.execute(Q.set_team, values)).rowcount:
        return False
    await _tell(tx, principal, conversation_id, team)
    return True


async def get_team_name(tx: Connection, workspace_id: UUID, team_id: UUID | None) -> dict[str, Any] | None:
    """The team as a system message names it. Raises Invalid."""
    if team_id is None:
        return None
    row = await (await tx.execute(Q.team, {"workspace_id": workspace_id, "id": team_id})).fetchone()
    if row is None:
        message = "There is no team with this id."
        raise Invalid(message, errors=[FieldError("team_id", message)])
    return {"id": row["id"], "name": row["name"]}


async def _tell(tx: Connection, principal: Principal, conversation_id: UUID, team: dict[str, Any] | None) -> None:
    message_id = await write_system_message(tx, principal, conversation_id, "team", team=team)
    await audit.record(
        tx,
        principal.workspace_id,
        "conversation.team",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="conversation",
        target_id=conversation_id,
        data={"team_id": str(team["id"])} if team else {},
    )
    changes = [Change("message.created", message_id), Change("conversation.updated", conversation_id)]
    await record(tx, principal.workspace_id, changes)
