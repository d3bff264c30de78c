"""Requests to an inbox's address that did not prove where they come from: counted, told, never stored.

Nobody knows the address but us and whom it was given to, so that a wrong signature mostly means a wrong secret.
"""

import asyncio
import time
from uuid import UUID

import psycopg
import psycopg_pool
import structlog

from madoguchi.channels.base import InboxConfig, Refused
from madoguchi.core import clock
from madoguchi.core.about import about
from madoguchi.db.pool import Database
from madoguchi.db.queries import load_queries

log = structlog.get_logger()
Q = load_queries(__file__, "refusals.sql")

# A provider tries again and again: one line and one write in this time for each inbox, with the number of them.
_SECONDS = 60.0
_TELLING = {401, 403}


class Refusals:
    """One per process."""

    def __init__(self, db: Database, *, every_seconds: float = _SECONDS) -> None:
        self._db = db
        self._every = every_seconds
        self._counts: dict[UUID, int] = {}
        self._next: dict[UUID, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, inbox: InboxConfig, verdict: Refused) -> None:
        """Returns at once: who is refused need not wait for us to write it down."""
        if verdict.status not in _TELLING:
            return
        self._counts[inbox.id] = self._counts.get(inbox.id, 0) + 1
        now = time.monotonic()
        if now < self._next.get(inbox.id, 0.0):
            return
        self._next[inbox.id] = now + self._every
        task = asyncio.create_task(self._tell(inbox, verdict, self._counts.pop(inbox.id)))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def written(self) -> None:
        """Returns when nothing that was noted is still on its way."""
        await asyncio.gather(*self._writing)

    async def _tell(self, inbox: InboxConfig, verdict: Refused, requests: int) -> None:
        said = {"status": verdict.status, "reason": verdict.reason, "requests": requests}
        with about(workspace_id=inbox.workspace_id, inbox_id=inbox.id):
            log.warning("webhooks were refused", **said)
        values = {"workspace_id": inbox.workspace_id, "inbox_id": inbox.id, "now": clock.now(), **said}
        try:
            async with self._db.workspace(inbox.workspace_id) as tx:
                await tx.execute(Q.note, values)
        except (psycopg.Error, psycopg_pool.PoolTimeout, OSError):
            self._next.pop(inbox.id, None)
            self._counts[inbox.id] = self._counts.get(inbox.id, 0) + requests
