"""Tables that grow with every message are kept in parts by time: made ahead, dropped whole.

A part covers a week or a month. What fits in none goes to the part for the rest, so nothing is refused because nobody
made a part in time. Names: `events_2026_11_23` begins on that day.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

import psycopg
import structlog
from psycopg import sql

from madoguchi.core.ids import first_id_at, moment_of
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

log = structlog.get_logger()
Q = load_queries(__file__)

AHEAD = 2
"""Periods that have their part before they begin."""
_UPPER = re.compile(r" TO \('([^']+)'\)$")


class Growing(NamedTuple):
    table: str
    cut_by: Literal["id", "time"]
    period: Literal["week", "month"]


INGEST_LOG = Growing("ingest_log", "id", "week")
EVENTS = Growing("events", "time", "week")
STATUSES = Growing("message_statuses", "id", "month")
ALL = (INGEST_LOG, EVENTS, STATUSES)


class Part(NamedTuple):
    name: str
    end: datetime
    """The first moment it does not hold."""


async def make_ahead(tx: Connection, growing: Growing, now: datetime) -> list[str]:
    """The parts of this period and the next ones that were not there; returns their names."""
    parts = await parts_of(tx, growing)
    start = max([first_of(growing.period, now), *(part.end for part in parts)])
    last, made = _later(growing.period, first_of(growing.period, now), AHEAD), []
    while start <= last:
        end = _later(growing.period, start, 1)
        if await _make(tx, growing, start, end):
            made.append(_name(growing, start))
        start = end
    return made


async def parts_of(tx: Connection, growing: Growing) -> list[Part]:
    """Those with an end, the oldest first; not the part for the rest."""
    rows = await (await tx.execute(Q.parts, {"table": growing.table})).fetchall()
    found = [(row["name"], _UPPER.search(row["bound"])) for row in rows]
    return sorted((Part(name, _moment(growing, upper[1])) for name, upper in found if upper), key=lambda part: part.end)


async def drop(tx: Connection, part: Part) -> None:
    """Everything in it is gone; waits for readers at most as long as the transaction's lock time-out."""
    await tx.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(part.name)))


def first_of(period: str, moment: datetime) -> datetime:
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day.replace(day=1) if period == "month" else day - timedelta(days=day.weekday())


def _later(period: str, start: datetime, periods: int) -> datetime:
    if period == "week":
        return start + timedelta(weeks=periods)
    years, month = divmod(start.month - 1 + periods, 12)
    return start.replace(year=start.year + years, month=month + 1)


async def _make(tx: Connection, growing: Growing, start: datetime, end: datetime) -> bool:
    name, bounds = _name(growing, start), [_literal(growing, moment) for moment in (start, end)]
    try:
        async with tx.transaction():
            # Made and then attached: that way nobody who writes to the table has to wait.
            await _run(tx, "CREATE TABLE {} (LIKE {} INCLUDING ALL)", name, growing.table)
            for rule in ("ENABLE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY"):
                await _run(tx, f"ALTER TABLE {{}} {rule}", name)
            await _run(tx, "CREATE POLICY tenant ON {} USING (may_see(workspace_id))", name)
            await tx.execute(
                sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
                    sql.Identifier(growing.table), sql.Identifier(name), *map(sql.Literal, bounds)
                )
            )
    except psycopg.errors.CheckViolation:
        # Its time began before it was made: what came stays with the rest, the next period gets a part again.
        log.warning("a part of a table was made too late", table=growing.table, part=name)
        return False
    return True


async def _run(tx: Connection, statement: Any, *names: str) -> None:
    await tx.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _name(growing: Growing, start: datetime) -> str:
    return f"{growing.table}_{start:%Y_%m_%d}"


def _literal(growing: Growing, moment: datetime) -> str:
    return str(first_id_at(moment)) if growing.cut_by == "id" else moment.isoformat()


def _moment(growing: Growing, bound: str) -> datetime:
    if growing.cut_by == "time":
        return datetime.fromisoformat(bound).astimezone(UTC)
    return moment_of(UUID(bound))
