"""What may be forgotten is deleted, a little every hour, never in the way of a message."""

from datetime import timedelta

import structlog
from procrastinate import JobContext

from madoguchi.core import clock
from madoguchi.core.ids import first_id_at
from madoguchi.db.pool import Database
from madoguchi.db.queries import load_queries
from madoguchi.jobs import HOUSEKEEPING, app, context_of

log = structlog.get_logger()
Q = load_queries(__file__)

IDEMPOTENCY_KEYS = timedelta(hours=48)
INGEST_LOG = timedelta(days=30)
ORPHAN_RECEIPTS = timedelta(days=7)
BEGUN_CONTACTS = timedelta(days=2)
EVENTS = timedelta(days=30)
JOBS = timedelta(days=7)

_BATCH = 5000
_BATCHES = 200


@app.periodic(cron="17 * * * *", periodic_id="hourly")
@app.task(name="housekeeping", queue=HOUSEKEEPING, queueing_lock="housekeeping", pass_context=True)
async def housekeeping(job: JobContext, timestamp: int) -> None:  # noqa: ARG001 - periodic tasks are given it
    await do_clean(context_of(job).db)


@app.periodic(cron="* * * * *", periodic_id="stalled")
@app.task(name="housekeeping.stalled", queue=HOUSEKEEPING, queueing_lock="housekeeping.stalled", pass_context=True)
async def stalled(job: JobContext, timestamp: int) -> None:  # noqa: ARG001
    await do_retry_stalled()


async def do_retry_stalled() -> int:
    """Jobs whose worker died with them in hand start again; every job of ours may run twice."""
    left = list(await app.job_manager.get_stalled_jobs())
    for each in left:
        await app.job_manager.retry_job(each)
    if left:
        log.warning("jobs of a dead worker start again", jobs=len(left))
    return len(left)


async def do_clean(db: Database) -> dict[str, int]:
    """How many rows went, by what they were."""
    now = clock.now()
    async with db.system() as tx:
        gone = {
            "sessions": (await tx.execute(Q.delete_expired_sessions, {"now": now})).rowcount,
            "idempotency_keys": (
                await tx.execute(Q.delete_old_idempotency_keys, {"before": now - IDEMPOTENCY_KEYS})
            ).rowcount,
            "orphan_receipts": (await tx.execute(Q.delete_old_orphans, {"before": now - ORPHAN_RECEIPTS})).rowcount,
            "begun_contacts": (await tx.execute(Q.delete_old_begun, {"before": now - BEGUN_CONTACTS})).rowcount,
            "waiting_remarks": (await tx.execute(Q.delete_old_remarks, {"before": now - ORPHAN_RECEIPTS})).rowcount,
            "events": (await tx.execute(Q.delete_old_events, {"before": now - EVENTS})).rowcount,
            "jobs": (await tx.execute(Q.delete_finished_jobs, {"before": now - JOBS})).rowcount,
        }
    gone["ingest_log"] = await _clean_ingest(db)
    log.info("housekeeping", **gone)
    return gone


async def _clean_ingest(db: Database) -> int:
    # Short transactions: a long one would hold back the vacuum of the busiest tables.
    before, total = first_id_at(clock.now() - INGEST_LOG), 0
    for _ in range(_BATCHES):
        async with db.system() as tx:
            gone = (await tx.execute(Q.delete_old_ingest, {"before_id": before, "limit": _BATCH})).rowcount
        total += gone
        if gone < _BATCH:
            break
    return total
