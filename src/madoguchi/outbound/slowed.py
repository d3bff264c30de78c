"""A provider that takes less than we have for long: the queue goes on as it allows, and the inbox says so meanwhile."""

from uuid import UUID

from madoguchi.channels import registry
from madoguchi.channels.events import ProviderError
from madoguchi.core import clock
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.notices.service import News, do_notify, do_settle

Q = load_queries(__file__, "slowed.sql")

SLOW = "rate_limited"  # the code that channels give it
_NOTICE = "inbox_trouble"


async def do_slow(tx: Connection, workspace_id: UUID, inbox_id: UUID, error: ProviderError) -> list[Change]:
    """Returns the changes to record last; none while it was said before."""
    values = {"workspace_id": workspace_id, "id": inbox_id, "detail": f"{SLOW}: {error.title}", "now": clock.now()}
    row = await (await tx.execute(Q.slow, values)).fetchone()
    if row is None:
        return []
    manifest = registry.channel(row["channel"]).manifest
    words = {"title": manifest.words(SLOW), "advice": manifest.advice.get(SLOW, {})}
    data = {"code": SLOW, "reason": error.provider_code, **words}
    news = News(_NOTICE, _key(inbox_id), "attention", inbox_id, data)
    return [Change("inbox.updated", inbox_id), *await do_notify(tx, workspace_id, [news])]


async def do_quicken(tx: Connection, workspace_id: UUID, inbox_id: UUID) -> list[Change]:
    """It takes messages again. Returns the changes to record last; none when it was not slow."""
    values = {"workspace_id": workspace_id, "id": inbox_id, "begins": f"{SLOW}: ", "now": clock.now()}
    settled = await do_settle(tx, workspace_id, [(_NOTICE, _key(inbox_id))])
    row = await (await tx.execute(Q.quicken, values)).fetchone()
    return [*([Change("inbox.updated", inbox_id)] if row else []), *settled]


def _key(inbox_id: UUID) -> str:
    return f"{inbox_id}:{SLOW}"
