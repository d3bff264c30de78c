"""What the provider reports about a template between two synchronisations."""

from uuid import UUID

from madoguchi.channels.events import TemplateChanged
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__, "changes.sql")

_KNOWN = ("status", "category", "quality", "reason")


async def do_apply_change(tx: Connection, workspace_id: UUID, inbox_id: UUID, change: TemplateChanged) -> list[UUID]:
    """The ids of the templates touched; none when it was not synchronised yet, the next pull brings it."""
    cursor = await tx.execute(
        Q.apply_change,
        {
            "workspace_id": workspace_id,
            "inbox_id": inbox_id,
            "name": change.name,
            "language": change.language,
            **{field: change.changes.get(field) for field in _KNOWN},
        },
    )
    return [row["id"] for row in await cursor.fetchall()]
