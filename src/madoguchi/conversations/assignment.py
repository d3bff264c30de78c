"""Who may write: the assignee, and how a conversation changes hands.

Every change is one conditional statement and makes the claim grow; whoever still holds an older claim cannot send.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from madoguchi.audit import service as audit
from madoguchi.conversations.giving import hold_contacts, keep_contacts
from madoguchi.conversations.internal import write_system_message
from madoguchi.conversations.load import Q
from madoguchi.conversations.merged import check_unmerged
from madoguchi.core import clock
from madoguchi.core.errors import AlreadyClaimed, Conflict, FieldError, Forbidden, Invalid, NotAssignee, NotFound
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.events.service import Change, record

_TRIES = 5


class Holder(Struct, frozen=True):
    """Who has a conversation now, under which claim; `agent_id` None = nobody."""

    agent_id: UUID | None
    name: str | None
    claim: int


async def get_holder(tx: Connection, workspace_id: UUID, conversation_id: UUID) -> Holder:
    row = await (await tx.execute(Q.holder, {"workspace_id": workspace_id, "id": conversation_id})).fetchone()
    if row is None:
        raise NotFound("There is no such conversation.")
    check_unmerged(row)
    return Holder(row["assignee_id"], row["assignee_name"], row["claim"])


async def do_claim(tx: Connection, principal: Principal, conversation_id: UUID) -> bool:
    """Take a conversation that nobody has. False when it was mine already; raises AlreadyClaimed when somebody was first."""
    me = check_is_agent(principal)
    await hold_contacts(tx, principal.workspace_id, [conversation_id])
    for _ in range(_TRIES):
        if await _take_free(tx, principal, conversation_id, me):
            await _tell(tx, principal, conversation_id, "assigned", (me, principal.name))
            return True
        holder = await get_holder(tx, principal.workspace_id, conversation_id)
        if holder.agent_id == me:
            return False
        if holder.agent_id is not None:
            raise AlreadyClaimed(f"{holder.name} was first.", assignee=_named(holder))
    raise Conflict("The conversation is changing hands. Try again.")


async def do_assign(
    tx: Connection,
    principal: Principal,
    conversation_id: UUID,
    agent_id: UUID | None,
    *,
    take_over: bool = False,
    note: str = "",
) -> bool:
    """Hand over, release (`agent_id` None) or take over; False when it was so already. `note` says why, to whoever reads
    the thread.

    Raises NotFound, NotAssignee (someone else has it and `take_over` was not said), Forbidden, Invalid (no such agent).
    """
    await hold_contacts(tx, principal.workspace_id, [conversation_id])
    for _ in range(_TRIES):
        holder = await get_holder(tx, principal.workspace_id, conversation_id)
        if holder.agent_id == agent_id:
            return False
        check_assign(principal, holder, agent_id, take_over=take_over)
        target = await get_target(tx, principal.workspace_id, agent_id)
        if await _move(tx, principal, conversation_id, holder, agent_id):
            facts: dict[str, Any] = {"note": note.strip()} if note.strip() else {}
            if holder.agent_id is not None:
                facts["previous"] = _named(holder)
            await _tell(tx, principal, conversation_id, assignment_kind(principal, holder, agent_id), target, **facts)
            return True
    raise Conflict("The conversation is changing hands. Try again.")


def check_assign(principal: Principal, holder: Holder, agent_id: UUID | None, *, take_over: bool) -> None:
    if holder.agent_id is None:
        if agent_id != principal.agent_id and not principal.may_supervise:
            raise Forbidden("Only a supervisor may assign a conversation to somebody else.")
        return
    if holder.agent_id == principal.agent_id:
        return
    if not take_over:
        raise NotAssignee(f"{holder.name} has this conversation.", assignee=_named(holder))
    if not principal.may_supervise:
        raise Forbidden(f"{holder.name} has this conversation; only a supervisor may take it over.")


def check_is_agent(principal: Principal) -> UUID:
    if principal.agent_id is None:
        raise Forbidden("Only an agent can do this.")
    return principal.agent_id


async def _take_free(tx: Connection, principal: Principal, conversation_id: UUID, me: UUID) -> bool:
    return await _changed(
        tx, Q.claim, workspace_id=principal.workspace_id, id=conversation_id, agent_id=me, now=clock.now()
    )


async def _move(
    tx: Connection, principal: Principal, conversation_id: UUID, holder: Holder, agent_id: UUID | None
) -> bool:
    return await _changed(
        tx,
        Q.assign,
        workspace_id=principal.workspace_id,
        id=conversation_id,
        agent_id=agent_id,
        claim=holder.claim,
        now=clock.now(),
    )


async def _changed(tx: Connection, query: Any, **parameters: Any) -> bool:
    return (await tx.execute(query, parameters)).rowcount == 1


async def get_target(tx: Connection, workspace_id: UUID, agent_id: UUID | None) -> tuple[UUID, str] | None:
    """The agent to hand over to, with the name; None for nobody. Raises Invalid."""
    if agent_id is None:
        return None
    row = await (await tx.execute(Q.active_agent, {"workspace_id": workspace_id, "id": agent_id})).fetchone()
    if row is None:
        message = "There is no active agent with this id."
        raise Invalid(message, errors=[FieldError("agent_id", message)])
    return row["id"], row["name"]


def assignment_kind(principal: Principal, holder: Holder, agent_id: UUID | None) -> str:
    """What the thread and the audit log call it."""
    if holder.agent_id is not None and holder.agent_id != principal.agent_id:
        return "taken_over"
    return "assigned" if agent_id else "released"


def _named(holder: Holder) -> dict[str, Any]:
    return {"id": holder.agent_id, "name": holder.name}


async def _tell(
    tx: Connection,
    principal: Principal,
    conversation_id: UUID,
    kind: str,
    agent: tuple[UUID, str] | None,
    **facts: Any,
) -> None:
    """In the thread, in the audit log and on every screen."""
    message_id = await write_system_message(tx, principal, conversation_id, kind, agent=agent, **facts)
    await audit.record(
        tx,
        principal.workspace_id,
        f"conversation.{kind}",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="conversation",
        target_id=conversation_id,
        data={"agent_id": str(agent[0])} if agent else {},
    )
    changes: Sequence[Change] = (
        Change("message.created", message_id),
        Change("conversation.updated", conversation_id),
        *await keep_contacts(tx, principal.workspace_id, [conversation_id]),
    )
    await record(tx, principal.workspace_id, changes)
