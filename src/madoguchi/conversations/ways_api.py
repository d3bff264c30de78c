"""The ways to write to a person over HTTP."""

from uuid import UUID

from litestar import Controller, get, post

from madoguchi.api.deps import Tx, Who
from madoguchi.conversations.lists import get_conversation
from madoguchi.conversations.models import ConversationOut
from madoguchi.outbound import ways
from madoguchi.outbound.ways import OtherInbox, Way


class WayController(Controller):
    path = "/api/v1/contacts/{contact_id:uuid}"
    tags = ("contacts",)

    @get("/ways", summary="The inboxes through which a contact can be written to")
    async def list_ways(self, tx: Tx, principal: Who, contact_id: UUID) -> list[Way]:
        """With what stands against each. A telephone number that one channel's provider vouches for counts on every
        channel that writes to numbers. A removed inbox is no way."""
        return await ways.get_ways(tx, principal.workspace_id, contact_id)

    @post("/conversations", summary="Go on with a contact in another inbox")
    async def go_on(self, tx: Tx, principal: Who, contact_id: UUID, data: OtherInbox) -> ConversationOut:
        """Their conversation there, opened where there is none. An agent takes it if nobody has it; if somebody has,
        `assignee` says who. 422 names `inbox_id` where no way leads there."""
        conversation_id = await ways.do_go_on(tx, principal, contact_id, data.inbox_id)
        return await get_conversation(tx, principal.workspace_id, conversation_id)
