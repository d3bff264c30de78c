"""Turns events into jobs that push: behind the pipelines, in a worker, at its own pace."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog
from psycopg.rows import DictRow

from madoguchi.core import clock
from madoguchi.db.listen import Listener
from madoguchi.db.pool import Connection, Database
from madoguchi.events.read import get_bounds
from madoguchi.jobs import defer_many
from madoguchi.notifications import rules
from madoguchi.notifications.jobs import tell
from madoguchi.notifications.rules import News
from madoguchi.notifications.service import Q, read_settings

log = structlog.get_logger()

# What came while a worker was away longer than this is seen in the list, not on a locked screen.
STALE = timedelta(minutes=10)
_GATHER_SECONDS = 0.3
_POLL_SECONDS = 5.0
_BATCH = 500


class Planner:
    """One in each worker; whose transaction holds a workspace's cursor plans for it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Until it is cancelled. What it was doing then is done again by the next one."""
        listener = asyncio.create_task(Listener(self._db.dsn, {"madoguchi_events": self._wake}).run())
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), _POLL_SECONDS)
                self._woken.clear()
                try:
                    await plan(self._db)
                except Exception as error:
                    log.warning("pushes could not be planned", error=type(error).__name__, exc_info=error)
                await asyncio.sleep(_GATHER_SECONDS)
        finally:
            listener.cancel()

    def _wake(self, _payload: str) -> None:
        self._woken.set()


async def plan(db: Database) -> int:
    """Look at everything new once; returns how many notifications were put in line."""
    async with db.system() as tx:
        waiting = [row["workspace_id"] for row in await (await tx.execute(Q.behind)).fetchall()]
    return sum([await _plan_for(db, workspace_id) for workspace_id in waiting])


async def _plan_for(db: Database, workspace_id: UUID) -> int:
    planned = 0
    while True:
        async with db.workspace(workspace_id) as tx:
            done, more = await _step(tx, workspace_id)
        planned += done
        if not more:
            return planned


async def _step(tx: Connection, workspace_id: UUID) -> tuple[int, bool]:
    """One batch of events; the jobs and the cursor's move commit together."""
    ours = {"workspace_id": workspace_id}
    cursor = await (await tx.execute(Q.take_cursor, ours)).fetchone()
    if cursor is None:
        return 0, False
    listeners = [_listener(row) for row in await (await tx.execute(Q.listeners, ours)).fetchall()]
    if not listeners:
        # Nobody has a device any more: the next one starts from then.
        await tx.execute(Q.end_cursor, ours)
        return 0, False
    last = (await get_bounds(tx, workspace_id)).last
    after, now = int(cursor["seq"]), clock.now()
    until = min(last, after + _BATCH)
    values = {"after": after, "until": until, "since": now - STALE}
    news = [_news(row) for row in await (await tx.execute(Q.news, ours | values)).fetchall()]
    jobs = [
        {
            "workspace_id": str(workspace_id),
            "agent_id": str(listener.agent_id),
            "message_id": str(each.message_id),
            "kind": kind,
        }
        for listener, kind, each in rules.recipients(news, listeners, now)
    ]
    await defer_many(tx, tell, jobs)
    await tx.execute(Q.move_cursor, ours | {"seq": until})
    return len(jobs), until < last


def _listener(row: DictRow) -> rules.Listener:
    return rules.Listener(row["agent_id"], read_settings(row["settings"]), row["time_zone"])


def _news(row: DictRow) -> News:
    system = row["system"] or {}
    agent = (system.get("agent") or {}).get("id")
    return News(
        message_id=row["message_id"],
        conversation_id=row["conversation_id"],
        inbox_id=row["inbox_id"],
        direction=row["direction"],
        type=row["type"],
        assignee_id=row["assignee_id"],
        author_id=row["author_id"],
        mentioned=tuple(UUID(each["id"]) for each in row["mentions"] or []),
        system_kind=system.get("kind"),
        system_agent=UUID(agent) if agent else None,
    )
