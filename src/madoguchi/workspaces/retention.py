"""What grows with every message is forgotten by age: a part of a table whole, when all in it is old enough."""

from datetime import datetime, timedelta
from typing import Any, LiteralString

import psycopg
import structlog

from madoguchi.context import Retention
from madoguchi.core import clock
from madoguchi.core.ids import first_id_at, moment_of, new_id
from madoguchi.db import partitions
from madoguchi.db.partitions import Growing, Part
from madoguchi.db.pool import Database
from madoguchi.db.queries import load_queries

log = structlog.get_logger()
Q = load_queries(__file__)

# Who writes has to wait while a part is taken out; after this we try again the next time.
_PATIENCE = "2s"
_BATCH = 5000
_BATCHES = 200


async def do_make_parts(db: Database) -> list[str]:
    """Ids are made by the real clock, events by the business's."""
    made: list[str] = []
    async with db.system() as tx:
        for growing in partitions.ALL:
            now = moment_of(new_id()) if growing.cut_by == "id" else clock.now()
            made += await partitions.make_ahead(tx, growing, now)
    if made:
        log.info("parts of tables were made", parts=made)
    return made


async def do_forget(db: Database, retention: Retention) -> dict[str, int]:
    """How many parts were dropped, and how many rows went one by one where a part could not be."""
    now = clock.now()
    gone = {"parts": 0, "rows": 0}
    for growing, keep in _policies(retention):
        for part in await _old_parts(db, growing, now - keep):
            if growing is partitions.INGEST_LOG and await _is_needed(db, part):
                gone["rows"] += await _delete_rows(db, Q.delete_old_ingest, {"before_id": first_id_at(part.end)})
            else:
                gone["parts"] += await _drop(db, part)
    gone["rows"] += await _delete_rows(db, Q.delete_stray_ingest, {"before_id": first_id_at(now - retention.webhooks)})
    gone["rows"] += await _delete_rows(db, Q.delete_stray_events, {"before": now - retention.events})
    return gone


def _policies(retention: Retention) -> list[tuple[Growing, timedelta]]:
    return [
        (partitions.INGEST_LOG, retention.webhooks),
        (partitions.EVENTS, retention.events),
        (partitions.STATUSES, retention.statuses),
    ]


async def _old_parts(db: Database, growing: Growing, before: datetime) -> list[Part]:
    async with db.system() as tx:
        return [part for part in await partitions.parts_of(tx, growing) if part.end <= before]


async def _is_needed(db: Database, part: Part) -> bool:
    """What still waits, or was set aside and not resolved, keeps its bytes."""
    async with db.system() as tx:
        row = await (await tx.execute(Q.needed, {"before_id": first_id_at(part.end)})).fetchone()
    return bool(row and row["needed"])


async def _drop(db: Database, part: Part) -> bool:
    try:
        async with db.system() as tx:
            await tx.execute("SELECT set_config('lock_timeout', %s, true)", (_PATIENCE,))
            await partitions.drop(tx, part)
    except psycopg.errors.LockNotAvailable:
        log.info("a part of a table is in use, dropped the next time", part=part.name)
        return False
    log.info("a part of a table was dropped", part=part.name)
    return True


async def _delete_rows(db: Database, statement: LiteralString, values: dict[str, Any]) -> int:
    """Short transactions: a long one would hold back the vacuum of the busiest tables."""
    total = 0
    for _ in range(_BATCHES):
        async with db.system() as tx:
            gone = (await tx.execute(statement, {**values, "limit": _BATCH})).rowcount
        total += gone
        if gone < _BATCH:
            break
    return total
