"""What grows with every message is kept in parts by time and dropped part by part."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from psycopg.types.json import Jsonb

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Retention
from madoguchi.core import clock
from madoguchi.core.ids import first_id_at, new_id
from madoguchi.db import partitions
from madoguchi.db.pool import Database
from madoguchi.workspaces.retention import do_forget, do_make_parts
from tests.support.world import Workspace

_KEEP = Retention()
_WEDNESDAY = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "moment", "first"),
    [
        ("week", _WEDNESDAY, datetime(2026, 11, 23, tzinfo=UTC)),
        ("week", datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        ("month", datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_period_begins_on_its_first_day(period: str, moment: datetime, first: datetime) -> None:
    assert partitions.first_of(period, moment) == first


async def test_the_parts_to_come_are_made_once(database: Database) -> None:
    made = await do_make_parts(database)
    # What was there at the migration reaches to the end of this week and this month.
    assert len([name for name in made if name.startswith("events_")]) == partitions.AHEAD
    assert len([name for name in made if name.startswith("message_statuses_")]) == partitions.AHEAD
    assert await do_make_parts(database) == []
    async with database.system() as tx:
        parts = await partitions.parts_of(tx, partitions.INGEST_LOG)
    assert [after.end - before.end for before, after in pairwise(parts)] == [timedelta(weeks=1)] * 2


async def test_parts_are_made_over_the_turn_of_a_year(database: Database) -> None:
    async with database.system() as tx:
        await partitions.make_ahead(tx, partitions.STATUSES, datetime(2031, 12, 5, tzinfo=UTC))
        ends = [part.end for part in await partitions.parts_of(tx, partitions.STATUSES)]
    assert ends[-3:] == [datetime(2032, month, 1, tzinfo=UTC) for month in (1, 2, 3)]


async def test_a_row_goes_to_the_part_of_its_time_and_strays_to_the_rest(
    database: Database, inbox: InboxConfig
) -> None:
    await do_make_parts(database)
    now = datetime.now(UTC)
    for days in (0, 7, 400):
        await _ingest(database, inbox, now + timedelta(days=days))
    async with database.system() as tx:
        rows = await (
            await tx.execute("SELECT tableoid::regclass::text AS part FROM ingest_log ORDER BY id")
        ).fetchall()
    next_week = partitions.first_of("week", now + timedelta(days=7))
    assert [row["part"] for row in rows] == [
        "ingest_log_before",
        f"ingest_log_{next_week:%Y_%m_%d}",
        "ingest_log_rest",
    ]


async def test_a_period_that_began_without_its_part_stays_with_the_rest(database: Database, inbox: InboxConfig) -> None:
    later = datetime.now(UTC) + timedelta(days=70)
    stray = await _ingest(database, inbox, later)
    async with database.system() as tx:
        made = await partitions.make_ahead(tx, partitions.INGEST_LOG, later)
        found = await (
            await tx.execute("SELECT tableoid::regclass::text AS part FROM ingest_log WHERE id = %s", (stray,))
        ).fetchone()
    assert len(made) == partitions.AHEAD
    assert found == {"part": "ingest_log_rest"}


async def test_what_is_old_is_dropped_and_what_is_young_stays(
    database: Database, workspace: Workspace, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await do_make_parts(database)
    old = await _ingest(database, inbox, datetime.now(UTC))
    young = await _ingest(database, inbox, datetime.now(UTC) + timedelta(days=14))
    await _event(database, workspace, 1, clock.now())
    await _event(database, workspace, 2, clock.now() + timedelta(days=14))
    later = clock.now() + timedelta(days=38)
    monkeypatch.setattr(clock, "now", lambda: later)
    gone = await do_forget(database, _KEEP)
    assert gone == {"parts": 2, "rows": 0}
    assert await _ingested(database) == {young} != {old}
    async with database.system() as tx:
        events = await (await tx.execute("SELECT seq FROM events")).fetchall()
    assert [row["seq"] for row in events] == [2]


async def test_what_waits_or_is_not_resolved_keeps_its_bytes(
    database: Database, workspace: Workspace, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [await _ingest(database, inbox, datetime.now(UTC)) for _ in range(4)]
    now = clock.now()
    async with database.system() as tx:
        await tx.execute("INSERT INTO ingest_queue VALUES (%s, %s, %s, 0)", (workspace.id, old[0], inbox.id))
        for ingest_id, resolved in ((old[1], None), (old[2], now)):
            await tx.execute(
                "INSERT INTO set_aside (workspace_id, id, inbox_id, ingest_id, reason, detail, created_at, resolved_at)"
                " VALUES (%s, %s, %s, %s, 'failed', '', %s, %s)",
                (workspace.id, new_id(), inbox.id, ingest_id, now, resolved),
            )
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=38))
    gone = await do_forget(database, _KEEP)
    assert gone["rows"] == 2
    assert await _ingested(database) == {old[0], old[1]}


async def test_strays_are_forgotten_row_by_row(
    database: Database, workspace: Workspace, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = datetime.now(UTC) + timedelta(days=100)
    await _ingest(database, inbox, far)
    await _event(database, workspace, 1, far)
    monkeypatch.setattr(clock, "now", lambda: far + timedelta(days=31))
    gone = await do_forget(database, _KEEP)
    assert gone["rows"] == 2
    assert await _ingested(database) == set()


async def test_a_part_in_use_is_left_for_the_next_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + timedelta(days=38)
    monkeypatch.setattr(clock, "now", lambda: later)
    monkeypatch.setattr("madoguchi.workspaces.retention._PATIENCE", "50ms")
    async with database.system() as tx:
        await tx.execute("SELECT count(*) FROM events")
        assert (await do_forget(database, _KEEP))["parts"] < 2
    assert (await do_forget(database, _KEEP))["parts"] >= 1


_serial = iter(range(1 << 20))


async def _ingest(database: Database, inbox: InboxConfig, at: datetime) -> object:
    ingest_id = type(new_id())(int=first_id_at(at).int + next(_serial))
    async with database.system() as tx:
        await tx.execute(
            "INSERT INTO ingest_log VALUES (%s, %s, %s, %s, %s, %s)",
            (inbox.workspace_id, ingest_id, inbox.id, at, Jsonb({}), b"{}"),
        )
    return ingest_id


async def _ingested(database: Database) -> set[object]:
    async with database.system() as tx:
        return {row["id"] for row in await (await tx.execute("SELECT id FROM ingest_log")).fetchall()}


async def _event(database: Database, workspace: Workspace, seq: int, at: datetime) -> None:
    async with database.system() as tx:
        await tx.execute(
            "INSERT INTO events (workspace_id, seq, type, subject_id, created_at) VALUES (%s, %s, 'x', %s, %s)",
            (workspace.id, seq, new_id(), at),
        )
