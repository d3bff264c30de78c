"""Who did what to what: written in the same transaction as the deed."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)


async def record(  # noqa: PLR0913 - one parameter per column
    tx: Connection,
    workspace_id: UUID,
    action: str,
    *,
    actor_kind: str,
    actor_id: UUID | None,
    target_kind: str,
    target_id: UUID | None,
    data: dict[str, Any] | None = None,
) -> None:
    """`action` is `<target>.<verb>`: conversation.taken_over, inbox.created, agent.disabled …"""
    await tx.execute(
        Q.record,
        {
            "workspace_id": workspace_id,
            "id": new_id(),
            "actor_kind": actor_kind,
            "actor_id": actor_id,
            "action": action,
            "target_kind": target_kind,
            "target_id": target_id,
            "data": Jsonb(data or {}),
            "now": clock.now(),
        },
    )
