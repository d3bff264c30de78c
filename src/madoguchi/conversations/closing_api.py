"""The reasons for closing over HTTP. Closing with one is `PATCH /conversations/{id}`."""

from litestar import Controller, get, put

from madoguchi.api.deps import Tx, Who
from madoguchi.conversations import closing
from madoguchi.conversations.closing import CloseReasons


class CloseReasonController(Controller):
    path = "/api/v1/close-reasons"
    tags = ("conversations",)

    @get("", summary="Why conversations are closed")
    async def list_reasons(self, tx: Tx, principal: Who) -> CloseReasons:
        return await closing.get_close_reasons(tx, principal.workspace_id)

    @put("", summary="Change which reasons are offered, and whether one must be given")
    async def set_reasons(self, tx: Tx, principal: Who, data: CloseReasons) -> CloseReasons:
        """The whole list, in its order. Conversations keep what they were closed with. 403 for agents; 422 names a reason
        that stands there twice."""
        return await closing.do_set_close_reasons(tx, principal, data)
