"""What can be wrong with the work: lanes, accounts, refused webhooks, what was set aside, backups."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import psycopg
from psycopg.rows import DictRow

from madoguchi.core import clock
from madoguchi.db.installation import last_backup
from madoguchi.db.pool import Connection, dedicated
from madoguchi.db.queries import load_queries
from madoguchi.doctor.finding import Finding, State
from madoguchi.lanes.models import Lane
from madoguchi.lanes.service import count_set_aside, read_lanes

Q = load_queries(__file__, "work.sql")

_BACKUP_DAYS = timedelta(days=7)
_REFUSED_LATELY = timedelta(days=1)
_MOST_NAMED = 5
_SIGNED_OTHERWISE = (
    "Copy the app secret, auth token or verify token of the provider again into the inbox (Settings, Inboxes):"
    " they sign with another one than we check with."
)


def check_work(dsn: str, *, running: bool) -> list[Finding]:
    """`running`: whether a madoguchi is at work here; without one, workers that are not there are no fault."""
    try:
        return asyncio.run(_look(dsn, running=running))
    except psycopg.Error as error:
        detail = f"could not be looked at: {type(error).__name__}"
        return [Finding("work", "attention", detail, "Ask again when the database is less busy.")]


async def _look(dsn: str, *, running: bool) -> list[Finding]:
    connection = await dedicated(dsn)
    try:
        lanes = await read_lanes(connection)
        inboxes = await (await connection.execute(Q.unwell, {"most": _MOST_NAMED})).fetchall()
        since = clock.now() - _REFUSED_LATELY
        refused = await (await connection.execute(Q.refused, {"since": since, "most": _MOST_NAMED})).fetchall()
        aside = await count_set_aside(connection)
        return [
            *_lanes(lanes, running=running),
            *_inboxes(inboxes),
            *_refusals(refused),
            _set_aside(aside),
            await _backup(connection),
        ]
    finally:
        await connection.close()


def _lanes(lanes: list[Lane], *, running: bool) -> Iterator[Finding]:
    stopped = [lane.name for lane in lanes if not lane.running]
    if not running and len(stopped) == len(lanes):
        yield Finding("workers", "good", "not running now; `madoguchi serve` starts them")
        return
    if stopped:
        advice = (
            "Start `madoguchi serve` (or `madoguchi worker`) with this database, and read the log for why they ended."
        )
        yield Finding("workers", "broken", f"nobody does the work of {', '.join(stopped)}", advice)
    else:
        yield Finding("workers", "good", "all lanes are at work")
    behind = [lane for lane in lanes if lane.state == "behind"]
    for lane in behind:
        detail = f"{lane.name} is {lane.lag_seconds:.0f} s behind, {lane.waiting:,} wait"
        yield Finding("lag", "attention", detail, _LANE_ADVICE[lane.name])
    if not behind and not stopped:
        yield Finding("lag", "good", "no lane is behind")


def _inboxes(rows: list[DictRow]) -> Iterator[Finding]:
    for row in rows:
        state: State = "broken" if row["health"] == "down" else "attention"
        detail = f"{row['channel']} “{row['name']}” ({row['id']}): {row['health_detail'] or row['health']}"
        advice = "Open it under Settings, Inboxes: it says what to do; then check it again there."
        yield Finding("inbox", state, detail, advice)
    if not rows:
        yield Finding("inbox", "good", "none is down or needs attention")


def _refusals(rows: list[DictRow]) -> Iterator[Finding]:
    for row in rows:
        detail = (
            f"{row['channel']} “{row['name']}” ({row['inbox_id']}): {row['requests']:,} requests were refused with"
            f" {row['status']} ({row['reason']}), the last at {row['refused_at']:%Y-%m-%d %H:%M} UTC"
        )
        yield Finding("webhooks", "broken", detail, _SIGNED_OTHERWISE)
    if not rows:
        yield Finding("webhooks", "good", "none was refused in the last day")


def _set_aside(count: int) -> Finding:
    if count:
        advice = "Look at them under Settings, Set aside, and process them again once the reason is mended."
        return Finding("set aside", "attention", f"{count:,} events of providers could not be processed", advice)
    return Finding("set aside", "good", "nothing waits to be looked after")


async def _backup(connection: Connection) -> Finding:
    now, row = clock.now(), await (await connection.execute(Q.oldest_workspace)).fetchone()
    made = await last_backup(connection)
    advice = "Run `madoguchi backup` every night (cron, a systemd timer). Where the server is backed up otherwise, ignore this."
    if made is None:
        began = row["created_at"] if row else None
        if began is None or now - began < _BACKUP_DAYS:
            return Finding("backup", "good", "none yet, and the installation is new")
        return Finding("backup", "attention", "none was ever made with `madoguchi backup`", advice)
    detail = f"the last is of {made:%Y-%m-%d %H:%M} UTC"
    if now - made > _BACKUP_DAYS:
        return Finding("backup", "attention", f"{detail}, {(now - made).days} days ago", advice)
    return Finding("backup", "good", detail)


_MORE = "more processors, or `madoguchi worker` on another machine"
_LANE_ADVICE = {
    "inbound": f"See the log for errors and the database's load; if it is only the amount: {_MORE}.",
    "conversational": "See whether an inbox is down or holds (Settings, Inboxes): its queue waits for the repair.",
    "inbound_effects": "See whether the provider answers slowly; nothing is lost, read ticks come late.",
    "media": "See whether the provider's files can be fetched and the disk or S3 can be written.",
    "push": "See whether outgoing https to the push services is allowed.",
    "housekeeping": f"See the log for jobs that fail; if it is only the amount: {_MORE}.",
}
