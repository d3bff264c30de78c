"""Connecting accounts: who may, what must be given, what is kept secret, and how they are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from msgspec import UNSET, Struct
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from madoguchi.audit import service as audit
from madoguchi.channels import registry
from madoguchi.channels.base import Channel
from madoguchi.channels.http import Http
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.secrets import SecretBox, WrongKey
from madoguchi.core.times import rfc3339
from madoguchi.core.tokens import new_token
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.inboxes import health
from madoguchi.inboxes.config import load_config
from madoguchi.inboxes.directory import slot_of
from madoguchi.inboxes.hold import do_resume
from madoguchi.inboxes.jobs import check as check_later
from madoguchi.inboxes.models import ChannelOut, Held, InboxOut, InboxPatch, NewInbox
from madoguchi.inboxes.setup import cleaned, merged, setup_errors, with_defaults
from madoguchi.jobs import defer
from madoguchi.templates.jobs import sync

__all__ = ["load_config"]

log = structlog.get_logger()
Q = load_queries(__file__)


class Desk(Struct, frozen=True):
    """What showing and sealing inboxes needs of the process."""

    secrets: SecretBox
    public_url: str


def get_channels() -> list[ChannelOut]:
    return [_channel_out(channel) for channel in registry.channels().values()]


async def get_inboxes(
    tx: Connection, principal: Principal, desk: Desk, *, archived: bool, after: UUID, limit: int
) -> list[InboxOut]:
    values = {"workspace_id": principal.workspace_id, "archived": archived, "after": after, "limit": limit}
    rows = await (await tx.execute(Q.page, values)).fetchall()
    return [_inbox_out(row, principal, desk) for row in rows]


async def get_inbox(tx: Connection, principal: Principal, desk: Desk, inbox_id: UUID) -> InboxOut:
    found = await tx.execute(Q.by_id, {"workspace_id": principal.workspace_id, "id": inbox_id})
    row = await found.fetchone()
    if row is None:
        raise NotFound("There is no such inbox.")
    return _inbox_out(row, principal, desk)


async def do_create(tx: Connection, principal: Principal, desk: Desk, request: NewInbox) -> InboxOut:
    """Raises Forbidden, Invalid (naming the fields by the channel's manifest), Conflict (the account is connected)."""
    check_owner(principal)
    channel = _known_channel(request.channel)
    credentials, settings = merged({}, cleaned(request.credentials)), merged({}, cleaned(request.settings))
    _check_setup(channel, credentials, settings)
    inbox_id = new_id()
    values = {
        "workspace_id": principal.workspace_id,
        "id": inbox_id,
        "channel": request.channel,
        "name": request.name.strip(),
        "account": _account(channel, credentials, settings),
        "credentials": desk.secrets.seal(_texts(credentials), inbox_id.bytes),
        "settings": Jsonb(settings),
        "webhook_key": new_token(principal.workspace_id).text,
        "slot": slot_of(inbox_id),
        "now": clock.now(),
    }
    await _check_account(tx, values)
    await tx.execute(Q.insert, values)
    if channel.manifest.capabilities.templates:
        await defer(tx, sync, workspace_id=str(principal.workspace_id), inbox_id=str(inbox_id))
    return await _finish(tx, principal, desk, values, "inbox.created", {"channel": request.channel})


async def do_update(tx: Connection, principal: Principal, desk: Desk, inbox_id: UUID, patch: InboxPatch) -> InboxOut:
    """Merges what is given into what is there. Raises as `do_create`, and NotFound."""
    check_owner(principal)
    row = await _lock(tx, principal, inbox_id)
    channel = _known_channel(row["channel"])
    credentials = merged(_opened(row, desk.secrets), cleaned(patch.credentials or {}))
    settings = merged(row["settings"], cleaned(patch.settings or {}))
    _check_setup(channel, credentials, settings)
    values = {
        "workspace_id": principal.workspace_id,
        "id": inbox_id,
        "channel": row["channel"],
        "name": row["name"] if patch.name is UNSET else patch.name.strip(),
        "account": _account(channel, credentials, settings),
        "credentials": desk.secrets.seal(_texts(credentials), inbox_id.bytes),
        "settings": Jsonb(settings),
        "webhook_key": row["webhook_key"],
        "now": clock.now(),
    }
    await _check_account(tx, values)
    await tx.execute(Q.update, values)
    repaired = await _after_new_credentials(tx, principal, inbox_id) if patch.credentials else []
    # Names only: which secret was changed is worth knowing, its value is not ours to repeat.
    changed = {"credentials": sorted(patch.credentials or {}), "settings": sorted(patch.settings or {})}
    return await _finish(tx, principal, desk, values, "inbox.updated", changed, repaired)


async def _after_new_credentials(tx: Connection, principal: Principal, inbox_id: UUID) -> list[Change]:
    """What was held for the former credentials is tried with these; whether they work is asked at once."""
    values = {"workspace_id": principal.workspace_id, "id": inbox_id, "now": clock.now()}
    await tx.execute(Q.credentials_changed, values)
    await defer(tx, check_later, workspace_id=str(principal.workspace_id), inbox_id=str(inbox_id))
    return await do_resume(tx, principal.workspace_id, inbox_id)


async def do_archive(tx: Connection, principal: Principal, desk: Desk, inbox_id: UUID) -> None:
    """Its webhook stops; its conversations stay readable."""
    check_owner(principal)
    row = await _lock(tx, principal, inbox_id)
    values = {"workspace_id": principal.workspace_id, "id": inbox_id, "webhook_key": row["webhook_key"]}
    await tx.execute(Q.archive, {**values, "now": clock.now()})
    await _finish(tx, principal, desk, values, "inbox.archived", {})


async def do_check(db: Database, http: Http, principal: Principal, desk: Desk, inbox_id: UUID) -> InboxOut:
    """Ask the provider, outside any transaction, and keep what it says."""
    check_supervisor(principal)
    await health.check(db, http, desk.secrets, principal.workspace_id, inbox_id)
    async with db.workspace(principal.workspace_id) as tx:
        return await get_inbox(tx, principal, desk, inbox_id)


def check_owner(principal: Principal) -> None:
    if principal.role != "owner":
        raise Forbidden("Only an owner sets up inboxes.")


def check_supervisor(principal: Principal) -> None:
    if not principal.may_supervise:
        raise Forbidden("Only an owner or a supervisor may do this.")


def _known_channel(name: str) -> Channel:
    try:
        return registry.channel(name)
    except KeyError as error:
        raise Invalid(str(error), errors=[FieldError("channel", str(error))]) from None


def _check_setup(channel: Channel, credentials: dict[str, Any], settings: dict[str, Any]) -> None:
    errors = [*setup_errors(channel.manifest, credentials, settings)]
    if errors := errors or channel.check_settings(credentials, settings):
        raise Invalid("The set-up is not complete.", errors=errors)


def _account(channel: Channel, credentials: dict[str, Any], settings: dict[str, Any]) -> str | None:
    key = channel.manifest.account_key
    value = {**settings, **credentials}.get(key) if key else None
    return str(value) if value is not None else None


async def _check_account(tx: Connection, values: dict[str, Any]) -> None:
    if values["account"] is None:
        return
    await tx.execute(Q.lock_account, values)
    other = await (await tx.execute(Q.by_account, values)).fetchone()
    if other is not None and other["id"] != values["id"]:
        raise Conflict(f"This account is connected already, as {other['name']}.", inbox_id=other["id"])


async def _finish(
    tx: Connection,
    principal: Principal,
    desk: Desk,
    values: dict[str, Any],
    action: str,
    data: dict[str, Any],
    further: Sequence[Change] = (),
) -> InboxOut:
    await audit.record(
        tx,
        principal.workspace_id,
        action,
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="inbox",
        target_id=values["id"],
        data=data,
    )
    await tx.execute(Q.notify, values)
    answer = await get_inbox(tx, principal, desk, values["id"])
    changes = dict.fromkeys([Change("inbox.updated", values["id"]), *further])
    await record_events(tx, principal.workspace_id, list(changes))
    return answer


async def _lock(tx: Connection, principal: Principal, inbox_id: UUID) -> DictRow:
    found = await tx.execute(Q.lock, {"workspace_id": principal.workspace_id, "id": inbox_id})
    row = await found.fetchone()
    if row is None or row["archived_at"] is not None:
        raise NotFound("There is no such inbox.")
    return row


def _opened(row: DictRow, secrets: SecretBox) -> dict[str, str]:
    try:
        return secrets.open(bytes(row["credentials"]), row["id"].bytes)
    except WrongKey:
        # Sealed under a key that is lost: whoever sets the inbox up again gives all of them.
        log.warning("the credentials of an inbox cannot be opened", inbox_id=str(row["id"]))
        return {}


def _texts(credentials: dict[str, Any]) -> dict[str, str]:
    return {key: value if isinstance(value, str) else str(value) for key, value in credentials.items()}


def _channel_out(channel: Channel) -> ChannelOut:
    manifest = channel.manifest
    return ChannelOut(
        name=manifest.name,
        title=manifest.title,
        icon=manifest.icon,
        color=manifest.color,
        capabilities=manifest.capabilities,
        credentials=manifest.credentials,
        settings=manifest.settings,
        profile=manifest.profile,
    )


def _inbox_out(row: DictRow, principal: Principal, desk: Desk) -> InboxOut:
    shown = principal.may_supervise and row["archived_at"] is None
    return InboxOut(
        id=row["id"],
        channel=row["channel"],
        name=row["name"],
        account=row["account"],
        webhook_url=f"{desk.public_url}/webhooks/{row['webhook_key']}" if shown else None,
        credentials_set=sorted(_opened({**row, "tokens": None}, desk.secrets)),
        settings=_shown_settings(row),
        health=row["health"],
        health_detail=row["health_detail"],
        health_facts=row["health_facts"],
        held=_held(row),
        checked_at=rfc3339(row["checked_at"]),
        archived_at=rfc3339(row["archived_at"]),
        created_at=rfc3339(row["created_at"]),
        updated_at=rfc3339(row["updated_at"]),
    )


def _held(row: DictRow) -> Held | None:
    if row["held_reason"] is None:
        return None
    known = registry.channels().get(row["channel"])
    words = known.manifest.words(row["held_reason"]) if known else {}
    return Held(row["held_reason"], words, row["held_detail"], rfc3339(row["held_at"]), row["waiting"])


def _shown_settings(row: DictRow) -> dict[str, Any]:
    known = registry.channels().get(row["channel"])
    return with_defaults(known.manifest, row["settings"]) if known else dict(row["settings"])
