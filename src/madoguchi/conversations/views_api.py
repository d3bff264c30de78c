"""Saved views over HTTP. `GET /conversations?view_id=…` lists by one."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post, put

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.conversations import views
from madoguchi.conversations.views import NewView, ViewOrder, ViewOut, ViewPatch


class ViewController(Controller):
    path = "/api/v1/views"
    tags = ("views",)

    @get("", summary="List the shared views and one's own")
    async def list_views(
        self, tx: Tx, principal: Who, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Page[ViewOut]:
        after = decode_cursor(cursor, tuple[bool, int, str, UUID])
        items, last = cut(await views.get_views(tx, principal, after=after, limit=limit + 1), limit)
        return Page(items, encode_cursor(not last.shared, last.position, last.name, last.id) if last else None)

    @post("", summary="Save a view")
    async def create_view(self, tx: Tx, principal: Who, data: NewView) -> ViewOut:
        """Shared ones are made by supervisors and owners, own ones by anybody for themselves."""
        return await views.do_add(tx, principal, data)

    @patch("/{view_id:uuid}", summary="Change a view")
    async def change_view(self, tx: Tx, principal: Who, view_id: UUID, data: ViewPatch) -> ViewOut:
        """A supervisor or owner shares an own view and takes a shared one back as their own (`shared`)."""
        return await views.do_change(tx, principal, view_id, data)

    @put("/order", status_code=204, summary="Put views in order")
    async def order_views(self, tx: Tx, principal: Who, data: ViewOrder) -> None:
        """Shared ones among themselves (supervisors and owners), own ones among themselves.."""
        await views.do_order(tx, principal, data)

    @delete("/{view_id:uuid}", summary="Delete a view")
    async def delete_view(self, tx: Tx, principal: Who, view_id: UUID) -> None:
        await views.do_remove(tx, principal, view_id)
