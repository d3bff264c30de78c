"""Snoozed conversations whose time has come are open again. A customer's message wakes them too: inbound does that."""

from uuid import UUID

from madoguchi.conversations.internal import write_system_message
from madoguchi.conversations.load import Q
from madoguchi.core import clock
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Database
from madoguchi.events.service import Change, record

_AT_ONCE = 500


async def do_wake_due(db: Database) -> int:
    """How many woke. One transaction each: the workspace's event counter is never held for long."""
    async with db.system() as tx:
        rows = await (await tx.execute(Q.due, {"now": clock.now(), "limit": _AT_ONCE})).fetchall()
    woken = [await _wake(db, row["workspace_id"], row["id"]) for row in rows]
    return sum(woken)


async def _wake(db: Database, workspace_id: UUID, conversation_id: UUID) -> bool:
    """False when somebody was first. It comes up in the lists as if something had been written."""
    nobody = Principal(workspace_id, "system", None, "owner", "")
    async with db.workspace(workspace_id) as tx:
        values = {"workspace_id": workspace_id, "id": conversation_id, "now": clock.now()}
        if not (await tx.execute(Q.wake, values)).rowcount:
            return False
        message_id = await write_system_message(tx, nobody, conversation_id, "woken", moves=True)
        changes = [Change("message.created", message_id), Change("conversation.updated", conversation_id)]
        await record(tx, workspace_id, changes)
    return True
