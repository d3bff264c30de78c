"""Messages over HTTP: reading a thread and writing into it. The rules of sending are `outbound/`'s."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import Parameter
from msgspec import Meta, Struct

from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor
from madoguchi.api.unit import KEPT_PLANS
from madoguchi.conversations import internal, lists
from madoguchi.conversations.info import MessageInfo, get_info
from madoguchi.conversations.letters import page_of
from madoguchi.conversations.models import MessageOut
from madoguchi.conversations.notes import NotePatch, do_change_note, do_delete_note
from madoguchi.core.errors import NotFound
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.outbound.address import send_to_address
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.enqueue import enqueue, retry
from madoguchi.outbound.lanes import CAMPAIGNS, CONVERSATIONAL
from madoguchi.outbound.prepare import Place, prepared

Around = Annotated[
    UUID | None, Parameter(description="A message's id: the page holds it and about as many before as after it.")
]
NewerThan = Annotated[str | None, Parameter(max_length=500, description="`newer_cursor` of a page: what follows it.")]


class MessagePage(Page[MessageOut]):
    """Newest first. `next_cursor` goes on to older messages, `newer_cursor` to newer ones."""

    newer_cursor: str | None = None


class Retry(Struct, forbid_unknown_fields=True):
    """An `uncertain` message may have reached the customer: sending it again needs `confirm`."""

    confirm: Annotated[bool, Meta(description="Send again although the customer may get it twice.")] = False


class AddressedMessage(MessageDraft, frozen=True, kw_only=True):
    """A message to an address: `to` is what the channel understands, a phone number for example."""

    inbox_id: UUID
    to: Annotated[str, Meta(min_length=1, max_length=320, examples=["+81 90 1111 0001"])]
    bulk: Annotated[
        bool, Meta(description="One of many: it goes behind the replies of people, and never holds one up.")
    ] = False


class MessageController(Controller):
    path = "/api/v1"
    tags = ("messages",)

    @get("/conversations/{conversation_id:uuid}/messages", summary="Read a thread, newest first")
    async def list_messages(
        self,
        tx: Tx,
        principal: Who,
        conversation_id: UUID,
        cursor: Cursor = None,
        around: Around = None,
        newer_than: NewerThan = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> MessagePage:
        """`newer_cursor` is null where the page holds the newest message."""
        if around is not None:
            return _span(await lists.get_around(tx, principal.workspace_id, conversation_id, around, limit=limit))
        if after := decode_cursor(newer_than, tuple[UUID], "newer_than"):
            return _span(await lists.get_newer(tx, principal.workspace_id, conversation_id, after[0], limit=limit))
        before = decode_cursor(cursor, tuple[UUID])
        items, last = await lists.get_messages(
            tx, principal.workspace_id, conversation_id, before=before[0] if before else None, limit=limit
        )
        return MessagePage(items, encode_cursor(last) if last else None)

    @post("/conversations/{conversation_id:uuid}/messages", summary="Write a message or a note", opt={KEPT_PLANS: True})
    async def write_message(
        self, tx: Tx, principal: Who, context: Ctx, conversation_id: UUID, data: MessageDraft
    ) -> MessageOut:
        """A picture, sound or film that the channel does not take as it is, is converted where that is possible; else
        422 says what to do."""
        place = Place(conversation_id=conversation_id)
        async with prepared(tx, context.storage, principal.workspace_id, place, data) as draft:
            message_id = await _write(tx, principal, conversation_id, draft)
        return await lists.get_message(tx, principal.workspace_id, message_id)

    @post(
        "/messages",
        summary="Send to an address: finds or makes the contact and the conversation",
        opt={KEPT_PLANS: True},
    )
    async def send_message(self, tx: Tx, principal: Who, context: Ctx, data: AddressedMessage) -> MessageOut:
        place = Place(inbox_id=data.inbox_id)
        async with prepared(tx, context.storage, principal.workspace_id, place, data) as draft:
            lane = CAMPAIGNS if data.bulk else CONVERSATIONAL
            message_id = await send_to_address(tx, principal, data.inbox_id, data.to, draft, lane=lane)
        return await lists.get_message(tx, principal.workspace_id, message_id)

    @get("/messages/{message_id:uuid}", summary="Read one message")
    async def read_message(self, tx: Tx, principal: Who, message_id: UUID) -> MessageOut:
        return await lists.get_message(tx, principal.workspace_id, message_id)

    @patch("/messages/{message_id:uuid}", summary="Change a note of one's own")
    async def change_message_note(self, tx: Tx, principal: Who, message_id: UUID, data: NotePatch) -> MessageOut:
        """The earlier words stay with it (`data.edited.versions`). 404 for anything but a note, 403 for somebody else's, 409
        for a deleted one."""
        await do_change_note(tx, principal, message_id, data)
        return await lists.get_message(tx, principal.workspace_id, message_id)

    @delete("/messages/{message_id:uuid}", status_code=200, summary="Delete a note")
    async def delete_message_note(self, tx: Tx, principal: Who, message_id: UUID) -> MessageOut:
        """One's own, or as a supervisor anybody's. Its words are gone; that it was there stays (`data.revoked`). 404 for
        anything but a note: what was sent cannot be unsent."""
        await do_delete_note(tx, principal, message_id)
        return await lists.get_message(tx, principal.workspace_id, message_id)

    @get("/messages/{message_id:uuid}/page", summary="A letter's HTML, safe to show in a sandboxed frame")
    async def read_page(
        self,
        tx: Tx,
        principal: Who,
        message_id: UUID,
        *,
        remote: Annotated[bool, Parameter(description="Load the pictures that lie on other servers.")] = False,
    ) -> Response[str]:
        """`text/html` with a policy that allows no scripts, no forms and, without `remote`, nothing from elsewhere. Quoted
        parts carry the class `mdg-quoted` and show where the body has the class `whole`. 404 for what has no HTML."""
        page = page_of(await lists.get_message(tx, principal.workspace_id, message_id), remote=remote)
        if page is None:
            raise NotFound("This message has no HTML.")
        return Response(page.html, media_type="text/html; charset=utf-8", headers=page.headers)

    @get("/messages/{message_id:uuid}/info", summary="What became of a message, with the provider's times and ours")
    async def read_info(self, tx: Tx, principal: Who, message_id: UUID) -> MessageInfo:
        return await get_info(tx, principal.workspace_id, message_id)

    @post("/messages/{message_id:uuid}/retry", summary="Send a failed or uncertain message again")
    async def retry_message(self, tx: Tx, principal: Who, message_id: UUID, data: Retry | None = None) -> MessageOut:
        again = await retry(tx, principal, message_id, confirm=bool(data and data.confirm))
        return await lists.get_message(tx, principal.workspace_id, again)


def _span(span: lists.Span) -> MessagePage:
    older, newer = (encode_cursor(each) if each else None for each in (span.older, span.newer))
    return MessagePage(span.items, older, newer)


async def _write(tx: Connection, principal: Principal, conversation_id: UUID, draft: MessageDraft) -> UUID:
    if draft.type == "note":
        return await internal.do_note(
            tx, principal, conversation_id, draft.text, reply_to=draft.reply_to, mentions=draft.mentions
        )
    return await enqueue(tx, principal, conversation_id, draft)
