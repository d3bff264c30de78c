"""How an inbox gives out its conversations, as its owner sets it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct, structs

from madoguchi.audit import service as audit
from madoguchi.conversations.giving import Q
from madoguchi.core.errors import FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.events.service import Change, record


class AssignmentRule(Struct, frozen=True, forbid_unknown_fields=True):
    """`keep_contacts`: a contact stays with the first agent who had them. `mode`: manual (agents take), round_robin,
    least_open. `capacity`: open conversations per agent above which nobody is given more, null = any number.
    `agent_ids`: among whom; empty = all. `when_absent`: what happens to the open conversations of an agent who has been
    absent for `absent_minutes`: they keep them, or they go back to the queue."""

    keep_contacts: bool = False
    mode: Literal["manual", "round_robin", "least_open"] = "manual"
    capacity: Annotated[int, Meta(ge=1, le=1000)] | None = None
    agent_ids: Annotated[list[UUID], Meta(max_length=500)] = []
    when_absent: Literal["keep", "queue"] = "keep"
    absent_minutes: Annotated[int, Meta(ge=1, le=1440)] = 15


async def get_rule(tx: Connection, workspace_id: UUID, inbox_id: UUID) -> AssignmentRule:
    """Raises NotFound."""
    values = {"workspace_id": workspace_id, "inbox_id": inbox_id}
    if await (await tx.execute(Q.there, values)).fetchone() is None:
        raise NotFound("There is no such inbox.")
    found = await tx.execute(Q.rules, {"workspace_id": workspace_id, "inboxes": [inbox_id]})
    row = await found.fetchone()
    if row is None:
        return AssignmentRule()
    return AssignmentRule(**{name: row[name] for name in AssignmentRule.__struct_fields__})


async def do_set_rule(tx: Connection, principal: Principal, inbox_id: UUID, rule: AssignmentRule) -> None:
    """Raises Forbidden, NotFound, Invalid (an unknown agent)."""
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may set how conversations are given out.")
    await _check_agents(tx, principal, rule.agent_ids)
    values: dict[str, Any] = {"workspace_id": principal.workspace_id, "inbox_id": inbox_id, **structs.asdict(rule)}
    if not (await tx.execute(Q.set_rule, values)).rowcount:
        raise NotFound("There is no such inbox.")
    await audit.record(
        tx,
        principal.workspace_id,
        "inbox.assignment",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="inbox",
        target_id=inbox_id,
        data={"mode": rule.mode, "keep_contacts": rule.keep_contacts, "when_absent": rule.when_absent},
    )
    await record(tx, principal.workspace_id, [Change("inbox.updated", inbox_id)])


async def _check_agents(tx: Connection, principal: Principal, agent_ids: list[UUID]) -> None:
    found = await tx.execute(Q.known_agents, {"workspace_id": principal.workspace_id, "ids": agent_ids})
    if len({row["id"] for row in await found.fetchall()}) < len(set(agent_ids)):
        message = "There is no agent with one of these ids."
        raise Invalid(message, errors=[FieldError("agent_ids", message)])
