"""From a row to what a channel is given: secrets opened, defaults filled in."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig
from madoguchi.core.errors import NotFound
from madoguchi.core.secrets import SecretBox, WrongKey
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.inboxes.setup import with_defaults

log = structlog.get_logger()
Q = load_queries(__file__)


async def load_config(tx: Connection, secrets: SecretBox, workspace_id: UUID, inbox_id: UUID) -> InboxConfig:
    """Raises NotFound for an inbox that is not there or archived."""
    found = await tx.execute(Q.by_id, {"workspace_id": workspace_id, "id": inbox_id})
    row = await found.fetchone()
    if row is None or row["archived_at"] is not None:
        raise NotFound("There is no such inbox.")
    return config_of(row, secrets)


def config_of(row: Mapping[str, Any], secrets: SecretBox) -> InboxConfig:
    manifest = registry.channel(row["channel"]).manifest
    return InboxConfig(
        id=row["id"],
        workspace_id=row["workspace_id"],
        channel=row["channel"],
        name=row["name"],
        credentials=_opened(row, secrets),
        settings=with_defaults(manifest, row["settings"]),
    )


def _opened(row: Mapping[str, Any], secrets: SecretBox) -> dict[str, str]:
    """One inbox whose secrets cannot be read must not stop the others: without them it can neither verify nor send, and
    its next send turns it *down* for everybody to see."""
    try:
        return secrets.open(bytes(row["credentials"]), row["id"].bytes)
    except WrongKey:
        log.warning("the credentials of an inbox cannot be opened", inbox_id=str(row["id"]))
        return {}
