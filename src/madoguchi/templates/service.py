"""Templates: pulled from the provider, listed with their blanks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from psycopg.rows import DictRow

from madoguchi.channels import registry
from madoguchi.channels.base import Template
from madoguchi.channels.http import Http, HttpFailure
from madoguchi.core import clock
from madoguchi.core.errors import ChannelDown
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.secrets import SecretBox
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.inboxes.config import load_config
from madoguchi.templates.models import SyncResult, TemplateOut
from madoguchi.templates.news import tell_changes

Q = load_queries(__file__)


class After(NamedTuple):
    """The last row of the page before."""

    name: str = ""
    language: str = ""
    id: UUID = UUID(int=0)


class Wanted(NamedTuple):
    """What a list is narrowed to; `q` looks into names and texts."""

    inbox_id: UUID | None = None
    status: str | None = None
    quality: str | None = None
    category: str | None = None
    language: str | None = None
    q: str = ""


async def get_templates(
    tx: Connection, principal: Principal, wanted: Wanted, *, after: After, limit: int
) -> list[TemplateOut]:
    """Removed ones only when asked for by `status`."""
    values = {
        "workspace_id": principal.workspace_id,
        **wanted._asdict(),
        "after_name": after.name,
        "after_language": after.language,
        "after": after.id,
        "limit": limit,
    }
    return [_template_out(row) for row in await (await tx.execute(Q.page, values)).fetchall()]


async def load_templates(tx: Connection, workspace_id: UUID, ids: Iterable[UUID]) -> list[TemplateOut]:
    """Those that are there, in one statement; for the live events."""
    found = await tx.execute(Q.by_ids, {"workspace_id": workspace_id, "ids": list(ids)})
    return [_template_out(row) for row in await found.fetchall()]


async def get_template(tx: Connection, workspace_id: UUID, inbox_id: UUID, name: str, language: str) -> Template | None:
    values = {"workspace_id": workspace_id, "inbox_id": inbox_id, "name": name, "language": language}
    row = await (await tx.execute(Q.by_name, values)).fetchone()
    return msgspec.convert(row, Template) if row else None


async def do_sync(db: Database, http: Http, secrets: SecretBox, workspace_id: UUID, inbox_id: UUID) -> SyncResult:
    """Ask the provider, outside any transaction, then write what changed. Raises NotFound, ChannelDown."""
    async with db.workspace(workspace_id) as tx:
        config = await load_config(tx, secrets, workspace_id, inbox_id)
    try:
        found = await registry.channel(config.channel).fetch_templates(config, http)
    except HttpFailure as failure:
        raise ChannelDown(f"The provider cannot be reached: {failure}") from failure
    async with db.workspace(workspace_id) as tx:
        changed = await do_store(tx, workspace_id, inbox_id, found)
        if changed:
            await record_events(tx, workspace_id, changed)
    return SyncResult(len(found), sum(each.type == "template.updated" for each in changed))


async def do_store(tx: Connection, workspace_id: UUID, inbox_id: UUID, found: Sequence[Template]) -> list[Change]:
    """Make ours equal to `found`; what is not in it any more is marked as removed. Returns the changes to record."""
    # A provider that lists one twice must not stop the others.
    distinct = list({(each.name, each.language): each for each in found}.values())
    values = {
        "workspace_id": workspace_id,
        "inbox_id": inbox_id,
        "ids": [new_id() for _ in distinct],
        "names": [each.name for each in distinct],
        "languages": [each.language for each in distinct],
        "categories": [each.category for each in distinct],
        "statuses": [each.status for each in distinct],
        "qualities": [each.quality for each in distinct],
        "reasons": [each.reason for each in distinct],
        "formats": [each.parameter_format for each in distinct],
        "components": [msgspec.json.encode(each.components).decode() for each in distinct],
        "provider_ids": [each.provider_id for each in distinct],
        "now": clock.now(),
    }
    before = await (await tx.execute(Q.states, values)).fetchall()
    changed = await (await tx.execute(Q.upsert, values)).fetchall()
    removed = await (await tx.execute(Q.mark_removed, values)).fetchall()
    after = await (await tx.execute(Q.states, values)).fetchall() if changed and before else []
    return [
        *(Change("template.updated", row["id"]) for row in (*changed, *removed)),
        *await tell_changes(tx, workspace_id, inbox_id, before, after),
    ]


def _template_out(row: DictRow) -> TemplateOut:
    channel = registry.channels().get(row["channel"])
    template = msgspec.convert({name: row[name] for name in Template.__struct_fields__}, Template)
    return TemplateOut(
        id=row["id"],
        inbox_id=row["inbox_id"],
        name=row["name"],
        language=row["language"],
        category=row["category"],
        status=row["status"],
        quality=row["quality"],
        reason=row["reason"],
        parameter_format=row["parameter_format"],
        components=row["components"],
        definition=row["definition"],
        mapping=row["mapping"],
        ttl_seconds=row["ttl_seconds"],
        variables=list(channel.template_variables(template)) if channel else [],
        synced_at=rfc3339(row["synced_at"]),
    )
