"""Which conversations and messages a page shows, each loaded whole."""

from uuid import UUID

from msgspec import Struct

from madoguchi.conversations.filters import Filter, Sort
from madoguchi.conversations.load import Q, load_conversations, load_messages
from madoguchi.conversations.models import ConversationOut, MessageOut
from madoguchi.conversations.pages import Place, find_page
from madoguchi.core.errors import NotFound
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection

_NEWEST = UUID(int=(1 << 128) - 1)


async def get_page(
    tx: Connection, principal: Principal, wanted: Filter, sort: Sort, *, after: Place | None, limit: int
) -> tuple[list[ConversationOut], Place | None]:
    """The second value is the place to go on after, None on the last page. A page may be short, and even empty, while
    there are more: what a rare filter leaves is looked for a bounded way per page."""
    found = await find_page(tx, principal, wanted, sort, after=after, limit=limit)
    return await load_conversations(tx, principal.workspace_id, found.ids), found.next


async def get_conversation(tx: Connection, workspace_id: UUID, conversation_id: UUID) -> ConversationOut:
    found = await load_conversations(tx, workspace_id, [conversation_id])
    if not found:
        raise NotFound("There is no such conversation.")
    return found[0]


async def get_messages(
    tx: Connection, workspace_id: UUID, conversation_id: UUID, *, before: UUID | None, limit: int
) -> tuple[list[MessageOut], UUID | None]:
    """Newest first; the second value is the key to go on `before`, None on the last page."""
    rows = await (
        await tx.execute(
            Q.message_page,
            {
                "workspace_id": workspace_id,
                "conversation_id": conversation_id,
                "before": before or _NEWEST,
                "limit": limit + 1,
            },
        )
    ).fetchall()
    ids = [row["id"] for row in rows]
    if not ids and before is None:
        await get_conversation(tx, workspace_id, conversation_id)  # empty, or not there?
    page = await load_messages(tx, workspace_id, ids[:limit])
    return page, ids[limit - 1] if len(ids) > limit else None


class Span(Struct, frozen=True):
    """A piece of a thread, newest first, and where it goes on; None where it ends."""

    items: list[MessageOut]
    older: UUID | None
    newer: UUID | None


async def get_around(
    tx: Connection, workspace_id: UUID, conversation_id: UUID, message_id: UUID, *, limit: int
) -> Span:
    """The message with about as many before as after it. Raises NotFound when it is not in this conversation."""
    after = await _ids_from(tx, workspace_id, conversation_id, message_id, limit // 2 + 2)
    if not after or after[0] != message_id:
        raise NotFound("There is no such message in this conversation.")
    older, before = await get_messages(
        tx, workspace_id, conversation_id, before=message_id, limit=max(1, limit - limit // 2 - 1)
    )
    from_it = await load_messages(tx, workspace_id, reversed(after[: limit // 2 + 1]))
    newer = after[limit // 2] if len(after) > limit // 2 + 1 else None
    return Span([*from_it, *older], before, newer)


async def get_newer(tx: Connection, workspace_id: UUID, conversation_id: UUID, after: UUID, *, limit: int) -> Span:
    """What follows `after`."""
    ids = await _ids_from(tx, workspace_id, conversation_id, UUID(int=after.int + 1), limit + 1)
    items = await load_messages(tx, workspace_id, reversed(ids[:limit]))
    return Span(items, None, ids[limit - 1] if len(ids) > limit else None)


async def _ids_from(tx: Connection, workspace_id: UUID, conversation_id: UUID, start: UUID, limit: int) -> list[UUID]:
    values = {"workspace_id": workspace_id, "conversation_id": conversation_id, "from": start, "limit": limit}
    return [row["id"] for row in await (await tx.execute(Q.messages_from, values)).fetchall()]


async def get_message(tx: Connection, workspace_id: UUID, message_id: UUID) -> MessageOut:
    found = await load_messages(tx, workspace_id, [message_id], pages=True)
    if not found:
        raise NotFound("There is no such message.")
    return found[0]
