"""An account that cannot send at present: its queue holds, people hear why, and after the repair it flows again in order.

Nothing fails and nothing is lost meanwhile; what is written is queued behind what waits.
"""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from madoguchi.channels import registry
from madoguchi.core import clock
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.notices.service import News, do_notify, do_settle

Q = load_queries(__file__, "hold.sql")

HELD = "inbox_held"
# A request that was under way while the credentials changed was still made with the former ones.
_CHANGE_TAKES = timedelta(seconds=2)


class Reason(Struct, frozen=True):
    """`code` is one of the channel's errors; its words are in the manifest."""

    code: str
    title: str
    detail: str = ""


async def do_hold(tx: Connection, workspace_id: UUID, inbox_id: UUID, reason: Reason) -> list[Change]:
    """Returns the changes to record last; none when the queue held before for the same reason."""
    now = clock.now()
    values = {"workspace_id": workspace_id, "id": inbox_id, "code": reason.code, "detail": reason.detail}
    found = await tx.execute(Q.hold, {**values, "title": reason.title, "now": now, "changed": now - _CHANGE_TAKES})
    row = await found.fetchone()
    if row is None:
        return []
    manifest = registry.channel(row["channel"]).manifest
    words = {"title": manifest.words(reason.code), "advice": manifest.advice.get(reason.code, {})}
    news = News(HELD, str(inbox_id), "trouble", inbox_id, {"code": reason.code, "reason": reason.detail, **words})
    return [Change("inbox.updated", inbox_id), *await do_notify(tx, workspace_id, [news])]


async def do_resume(tx: Connection, workspace_id: UUID, inbox_id: UUID) -> list[Change]:
    """Lets the queue flow again; returns the changes to record last, none when it did not hold."""
    values = {"workspace_id": workspace_id, "id": inbox_id, "now": clock.now()}
    if await (await tx.execute(Q.resume, values)).fetchone() is None:
        return []
    await tx.execute(Q.wake, values)
    return [Change("inbox.updated", inbox_id), *await do_settle(tx, workspace_id, [(HELD, str(inbox_id))])]
