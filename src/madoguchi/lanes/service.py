"""What waits in each lane, since when, and whether a worker is there."""

from datetime import UTC, datetime
from typing import Any

from psycopg.rows import DictRow

from madoguchi.core import clock
from madoguchi.core.ids import moment_of
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.jobs import EFFECTS, HOUSEKEEPING, MEDIA, PUSH
from madoguchi.lanes.models import WORKER_OF, Lane

Q = load_queries(__file__)

MOST_COUNTED = 100_000
MOST_JOBS_COUNTED = 10_000
# What is due by the business clock; ids and jobs are made by the real one.
_BY_OUR_CLOCK = {"conversational", "campaigns"}
_QUEUES = (EFFECTS, MEDIA, HOUSEKEEPING, PUSH)


async def read_lanes(tx: Connection) -> list[Lane]:
    """In a transaction across workspaces. The same cost with empty queues and with a million rows in them."""
    values: dict[str, Any] = {"now": clock.now(), "server_now": datetime.now(UTC), "queues": list(_QUEUES)}
    limits = {"most": MOST_COUNTED, "most_jobs": MOST_JOBS_COUNTED}
    rows = await (await tx.execute(Q.lanes, {**values, **limits})).fetchall()
    alive = {row["worker"] for row in await (await tx.execute(Q.workers)).fetchall()}
    found = {row["lane"]: _lane(row, alive) for row in rows}
    return [found[name] for name in WORKER_OF]


async def count_set_aside(tx: Connection) -> int:
    """Provider events of all workspaces that nobody has looked after yet, up to MOST_JOBS_COUNTED."""
    row = await (await tx.execute(Q.set_aside, {"most": MOST_JOBS_COUNTED})).fetchone()
    return int(row["count"]) if row else 0


def most_of(lane: str) -> int:
    return MOST_JOBS_COUNTED if lane in _QUEUES else MOST_COUNTED


def _lane(row: DictRow, alive: set[int]) -> Lane:
    name, now = row["lane"], clock.now() if row["lane"] in _BY_OUR_CLOCK else datetime.now(UTC)
    oldest: datetime | None = moment_of(row["oldest_id"]) if row["oldest_id"] else row["oldest"]
    lag = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    return Lane(name, row["waiting"], oldest, lag, running=WORKER_OF[name] in alive)
