"""Saved views over HTTP. `GET /conversations?view_id=…` lists by one."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.conversations import views
from madoguchi.conversations.views import NewView, ViewOut, ViewPatch


class ViewController(Controller):
    path = "/api/v1/views"
    tags = ("views",)

    @get("", summary="List the shared views and one's own")
    async def list_views(
        self, tx: Tx, principal: Who, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Page[ViewOut]:
        after = decode_cursor(cursor, tuple[str, UUID])
        items, last = cut(await views.get_views(tx, principal, after=after, limit=limit + 1), limit)
        return Page(items, encode_cursor(last.name, last.id) if last else None)

    @post("", summary="Save a view")
    async def create_view(self, tx: Tx, principal: Who, data: NewView) -> ViewOut:
        """Shared ones are made by supervisors and owners, own ones by anybody for themselves."""
        return await views.do_add(tx, principal, data)

    @patch("/{view_id:uuid}", summary="Change a view")
    async def change_view(self, tx: Tx, principal: Who, view_id: UUID, data: ViewPatch) -> ViewOut:
        return await views.do_change(tx, principal, view_id, data)

    @delete("/{view_id:uuid}", summary="Delete a view")
    async def delete_view(self, tx: Tx, principal: Who, view_id: UUID) -> None:
        await views.do_remove(tx, principal, view_id)
