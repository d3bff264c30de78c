"""Invitations over HTTP."""

from uuid import UUID

from litestar import Controller, delete, get, post

from madoguchi.agents import invitations
from madoguchi.agents.invitations import FirstPassword, Invitation, Invited
from madoguchi.api.deps import Ctx, Tx, Who


class InvitationController(Controller):
    path = "/api/v1"
    tags = ("agents",)

    @post("/agents/{agent_id:uuid}/invitation", summary="Invite an agent to set a password")
    async def invite_agent(self, context: Ctx, principal: Who, tx: Tx, agent_id: UUID) -> Invitation:
        """The link is shown once, is good for a week and works once; a new one takes the place of the last."""
        return await invitations.do_invite(tx, principal, agent_id, context.public_url)

    @delete("/agents/{agent_id:uuid}/invitation", summary="Revoke an agent's open invitation")
    async def revoke_invitation(self, principal: Who, tx: Tx, agent_id: UUID) -> None:
        await invitations.do_revoke(tx, principal, agent_id)

    @get("/invitations/{token:str}", opt={"public": True}, summary="Whom an invitation is for")
    async def read_invitation(self, context: Ctx, token: str) -> Invited:
        """404 when it was used, revoked or is too old."""
        return await invitations.get_invited(context.db, token)

    @post("/invitations/{token:str}", opt={"public": True}, status_code=204, summary="Accept an invitation")
    async def accept_invitation(self, context: Ctx, token: str, data: FirstPassword) -> None:
        """Sets the password; then sign in with it."""
        await invitations.do_accept(context.db, token, data.password)
