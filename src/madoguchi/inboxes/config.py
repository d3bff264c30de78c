"""From a row to what a channel is given: secrets opened, defaults filled in."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig
from madoguchi.core.errors import NotFound
from madoguchi.core.secrets import SecretBox
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.inboxes.setup import with_defaults

Q = load_queries(__file__)
_FOR = "entered"


async def load_config(
    tx: Connection, secrets: SecretBox, workspace_id: UUID, inbox_id: UUID, public_url: str = ""
) -> InboxConfig:
    """Raises NotFound for an inbox that is not there or archived."""
    found = await tx.execute(Q.by_id, {"workspace_id": workspace_id, "id": inbox_id})
    row = await found.fetchone()
    if row is None or row["archived_at"] is not None:
        raise NotFound("There is no such inbox.")
    return config_of(row, open_credentials(row, secrets), public_url)


async def load_with_mark(
    tx: Connection, secrets: SecretBox, workspace_id: UUID, inbox_id: UUID
) -> tuple[InboxConfig, str]:
    """The same with a mark of what the owner entered, for `seal_tokens`. Raises NotFound, WrongKey."""
    found = await tx.execute(Q.by_id, {"workspace_id": workspace_id, "id": inbox_id})
    row = await found.fetchone()
    if row is None or row["archived_at"] is not None:
        raise NotFound("There is no such inbox.")
    entered = secrets.open(bytes(row["credentials"]), row["id"].bytes)
    return config_of(row, open_credentials(row, secrets)), _mark(secrets, entered)


def open_credentials(row: Mapping[str, Any], secrets: SecretBox) -> dict[str, str]:
    """With what was renewed since. Raises WrongKey when they were sealed under another key, or for another inbox."""
    entered = secrets.open(bytes(row["credentials"]), row["id"].bytes)
    if row.get("tokens") is None:
        return entered
    renewed = secrets.open(bytes(row["tokens"]), _bound(row["id"]))
    # Where the owner has entered something else since, that counts.
    return {**entered, **renewed} if renewed.pop(_FOR, None) == _mark(secrets, entered) else entered


def seal_tokens(secrets: SecretBox, inbox_id: UUID, tokens: Mapping[str, str], mark: str) -> bytes:
    """Good as long as the credentials with this mark are the inbox's."""
    return secrets.seal({**tokens, _FOR: mark}, _bound(inbox_id))


def _mark(secrets: SecretBox, entered: Mapping[str, str]) -> str:
    return secrets.sign("tokens", msgspec.json.encode(dict(entered), order="sorted"))


def _bound(inbox_id: UUID) -> bytes:
    return inbox_id.bytes + b"tokens"


def config_of(row: Mapping[str, Any], credentials: Mapping[str, str], public_url: str = "") -> InboxConfig:
    manifest = registry.channel(row["channel"]).manifest
    return InboxConfig(
        id=row["id"],
        workspace_id=row["workspace_id"],
        channel=row["channel"],
        name=row["name"],
        credentials=credentials,
        settings=with_defaults(manifest, row["settings"]),
        webhook_url=f"{public_url}/webhooks/{row['webhook_key']}",
    )
