"""Channels, inboxes and what was set aside, over HTTP."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.context import Context
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.inboxes import aside, service
from madoguchi.inboxes.models import ChannelOut, InboxOut, InboxPatch, NewInbox, SetAsideOut

_FIRST, _LAST = UUID(int=0), UUID(int=(1 << 128) - 1)


class ChannelController(Controller):
    path = "/api/v1/channels"
    tags = ("inboxes",)

    @get("", summary="List channels")
    async def list_channels(self) -> Page[ChannelOut]:
        """What each channel can do, and the fields its set-up needs."""
        return Page(service.get_channels())


class InboxController(Controller):
    path = "/api/v1/inboxes"
    tags = ("inboxes",)

    @get("", summary="List inboxes")
    async def list_inboxes(
        self,
        principal: Who,
        context: Ctx,
        tx: Tx,
        archived: bool = False,  # noqa: FBT001, FBT002 - a query parameter
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Page[InboxOut]:
        key = decode_cursor(cursor, tuple[UUID])
        after = key[0] if key else _FIRST
        found = await service.get_inboxes(
            tx, principal, _desk(context), archived=archived, after=after, limit=limit + 1
        )
        items, last = cut(found, limit)
        return Page(items, encode_cursor(last.id) if last else None)

    @post("", summary="Connect an inbox")
    async def create_inbox(self, principal: Who, context: Ctx, tx: Tx, data: NewInbox) -> InboxOut:
        """Owners only. `credentials` and `settings` are those of the channel's manifest."""
        return await service.do_create(tx, principal, _desk(context), data)

    @get("/{inbox_id:uuid}", summary="Get an inbox")
    async def get_inbox(self, principal: Who, context: Ctx, tx: Tx, inbox_id: UUID) -> InboxOut:
        return await service.get_inbox(tx, principal, _desk(context), inbox_id)

    @patch("/{inbox_id:uuid}", summary="Change an inbox")
    async def update_inbox(self, principal: Who, context: Ctx, tx: Tx, inbox_id: UUID, data: InboxPatch) -> InboxOut:
        return await service.do_update(tx, principal, _desk(context), inbox_id, data)

    @delete("/{inbox_id:uuid}", summary="Archive an inbox")
    async def archive_inbox(self, principal: Who, context: Ctx, tx: Tx, inbox_id: UUID) -> None:
        """Its webhook URL stops working; its conversations stay."""
        await service.do_archive(tx, principal, _desk(context), inbox_id)

    @post("/{inbox_id:uuid}/check", status_code=200, summary="Ask the provider whether the account works")
    async def check_inbox(self, principal: Who, context: Ctx, inbox_id: UUID) -> InboxOut:
        return await service.do_check(context.db, context.http, principal, _desk(context), inbox_id)

    @get("/{inbox_id:uuid}/set-aside", summary="List what an inbox set aside")
    async def list_inbox_set_aside(
        self,
        principal: Who,
        tx: Tx,
        inbox_id: UUID,
        resolved: bool = False,  # noqa: FBT001, FBT002 - a query parameter
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Page[SetAsideOut]:
        return await _set_aside(tx, principal, inbox_id, resolved=resolved, limit=limit, cursor=cursor)


class SetAsideController(Controller):
    path = "/api/v1/set-aside"
    tags = ("inboxes",)

    @get("", summary="List what was set aside")
    async def list_set_aside(
        self,
        principal: Who,
        tx: Tx,
        resolved: bool = False,  # noqa: FBT001, FBT002 - a query parameter
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Page[SetAsideOut]:
        """Webhooks that could not be processed, newest first. Owners and supervisors."""
        return await _set_aside(tx, principal, None, resolved=resolved, limit=limit, cursor=cursor)

    @post("/{set_aside_id:uuid}/replay", status_code=202, summary="Process it again")
    async def replay_set_aside(self, principal: Who, tx: Tx, set_aside_id: UUID) -> None:
        await aside.do_replay(tx, principal, set_aside_id)


async def _set_aside(
    tx: Connection, principal: Principal, inbox_id: UUID | None, *, resolved: bool, limit: int, cursor: str | None
) -> Page[SetAsideOut]:
    key = decode_cursor(cursor, tuple[UUID])
    found = await aside.get_set_aside(
        tx, principal, inbox_id=inbox_id, resolved=resolved, before=key[0] if key else _LAST, limit=limit + 1
    )
    items, last = cut(found, limit)
    return Page(items, encode_cursor(last.id) if last else None)


def _desk(context: Context) -> service.Desk:
    return service.Desk(context.secrets, context.public_url)
