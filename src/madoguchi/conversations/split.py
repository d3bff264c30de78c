"""A letter on another topic in an old thread becomes a conversation of its own, with everything after it."""

from uuid import UUID

from psycopg.rows import DictRow

from madoguchi.audit import service as audit
from madoguchi.channels import registry
from madoguchi.conversations.assignment import get_holder
from madoguchi.conversations.internal import write_system_message
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Invalid, NotAssignee
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record

Q = load_queries(__file__, "split.sql")


async def do_split(tx: Connection, principal: Principal, conversation_id: UUID, message_id: UUID) -> UUID:
    """Returns the new conversation's id. Its answers find it: what quotes a moved letter goes there.

    Raises NotFound (no such message in it), NotAssignee, Conflict (nothing stays before the message, or the channel has one
    conversation for each contact).
    """
    given = {"workspace_id": principal.workspace_id, "id": conversation_id, "message_id": message_id}
    row = await (await tx.execute(Q.lock, given)).fetchone()
    await _check(tx, principal, conversation_id, row)
    if row is None:
        message = "There is no such message in this conversation."
        raise Invalid(message, errors=[FieldError("message_id", message)])
    new = {**given, "new_id": new_id(), "inbox_id": row["inbox_id"], "now": clock.now()}
    subject = row["subject"] or ""
    await tx.execute(Q.open, {**new, "subject": subject})
    moved = await (await tx.execute(Q.move, new)).fetchall()
    references = [each["reference"] for each in moved if each["reference"]]
    for statement in (Q.move_queue, Q.move_mentions, Q.copy_people, Q.shrink):
        await tx.execute(statement, new)
    await tx.execute(Q.move_references, {**new, "references": references})
    await _tell(tx, principal, conversation_id, new["new_id"], subject, [each["id"] for each in moved])
    return UUID(str(new["new_id"]))


async def _check(tx: Connection, principal: Principal, conversation_id: UUID, row: DictRow | None) -> None:
    holder = await get_holder(tx, principal.workspace_id, conversation_id)
    if holder.agent_id not in (None, principal.agent_id) and not principal.may_supervise:
        raise NotAssignee(
            f"{holder.name} has this conversation.", assignee={"id": holder.agent_id, "name": holder.name}
        )
    if row is None:
        return
    if not registry.channel(row["channel"]).manifest.capabilities.threads:
        raise Conflict("On this channel a contact has one conversation.")
    if not row["has_earlier"]:
        raise Conflict("The conversation begins with this message: nothing would stay.")


async def _tell(
    tx: Connection, principal: Principal, conversation_id: UUID, new: UUID, subject: str, moved: list[UUID]
) -> None:
    told = await write_system_message(
        tx, principal, conversation_id, "split", moves=True, into=str(new), subject=subject
    )
    await audit.record(
        tx,
        principal.workspace_id,
        "conversation.split",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="conversation",
        target_id=conversation_id,
        data={"conversation_id": str(new)},
    )
    changes = [Change("conversation.created", new), *(Change("message.updated", each) for each in moved)]
    changes += [Change("message.created", told), Change("conversation.updated", conversation_id)]
    await record(tx, principal.workspace_id, changes)
