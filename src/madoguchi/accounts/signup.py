"""From the provider's own sign-up page to an inbox that sends and receives: each step on its own, so that none hides another."""

import secrets
from collections.abc import Awaitable
from uuid import UUID

from madoguchi.accounts import archive, security, webhook
from madoguchi.accounts.desk import asking_channel, open_desk
from madoguchi.accounts.models import SignUpBody, SignUpOut, SignUpStep
from madoguchi.channels import registry
from madoguchi.channels.signup import SignedUp, SignUp
from madoguchi.context import Context
from madoguchi.core.errors import Invalid, Problem
from madoguchi.core.principal import Principal
from madoguchi.inboxes import service
from madoguchi.inboxes.models import NewInbox

_SYNCHRONISED: tuple[archive.Kind, ...] = ("contacts", "history")


async def do_sign_up(context: Context, principal: Principal, channel: str, body: SignUpBody) -> SignUpOut:
    """Raises Forbidden, Invalid, Conflict (the account is connected already). What fails after the inbox is made is told
    as a step and can be done again from its account page."""
    service.check_owner(principal)
    signed_up = await _exchange(context, channel, body)
    desk = service.Desk(context.secrets, context.public_url)
    request = NewInbox(channel, body.name or signed_up.name, dict(signed_up.credentials), body.settings)
    async with context.db.workspace(principal.workspace_id) as tx:
        inbox = await service.do_create(tx, principal, desk, request)
    return SignUpOut(inbox.id, inbox.name, await _steps(context, principal, inbox.id, signed_up))


async def _exchange(context: Context, channel: str, body: SignUpBody) -> SignedUp:
    if channel not in registry.channels():
        raise Invalid(f"There is no channel {channel}.")
    given = SignUp(body.app_id, body.app_secret, body.code, body.account_id, body.number_id)
    with asking_channel(channel):
        found = await registry.channel(channel).sign_up(given, body.settings, context.http)
    if found is None:
        raise Invalid("This channel has no sign-up page.")
    return found


async def _steps(context: Context, principal: Principal, inbox_id: UUID, signed_up: SignedUp) -> list[SignUpStep]:
    hook = await open_desk(context, principal, inbox_id, "webhook", role="owner")
    steps = [await _step("subscribe", webhook.do_subscribe(hook, direct=True))]
    if signed_up.shared:
        # Asked for once, within a day: the contacts first, then what was said.
        return [*steps, *[await _step(kind, archive.do_synchronise(hook, kind)) for kind in _SYNCHRONISED]]
    pin = f"{secrets.randbelow(10**6):06}"
    return [*steps, await _step("register", security.do_register(hook, pin))]


async def _step(name: str, call: Awaitable[object]) -> SignUpStep:
    try:
        await call
    except Problem as problem:
        return SignUpStep(name, ok=False, detail=problem.detail)
    return SignUpStep(name, ok=True)
