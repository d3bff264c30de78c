"""How an inbox gives out its conversations, over HTTP."""

from uuid import UUID

from litestar import Controller, get, put

from madoguchi.api.deps import Tx, Who
from madoguchi.conversations import giving_rules
from madoguchi.conversations.giving_rules import AssignmentRule


class AssignmentRuleController(Controller):
    path = "/api/v1/inboxes/{inbox_id:uuid}/assignment"
    tags = ("inboxes",)

    @get("", summary="How an inbox gives out its conversations")
    async def get_rule(self, tx: Tx, principal: Who, inbox_id: UUID) -> AssignmentRule:
        return await giving_rules.get_rule(tx, principal.workspace_id, inbox_id)

    @put("", summary="Set how an inbox gives out its conversations")
    async def set_rule(self, tx: Tx, principal: Who, inbox_id: UUID, data: AssignmentRule) -> AssignmentRule:
        """For supervisors. Holds for what comes in from now on."""
        await giving_rules.do_set_rule(tx, principal, inbox_id, data)
        return await giving_rules.get_rule(tx, principal.workspace_id, inbox_id)
