"""Send to an address: alerts and notifications from other systems, under the same rules as everybody."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from madoguchi.channels import registry
from madoguchi.channels.events import Identity
from madoguchi.contacts.numbers import Newcomer, meet, number_of
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.enqueue import enqueue
from madoguchi.outbound.lanes import CONVERSATIONAL

Q = load_queries(__file__)


async def send_to_address(
    tx: Connection,
    principal: Principal,
    inbox_id: UUID,
    to: str,
    draft: MessageDraft,
    *,
    lane: int = CONVERSATIONAL,
) -> UUID:
    """Finds or makes the contact and the conversation, then queues the message; returns the message's id.

    `to` is what the channel understands: a phone number, an address, a provider's user id. Raises NotFound (inbox),
    Invalid (field `to`) and whatever `enqueue` raises.
    """
    inbox = await _inbox(tx, principal, inbox_id)
    identity = registry.channel(inbox["channel"]).identity_in(to, inbox["settings"])
    if identity is None:
        raise Invalid("Not an address of this channel.", errors=[FieldError("to", "Not an address of this channel.")])
    conversation_id = await _conversation(
        tx, principal, inbox, identity, draft.letter.subject if draft.letter else None
    )
    return await enqueue(tx, principal, conversation_id, draft, lane=lane)


async def _inbox(tx: Connection, principal: Principal, inbox_id: UUID) -> DictRow:
    cursor = await tx.execute(Q.inbox, {"workspace_id": principal.workspace_id, "id": inbox_id})
    row = await cursor.fetchone()
    if row is None or row["archived_at"] is not None:
        raise NotFound("There is no such inbox.")
    return row


async def _conversation(
    tx: Connection, principal: Principal, inbox: DictRow, identity: Identity, subject: str | None
) -> UUID:
    address: dict[str, Any] = {
        "workspace_id": principal.workspace_id,
        "inbox_id": inbox["id"],
        "channel": inbox["channel"],
        "kind": identity.kind,
        "value": identity.value,
    }
    if registry.channel(inbox["channel"]).manifest.capabilities.threads:
        # A letter to somebody begins a thread of its own; an answer in one goes by the conversation.
        return await open_conversation(tx, address, thread=str(new_id()), subject=subject or "")
    cursor = await tx.execute(Q.conversation_for_address, address)
    row = await cursor.fetchone()
    return row["id"] if row else await open_conversation(tx, address)


async def open_conversation(
    tx: Connection, address: dict[str, Any], *, thread: str = "", subject: str = "", contact_id: UUID | None = None
) -> UUID:
    """Both statements return the row that is there, ours or a concurrent one: unique keys decide. `contact_id`: whose the
    address is, where nobody has it on the channel yet."""
    known = contact_id or await _known_elsewhere(tx, address)
    made = {**address, "identity_id": new_id(), "contact_id": known or new_id(), "now": clock.now()}
    cursor = await tx.execute(Q.contact_for_address, made)
    contact = await cursor.fetchone()
    if contact is None:
        raise RuntimeError("an upsert returned no row")
    opened = {**made, "id": new_id(), "contact_id": contact["contact_id"], "thread": thread, "subject": subject}
    cursor = await tx.execute(Q.open_conversation, opened)
    conversation = await cursor.fetchone()
    if conversation is None:
        raise RuntimeError("an upsert returned no row")
    return UUID(str(conversation["id"]))


async def _known_elsewhere(tx: Connection, address: Mapping[str, Any]) -> UUID | None:
    """Whoever another channel's provider has told us under this telephone number; the address itself stays unverified."""
    number = number_of(address["kind"], address["value"])
    if number is None:
        return None
    known = await meet(tx, [Newcomer(address["workspace_id"], address["channel"], number)])
    return known[0].contact_id
