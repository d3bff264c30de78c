"""What the provider reports about a template between two synchronisations."""

from uuid import UUID

from madoguchi.channels.events import TemplateChanged
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.templates.news import tell_changes

Q = load_queries(__file__, "changes.sql")

_KNOWN = ("status", "category", "quality", "reason")


async def do_apply_change(tx: Connection, workspace_id: UUID, inbox_id: UUID, change: TemplateChanged) -> list[Change]:
    """The changes to record; none when the template was not synchronised yet, the next pull brings it."""
    place = {"workspace_id": workspace_id, "inbox_id": inbox_id, "name": change.name, "language": change.language}
    before = await (await tx.execute(Q.state, place)).fetchall()
    given = {field: change.changes.get(field) for field in _KNOWN}
    after = await (await tx.execute(Q.apply_change, {**place, **given})).fetchall()
    return [
        *(Change("template.updated", row["id"]) for row in after),
        *await tell_changes(tx, workspace_id, inbox_id, before, after),
    ]
