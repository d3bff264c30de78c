"""The workspace's sequence of changes: what a screen has to hear about, in one gapless order.

An event names a thing that changed, not its content: readers fetch the thing as it is now, so replaying is harmless.
"""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from madoguchi.core import clock
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)


class Change(NamedTuple):
    """`type` is one of message.created, message.updated, conversation.created, conversation.updated,
    contact.updated, company.updated, attribute.updated, template.updated, inbox.updated, agent.updated, label.updated,
    team.updated, view.updated, notice.created, notice.updated."""

    type: str
    subject_id: UUID


async def record(tx: Connection, workspace_id: UUID, changes: Iterable[Change]) -> int:
    """Write the changes as the LAST statement of a transaction; returns the workspace's newest number.

    The listeners are notified by the commit itself.
    """
    distinct = list(dict.fromkeys(changes))
    cursor = await tx.execute(
        Q.record,
        {
            "workspace_id": workspace_id,
            "types": [change.type for change in distinct],
            "subjects": [change.subject_id for change in distinct],
            "now": clock.now(),
        },
    )
    row = await cursor.fetchone()
    return int(row["last"]) if row else 0
