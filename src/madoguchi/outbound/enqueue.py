"""Write a message and put it in the queue: checks, message, outbox row and event in one transaction."""

from uuid import UUID

from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.outbound.drafts import MessageDraft


async def enqueue(tx: Connection, principal: Principal, conversation_id: UUID, draft: MessageDraft) -> UUID:
    """Returns the message's id.

    Raises NotFound, NotAssignee (someone else has the conversation, or the claim is stale), WindowClosed, OptedOut,
    ChannelDown, Invalid (naming the field).
    """
    raise Exception("being written")


async def retry(tx: Connection, principal: Principal, message_id: UUID, *, confirm: bool = False) -> UUID:
    """Queue a failed message again; an uncertain one only with `confirm`, since the customer may get it twice."""
    raise Exception("being written")
