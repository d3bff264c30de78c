"""The first workspace and its owner's first steps over HTTP."""

from typing import Any

from litestar import Controller, Request, Response, get, patch, post

from madoguchi.agents import sessions
from madoguchi.agents.api import session_cookies
from madoguchi.agents.models import SignedIn, SignIn
from madoguchi.api.auth import check_origin, csrf_token
from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.context import Context
from madoguchi.workspaces import first
from madoguchi.workspaces.first import FirstSteps, FirstWorkspace, SetUpState, StepsPatch


class FirstController(Controller):
    path = "/api/v1/setup"
    tags = ("workspace",)

    @get("", opt={"public": True}, summary="Whether the first workspace is still to be made")
    async def get_state(self, context: Ctx) -> SetUpState:
        return await first.get_state(context.db)

    @post("", opt={"public": True}, status_code=201, summary="Make the first workspace and sign its owner in")
    async def begin(self, request: Request[Any, Any, Any], context: Ctx, data: FirstWorkspace) -> Response[SignedIn]:
        """Only while there is none (then 409), and only with the token that `madoguchi serve` printed (else 403)."""
        check_origin(request.scope, context.public_url)
        await first.do_begin(context.db, context.secrets, data)
        signed_in = await sessions.do_sign_in(context.db, context.secrets, SignIn(data.email, data.password))
        csrf = csrf_token(context.secrets, signed_in.session.text)
        cookies = session_cookies(context, signed_in.session.text, csrf)
        return Response(SignedIn(csrf), status_code=201, cookies=cookies)

    @get("/steps", summary="The owner's first steps")
    async def get_steps(self, context: Ctx, principal: Who, tx: Tx) -> FirstSteps:
        """From the workspace to the first answered message; what was done anyhow counts."""
        return await first.get_steps(tx, principal, _phone(context))

    @patch("/steps", summary="Mark a first step, or end them")
    async def mark_step(self, context: Ctx, principal: Who, tx: Tx, data: StepsPatch) -> FirstSteps:
        await first.do_mark(tx, principal, data)
        return await first.get_steps(tx, principal, _phone(context))


def _phone(context: Context) -> str | None:
    return f"{context.simulator_url}/phone" if context.simulator_url else None
