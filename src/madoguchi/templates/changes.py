"""What the provider reports about a template between two synchronisations."""

from typing import Any
from uuid import UUID

import msgspec

from madoguchi.channels.events import TemplateChanged
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.templates.news import tell_announced, tell_changes

Q = load_queries(__file__, "changes.sql")

_KNOWN = ("status", "category", "quality", "reason")


async def do_apply_change(tx: Connection, workspace_id: UUID, inbox_id: UUID, change: TemplateChanged) -> list[Change]:
    """The changes to record; none when the template was not synchronised yet, the next pull brings it."""
    place = {"workspace_id": workspace_id, "inbox_id": inbox_id, "name": change.name, "language": change.language}
    before = await (await tx.execute(Q.state, place)).fetchall()
    given = {field: change.changes.get(field) for field in _KNOWN}
    told = change.changes.get("components")
    components = msgspec.json.encode(_merged(before[0]["components"], told)).decode() if before and told else None
    after = await (await tx.execute(Q.apply_change, {**place, **given, "components": components})).fetchall()
    return [
        *(Change("template.updated", row["id"]) for row in after),
        *await tell_changes(tx, workspace_id, inbox_id, before, after),
        *await tell_announced(tx, workspace_id, inbox_id, after, change.changes.get("next_category")),
    ]


def _merged(components: list[dict[str, Any]], told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts that are told anew, over those that are known."""
    new = {str(each.get("type")).upper(): each for each in told}
    return [{**each, **new.get(str(each.get("type")).upper(), {})} for each in components]
