"""Labels over HTTP. Setting them on a conversation is `PATCH /conversations/{id}`."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.labels import service
from madoguchi.labels.models import LabelOut, LabelPatch, NewLabel


class LabelController(Controller):
    path = "/api/v1/labels"
    tags = ("labels",)

    @get("", summary="List labels by category and name")
    async def list_labels(
        self, tx: Tx, principal: Who, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Page[LabelOut]:
        after = decode_cursor(cursor, tuple[str, str])
        items, last = cut(await service.get_labels(tx, principal, after=after, limit=limit + 1), limit)
        return Page(items, encode_cursor(last.category, last.name) if last else None)

    @post("", summary="Make a label")
    async def create_label(self, tx: Tx, principal: Who, data: NewLabel) -> LabelOut:
        return await service.do_add(tx, principal, data)

    @patch("/{label_id:uuid}", summary="Change a label")
    async def change_label(self, tx: Tx, principal: Who, label_id: UUID, data: LabelPatch) -> LabelOut:
        """A new name goes to every conversation that had the old one."""
        return await service.do_change(tx, principal, label_id, data)

    @delete("/{label_id:uuid}", summary="Delete a label and take it off every conversation")
    async def delete_label(self, tx: Tx, principal: Who, label_id: UUID) -> None:
        await service.do_remove(tx, principal, label_id)
