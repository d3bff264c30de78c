"""Quick replies over HTTP."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.quick_replies import service
from madoguchi.quick_replies.models import NewQuickReply, QuickReplyOut, QuickReplyPatch


class QuickReplyController(Controller):
    path = "/api/v1/quick-replies"
    tags = ("quick-replies",)

    @get("", summary="List the shared quick replies and one's own")
    async def list_quick_replies(
        self, tx: Tx, principal: Who, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Page[QuickReplyOut]:
        after = decode_cursor(cursor, tuple[str, UUID])
        found = await service.get_quick_replies(tx, principal, after=after, limit=limit + 1)
        items, last = cut(found, limit)
        return Page(items, encode_cursor(last.shortcut, last.id) if last else None)

    @post("", summary="Make a quick reply")
    async def create_quick_reply(self, tx: Tx, principal: Who, data: NewQuickReply) -> QuickReplyOut:
        """Shared ones are made by supervisors and owners, personal ones by anybody for themselves."""
        return await service.do_add(tx, principal, data)

    @patch("/{reply_id:uuid}", summary="Change a quick reply")
    async def change_quick_reply(self, tx: Tx, principal: Who, reply_id: UUID, data: QuickReplyPatch) -> QuickReplyOut:
        return await service.do_change(tx, principal, reply_id, data)

    @delete("/{reply_id:uuid}", summary="Delete a quick reply")
    async def delete_quick_reply(self, tx: Tx, principal: Who, reply_id: UUID) -> None:
        await service.do_remove(tx, principal, reply_id)

    @post("/{reply_id:uuid}/used", status_code=204, summary="Count one use of a quick reply")
    async def count_quick_reply(self, tx: Tx, principal: Who, reply_id: UUID) -> None:
        await service.do_count_use(tx, principal, reply_id)
