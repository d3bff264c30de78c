"""Drafts over HTTP: each agent sees their own."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, put
from litestar.params import Parameter
from msgspec import UNSET, Meta, Struct, UnsetType

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.conversations import drafts
from madoguchi.conversations.models import DraftOut


class Draft(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=20_000)]
    seen: Annotated[
        datetime | UnsetType | None,
        Meta(
            description="`updated_at` of the draft that is to be replaced, null for none. Absent: whatever is there is"
            " replaced."
        ),
    ] = UNSET


class DraftController(Controller):
    path = "/api/v1"
    tags = ("conversations",)

    @get("/drafts", summary="List one's own drafts")
    async def list_drafts(
        self, tx: Tx, principal: Who, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Page[DraftOut]:
        after = decode_cursor(cursor, tuple[UUID])
        found = await drafts.get_drafts(tx, principal, after=after[0] if after else None, limit=limit + 1)
        items, last = cut(found, limit)
        return Page(items, encode_cursor(last.conversation_id) if last else None)

    @get("/conversations/{conversation_id:uuid}/draft", summary="Read one's own draft")
    async def read_draft(self, tx: Tx, principal: Who, conversation_id: UUID) -> DraftOut:
        return await drafts.get_draft(tx, principal, conversation_id)

    @put("/conversations/{conversation_id:uuid}/draft", summary="Keep a draft")
    async def keep_draft(self, tx: Tx, principal: Who, conversation_id: UUID, data: Draft) -> DraftOut:
        """409 `draft_changed` with the `draft` that another screen has kept since `seen`; nothing is replaced then."""
        return await drafts.do_keep(tx, principal, conversation_id, data.text, data.seen)

    @delete("/conversations/{conversation_id:uuid}/draft", summary="Drop a draft")
    async def drop_draft(
        self,
        tx: Tx,
        principal: Who,
        conversation_id: UUID,
        seen: Annotated[datetime | None, Parameter(description="`updated_at` of the draft that is to go.")] = None,
    ) -> None:
        """409 `draft_changed` with the `draft` that another screen has kept since `seen`."""
        await drafts.do_drop(tx, principal, conversation_id, seen)
