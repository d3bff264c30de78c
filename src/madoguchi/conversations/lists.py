"""Which conversations and messages a page shows. Pages are found by one index scan and then loaded whole."""

from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from madoguchi.conversations.load import Q, load_conversations, load_messages
from madoguchi.conversations.models import ConversationOut, Count, Counts, MessageOut
from madoguchi.core.errors import NotFound
from madoguchi.core.phone import digits_of
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection

View = Literal["mine", "unassigned", "all"]

_NEWEST = UUID(int=(1 << 128) - 1)
_STATUSES = ("open", "snoozed", "closed")
_SEARCH_REACH = 5_000
_COUNT_LIMIT = 1_000
_SHORTEST_PHONE = 5


class Wanted(Struct, frozen=True, kw_only=True):
    """The filters of a list; None means any."""

    view: View = "all"
    status: str | None = None
    inbox_id: UUID | None = None
    contact_id: UUID | None = None
    label: str | None = None
    q: str | None = None


async def get_page(
    tx: Connection, principal: Principal, wanted: Wanted, *, before: UUID | None, limit: int
) -> tuple[list[ConversationOut], UUID | None]:
    """Newest activity first; the second value is the key to go on `before`, None on the last page."""
    parameters = {
        "workspace_id": principal.workspace_id,
        "agent_id": principal.agent_id,
        "view": wanted.view,
        "statuses": [wanted.status] if wanted.status else list(_STATUSES),
        "inbox_id": wanted.inbox_id,
        "contact_ids": await _person(tx, principal, wanted.contact_id),
        "label": wanted.label,
        "before": before or _NEWEST,
        "limit": limit + 1,
    }
    needle = (wanted.q or "").strip().lower()
    query = Q.search if needle else Q.page
    found = await (await tx.execute(query, parameters | _search(needle))).fetchall()
    shown = found[:limit]
    page = await load_conversations(tx, principal.workspace_id, [row["id"] for row in shown])
    return page, shown[-1]["last_activity_id"] if len(found) > limit else None


async def _person(tx: Connection, principal: Principal, contact_id: UUID | None) -> list[UUID] | None:
    if contact_id is None:
        return None
    found = await tx.execute(Q.person, {"workspace_id": principal.workspace_id, "contact_id": contact_id})
    return [row["id"] for row in await found.fetchall()]


def _search(needle: str) -> dict[str, Any]:
    if not needle:
        return {}
    digits = digits_of(needle)
    exact = [needle, *([digits] if len(digits) >= _SHORTEST_PHONE else [])]
    return {"needle": needle, "exact": exact, "reach": _SEARCH_REACH}


async def get_counts(tx: Connection, principal: Principal) -> Counts:
    rows = await (
        await tx.execute(
            Q.counts,
            {"workspace_id": principal.workspace_id, "agent_id": principal.agent_id, "most": _COUNT_LIMIT},
        )
    ).fetchall()
    by_view = {row["view"]: Count(row["open"], row["unread"]) for row in rows}
    return Counts(by_view["mine"], by_view["unassigned"], by_view["all"])


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


async def get_message(tx: Connection, workspace_id: UUID, message_id: UUID) -> MessageOut:
    found = await load_messages(tx, workspace_id, [message_id])
    if not found:
        raise NotFound("There is no such message.")
    return found[0]
