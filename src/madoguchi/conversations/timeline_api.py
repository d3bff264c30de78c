"""Everything said with one contact, whatever the channel, as one thread."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import Parameter

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.conversations.load import Q, load_messages
from madoguchi.conversations.models import MessageOut
from madoguchi.core.errors import NotFound
from madoguchi.db.pool import Connection

_NEWEST = UUID(int=(1 << 128) - 1)


@get(
    "/api/v1/contacts/{contact_id:uuid}/timeline",
    summary="Read all conversations of a contact as one, newest first",
    tags=["contacts"],
)
async def read_timeline(
    tx: Tx,
    principal: Who,
    contact_id: Annotated[UUID, Parameter(description="The contact's id.")],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[MessageOut]:
    """Each message names its conversation, and that its channel."""
    before = decode_cursor(cursor, tuple[UUID])
    items, last = await get_timeline(
        tx, principal.workspace_id, contact_id, before=before[0] if before else None, limit=limit
    )
    return Page(items, encode_cursor(last) if last else None)


async def get_timeline(
    tx: Connection, workspace_id: UUID, contact_id: UUID, *, before: UUID | None, limit: int
) -> tuple[list[MessageOut], UUID | None]:
    """The second value is the key to go on `before`, None on the last page. Raises NotFound."""
    values = {"workspace_id": workspace_id, "contact_id": contact_id, "before": before or _NEWEST, "limit": limit + 1}
    rows = await (await tx.execute(Q.timeline, values)).fetchall()
    if not rows and await (await tx.execute(Q.contact_exists, values)).fetchone() is None:
        raise NotFound("There is no such contact.")
    ids, last = cut([row["id"] for row in rows], limit)
    return await load_messages(tx, workspace_id, ids), last
