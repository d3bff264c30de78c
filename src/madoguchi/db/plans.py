"""Plans that a worker's connection keeps for a while: making one again for each batch took as long as running it.

They are made anew every few seconds, because PostgreSQL keeps a plan until somebody analyses the table: one that was made for
an empty table would read a million rows in order until then. Planning asks the file for its size, so that ten seconds are
the longest that a plan can be wrong.
"""

import asyncio

from madoguchi.db.pool import Connection

_KEPT_SECONDS = 10.0


class KeptPlans:
    """For statements whose parameters tell the planner nothing: keys, and batches of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._made_at: float | None = None

    async def renew(self) -> None:
        """Call it before each batch; it does something once in a while."""
        now = asyncio.get_running_loop().time()
        if self._made_at is None:
            await self._connection.execute("SET plan_cache_mode = force_generic_plan")
            self._made_at = now
        elif now - self._made_at >= _KEPT_SECONDS:
            await self._connection.execute("DISCARD PLANS")
            self._made_at = now
