"""Messages that have not left yet, over HTTP. The rules are `outbound/`'s."""

from uuid import UUID

from litestar import Controller, delete, get, patch

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.conversations import lists
from madoguchi.conversations.load import load_messages
from madoguchi.conversations.models import MessageOut
from madoguchi.outbound import schedule
from madoguchi.outbound.schedule import Rescheduled


class ScheduleController(Controller):
    path = "/api/v1"
    tags = ("messages",)

    @get("/conversations/{conversation_id:uuid}/scheduled", summary="List the messages that wait for their time")
    async def list_scheduled(
        self, tx: Tx, principal: Who, conversation_id: UUID, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Page[MessageOut]:
        """The earliest first; those that were due and need a decision too (`schedule.needs`)."""
        after = decode_cursor(cursor, tuple[UUID])
        found = await schedule.get_scheduled(
            tx, principal, conversation_id, after=after[0] if after else None, limit=limit + 1
        )
        ids, last = cut(found, limit)
        return Page(await load_messages(tx, principal.workspace_id, ids), encode_cursor(last) if last else None)

    @patch(
        "/messages/{message_id:uuid}/schedule", summary="Change a scheduled message: its time, its text, or send it now"
    )
    async def reschedule_message(self, tx: Tx, principal: Who, message_id: UUID, data: Rescheduled) -> MessageOut:
        """The message comes back under a new id: its place in the thread follows its time. 409 `conflict` when it has
        left; 409 `not_assignee`, `window_closed` … where it may not leave now."""
        changed = await schedule.do_reschedule(tx, principal, message_id, data)
        return await lists.get_message(tx, principal.workspace_id, changed)

    @delete("/messages/{message_id:uuid}/schedule", summary="Take back a message that has not left")
    async def take_back_message(self, tx: Tx, principal: Who, message_id: UUID) -> None:
        """A scheduled one at any time, one with `hold` as long as it is held. 409 `conflict` when it has left: then nothing
        was taken back. Otherwise it was never sent, and is gone."""
        await schedule.do_take_back(tx, principal, message_id)
