"""The workspace's sequence of changes: what a screen has to hear about, in one gapless order.

An event names a thing that changed, not its content: readers fetch the thing as it is now, so replaying is harmless.
"""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

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


# What requests still at work have changed, until their last statement: the counter's row is locked from its change to the
# commit, and whoever reads an answer together with it in hand makes every other writer of the workspace wait.
_held: WeakKeyDictionary[Connection, dict[UUID, dict[Change, None]]] = WeakKeyDictionary()


async def record(tx: Connection, workspace_id: UUID, changes: Iterable[Change]) -> None:
    """Write the changes: at once, as the LAST statement of a transaction, or where `hold` was called with `write_held`.

    The listeners are notified by the commit itself.
    """
    held = _held.get(tx)
    if held is None:
        await _write(tx, workspace_id, dict.fromkeys(changes))
    else:
        held.setdefault(workspace_id, {}).update(dict.fromkeys(changes))


def hold(tx: Connection) -> None:
    """Keep changes of this transaction back from now on; end it with `write_held` before the commit, or with `drop_held`."""
    _held[tx] = {}


async def write_held(tx: Connection) -> None:
    for workspace_id, changes in _held.pop(tx, {}).items():
        await _write(tx, workspace_id, changes)


def drop_held(tx: Connection) -> None:
    _held.pop(tx, None)


async def _write(tx: Connection, workspace_id: UUID, changes: Iterable[Change]) -> None:
    listed = list(changes)
    if not listed:
        return
    await tx.execute(
        Q.record,
        {
            "workspace_id": workspace_id,
            "types": [change.type for change in listed],
            "subjects": [change.subject_id for change in listed],
            "now": clock.now(),
        },
    )
