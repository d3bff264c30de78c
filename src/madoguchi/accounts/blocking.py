"""The block list: the provider keeps it, and ours keeps messages to those on it from being written."""

from uuid import UUID

from madoguchi.accounts.desk import Desk, asking, note
from madoguchi.accounts.models import BlockedOut, BlockOut, ContactName
from madoguchi.channels.account import BlockedPeople
from madoguchi.channels.events import Identity
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Invalid
from madoguchi.core.principal import Principal
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events

Q = load_queries(__file__)


async def get_blocked(desk: Desk, after: str | None) -> tuple[list[BlockedOut], str | None]:
    with asking(desk):
        found = await desk.account.blocked(after)
    async with desk.context.db.workspace(desk.principal.workspace_id) as tx:
        names = await _names(tx, desk, found)
    items = [BlockedOut(p.kind, p.value, names.get((p.kind, p.value))) for p in found.items]
    return items, found.after


async def _names(tx: Connection, desk: Desk, found: BlockedPeople) -> dict[tuple[str, str], ContactName]:
    values = {"workspace_id": desk.principal.workspace_id, "channel": desk.inbox.channel}
    people = {"kinds": [p.kind for p in found.items], "values": [p.value for p in found.items]}
    rows = await (await tx.execute(Q.contacts_of, {**values, **people})).fetchall()
    return {(row["kind"], row["value"]): ContactName(row["id"], row["name"]) for row in rows}


async def do_set_blocked(desk: Desk, contact_id: UUID, *, blocked: bool) -> None:
    """Raises Invalid: nobody of this channel, or the provider allows it only soon after they wrote."""
    place = {"workspace_id": desk.principal.workspace_id, "inbox_id": desk.inbox.id, "contact_id": contact_id}
    async with desk.context.db.workspace(desk.principal.workspace_id) as tx:
        rows = await (await tx.execute(Q.identities, {**place, "channel": desk.inbox.channel})).fetchall()
    if not rows:
        message = "The contact has no address on this channel."
        raise Invalid(message, errors=[FieldError("contact_id", message)])
    with asking(desk):
        known = await desk.account.set_blocked([Identity(r["kind"], r["value"]) for r in rows], blocked=blocked)
    ids = [row["id"] for row in rows if Identity(row["kind"], row["value"]) in known]
    async with desk.context.db.workspace(desk.principal.workspace_id) as tx:
        by = {"ids": ids, "agent_id": desk.principal.agent_id, "now": clock.now()}
        await tx.execute(Q.block if blocked else Q.unblock, {**place, **by})
        await note(tx, desk, "contact.blocked" if blocked else "contact.unblocked", contact_id=str(contact_id))
        conversations = await (await tx.execute(Q.contact_conversations, place)).fetchall()
        changes = [Change("conversation.updated", row["id"]) for row in conversations]
        await record_events(tx, desk.principal.workspace_id, [Change("contact.updated", contact_id), *changes])


async def get_blocks(tx: Connection, principal: Principal, contact_id: UUID) -> list[BlockOut]:
    values = {"workspace_id": principal.workspace_id, "contact_id": contact_id}
    rows = await (await tx.execute(Q.blocks_of, values)).fetchall()
    return [BlockOut(row["inbox_id"], rfc3339(row["blocked_at"])) for row in rows]
