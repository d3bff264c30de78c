"""Opens an inbox's account for one call, and says a provider's refusal in the product's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from msgspec import Struct

from madoguchi.audit import service as audit
from madoguchi.channels import registry
from madoguchi.channels.account import Account
from madoguchi.channels.base import InboxConfig, Refusal
from madoguchi.channels.http import HttpFailure
from madoguchi.channels.profile import AccountPart
from madoguchi.context import Context
from madoguchi.core.errors import ChannelDown, Forbidden, Invalid, NotFound, Problem, RateLimited, Unavailable
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.inboxes.config import load_config


class Desk(Struct, frozen=True):
    """An open account and who is at it."""

    context: Context
    principal: Principal
    inbox: InboxConfig
    account: Account


async def open_desk(context: Context, principal: Principal, inbox_id: UUID, part: AccountPart, *, role: str) -> Desk:
    """`role`: agent (anybody), supervisor or owner. Raises Forbidden, NotFound (also where the channel has no such part)."""
    _check_role(principal, role)
    async with context.db.workspace(principal.workspace_id) as tx:
        inbox = await load_config(tx, context.secrets, principal.workspace_id, inbox_id)
    channel = registry.channel(inbox.channel)
    account = channel.account(inbox, context.http)
    if account is None or part not in channel.manifest.capabilities.account:
        raise NotFound(f"This channel has no {part}.")
    return Desk(context, principal, inbox, account)


def _check_role(principal: Principal, role: str) -> None:
    if role == "owner" and principal.role != "owner":
        raise Forbidden("Only an owner may do this.")
    if role == "supervisor" and not principal.may_supervise:
        raise Forbidden("Only an owner or a supervisor may do this.")


@contextmanager
def asking(desk: Desk) -> Iterator[None]:
    """Around a question to the provider: its refusal becomes a problem that a person can act on."""
    with asking_channel(desk.inbox.channel):
        yield


@contextmanager
def asking_channel(channel: str) -> Iterator[None]:
    """The same where there is no inbox yet."""
    try:
        yield
    except Refusal as refusal:
        raise _problem(refusal, channel) from refusal
    except HttpFailure as failure:
        raise Unavailable(f"The provider cannot be reached: {failure}") from failure


def _problem(refusal: Refusal, channel: str) -> Problem:
    failed, error = refusal.failed, refusal.failed.error
    words = registry.channel(channel).manifest.words(error.code)
    about: dict[str, Any] = {"reason": error.code, "provider_code": error.provider_code, "words": words}
    detail = f"{error.title}. {error.detail}".strip() if error.detail else error.title
    if failed.kind == "channel_down":
        return ChannelDown(detail, **about)
    if failed.kind == "retry_after":
        return RateLimited(detail, **about, retry_after=int(failed.retry_in or 60))
    if failed.kind == "retry":
        return Unavailable(detail, **about)
    return Invalid(detail, **about)


async def note(tx: Connection, desk: Desk, action: str, **data: object) -> None:
    """What was done goes to the audit log, never a secret."""
    await audit.record(
        tx,
        desk.principal.workspace_id,
        action,
        actor_kind=desk.principal.kind,
        actor_id=desk.principal.agent_id,
        target_kind="inbox",
        target_id=desk.inbox.id,
        data=data,
    )


async def note_now(desk: Desk, action: str, **data: object) -> None:
    async with desk.context.db.workspace(desk.principal.workspace_id) as tx:
        await note(tx, desk, action, **data)
