"""Notices over HTTP, for owners and supervisors."""

from uuid import UUID

from litestar import Controller, get, post

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.notices import service
from madoguchi.notices.models import Dismissed, NoticeOut

_LAST = UUID(int=(1 << 128) - 1)


class NoticeController(Controller):
    path = "/api/v1/notices"
    tags = ("notices",)

    @get("", summary="List notices, the newest first")
    async def list_notices(
        self,
        tx: Tx,
        principal: Who,
        dismissed: bool = False,  # noqa: FBT001, FBT002 - a query parameter
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Page[NoticeOut]:
        """Those that are open, or with `dismissed=true` those that were put away. 403 for agents."""
        (before,) = decode_cursor(cursor, tuple[UUID]) or (_LAST,)
        found = await service.get_notices(tx, principal, dismissed=dismissed, before=before, limit=limit + 1)
        items, last = cut(found, limit)
        return Page(items, encode_cursor(last.id) if last else None)

    @post("/{notice_id:uuid}/dismiss", status_code=204, summary="Put a notice away, for everybody")
    async def dismiss_notice(self, tx: Tx, principal: Who, notice_id: UUID) -> None:
        await service.do_dismiss(tx, principal, notice_id)

    @post("/dismiss", status_code=200, summary="Put all notices away, for everybody")
    async def dismiss_notices(self, tx: Tx, principal: Who) -> Dismissed:
        return Dismissed(await service.do_dismiss_all(tx, principal))
