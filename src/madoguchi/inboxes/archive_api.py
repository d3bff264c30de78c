"""The archive and the address book of an account that is also used in the provider's own app."""

from uuid import UUID

from litestar import post

from madoguchi.api.deps import Ctx, Who
from madoguchi.audit import service as audit
from madoguchi.channels import registry
from madoguchi.channels.base import Refusal
from madoguchi.channels.http import HttpFailure
from madoguchi.context import Context
from madoguchi.core.errors import ChannelDown, Conflict
from madoguchi.core.principal import Principal
from madoguchi.inboxes.config import load_config
from madoguchi.inboxes.service import check_supervisor


async def do_request_archive(context: Context, principal: Principal, inbox_id: UUID) -> None:
    """Outside any transaction. Raises NotFound, Forbidden, Conflict with the provider's reason, ChannelDown."""
    check_supervisor(principal)
    async with context.db.workspace(principal.workspace_id) as tx:
        config = await load_config(tx, context.secrets, principal.workspace_id, inbox_id)
    try:
        await registry.channel(config.channel).request_archive(config, context.http)
    except Refusal as refusal:
        error = refusal.failed.error
        raise Conflict(f"{error.title}. {error.detail}".strip()) from refusal
    except HttpFailure as failure:
        raise ChannelDown("The provider could not be reached; nothing was asked for.") from failure
    async with context.db.workspace(principal.workspace_id) as tx:
        await audit.record(
            tx,
            principal.workspace_id,
            "inbox.archive_requested",
            actor_kind=principal.kind,
            actor_id=principal.agent_id,
            target_kind="inbox",
            target_id=inbox_id,
        )


@post(
    "/api/v1/inboxes/{inbox_id:uuid}/app-archive", status_code=202, tags=["inboxes"], summary="Fetch the app's archive"
)
async def request_archive(principal: Who, context: Ctx, inbox_id: UUID) -> None:
    """Once, within a day of onboarding a number that is also used in the provider's own app: its address book and its
    messages of the past months come by webhook, and are news to nobody. Owners and supervisors."""
    await do_request_archive(context, principal, inbox_id)
