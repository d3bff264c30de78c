"""Events with the things they are about: one look-up per kind of thing, however many events."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from madoguchi.agents.models import AgentOut
from madoguchi.attributes.service import load_definitions
from madoguchi.companies.service import load_companies
from madoguchi.contacts.load import load_contacts
from madoguchi.conversations.service import load_conversations, load_messages
from madoguchi.conversations.views import load_views
from madoguchi.core.times import stamped
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.models import Deleted, EventOut, InboxNews
from madoguchi.events.read import Row
from madoguchi.labels.service import load_labels
from madoguchi.notices.service import load_notices
from madoguchi.teams.service import load_teams
from madoguchi.templates.service import load_templates

Q = load_queries(__file__, "hydrate.sql")

Loader = Callable[[Connection, UUID, Iterable[UUID]], Awaitable[Sequence[Any]]]


async def hydrate(tx: Connection, workspace_id: UUID, rows: Sequence[Row]) -> list[EventOut]:
    """In the order of `rows`. Events about one thing share one object, as it is now."""
    wanted: dict[str, dict[UUID, None]] = defaultdict(dict)
    for row in rows:
        wanted[_kind(row)][row.subject_id] = None
    found: dict[tuple[str, UUID], Any] = {}
    for kind, ids in wanted.items():
        for thing in await _LOADERS.get(kind, _nothing)(tx, workspace_id, ids):
            found[kind, thing.id] = thing
    return [
        EventOut(row.seq, row.type, found.get((_kind(row), row.subject_id)) or Deleted(row.subject_id)) for row in rows
    ]


def _kind(row: Row) -> str:
    return row.type.partition(".")[0]


async def load_agents(tx: Connection, workspace_id: UUID, ids: Iterable[UUID]) -> list[AgentOut]:
    rows = await (await tx.execute(Q.agents, {"workspace_id": workspace_id, "ids": list(ids)})).fetchall()
    return [AgentOut(**stamped(row)) for row in rows]


async def load_inboxes(tx: Connection, workspace_id: UUID, ids: Iterable[UUID]) -> list[InboxNews]:
    rows = await (await tx.execute(Q.inboxes, {"workspace_id": workspace_id, "ids": list(ids)})).fetchall()
    return [InboxNews(**stamped(row)) for row in rows]


async def _nothing(_tx: Connection, _workspace_id: UUID, _ids: Iterable[UUID]) -> list[Any]:
    return []


_LOADERS: dict[str, Loader] = {
    "message": load_messages,
    "conversation": load_conversations,
    "contact": load_contacts,
    "company": load_companies,
    "attribute": load_definitions,
    "agent": load_agents,
    "inbox": load_inboxes,
    "template": load_templates,
    "label": load_labels,
    "notice": load_notices,
    "team": load_teams,
    "view": load_views,
}
