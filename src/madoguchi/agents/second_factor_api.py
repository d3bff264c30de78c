"""The second factor over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, delete, get, post

from madoguchi.agents import second_factor
from madoguchi.agents.second_factor import (
    AgentSecondFactor,
    CodeIn,
    PasswordIn,
    RecoveryCodes,
    SecondFactorBegun,
    SecondFactorOut,
)
from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.core.tokens import digest


class SecondFactorController(Controller):
    path = "/api/v1"
    tags = ("session",)

    @get("/me/second-factor", summary="Whether one's own sign-in asks for a code")
    async def get_second_factor(self, principal: Who, tx: Tx) -> SecondFactorOut:
        """403 for an API token: programs are never asked for a code."""
        return await second_factor.get_own(tx, principal)

    @post("/me/second-factor", summary="Begin with an authenticator app")
    async def begin_second_factor(self, principal: Who, tx: Tx, context: Ctx, data: PasswordIn) -> SecondFactorBegun:
        """It is asked for once a code has confirmed it. 422 names `password`, 409 when there is one already."""
        return await second_factor.do_begin(tx, context.secrets, principal, data.password)

    @post("/me/second-factor/confirm", summary="Confirm the authenticator app")
    async def confirm_second_factor(
        self, request: Request[Any, Any, Any], principal: Who, tx: Tx, context: Ctx, data: CodeIn
    ) -> RecoveryCodes:
        """422 names `code`. The recovery codes are shown once."""
        session = request.scope["state"]["session"]
        keep = digest(session) if session else None
        return await second_factor.do_confirm(tx, context.secrets, principal, data.code, keep_session=keep)

    @post("/me/second-factor/off", status_code=204, summary="Turn one's second factor off")
    async def turn_second_factor_off(self, principal: Who, tx: Tx, data: PasswordIn) -> None:
        """422 names `password`."""
        await second_factor.do_turn_off(tx, principal, data.password)

    @get("/agents/second-factors", summary="Which agents have a second factor")
    async def list_second_factors(self, principal: Who, tx: Tx) -> list[AgentSecondFactor]:
        """For owners."""
        return await second_factor.get_all(tx, principal)

    @delete("/agents/{agent_id:uuid}/second-factor", summary="Take an agent's second factor away")
    async def reset_second_factor(self, principal: Who, tx: Tx, agent_id: UUID) -> None:
        """For owners, when the telephone is lost. The agent signs in with the password alone and may set it up anew."""
        await second_factor.do_reset(tx, principal, agent_id)
