"""What may be forgotten is deleted, a little every hour, never in the way of a message."""

from datetime import timedelta

import structlog
from procrastinate import JobContext

from madoguchi.core import clock
from madoguchi.db.pool import Database
from madoguchi.db.queries import load_queries
from madoguchi.jobs import HOUSEKEEPING, app, context_of
from madoguchi.workspaces.retention import do_forget, do_make_parts

log = structlog.get_logger()
Q = load_queries(__file__)

IDEMPOTENCY_KEYS = timedelta(hours=48)
ORPHAN_RECEIPTS = timedelta(days=7)
BEGUN_CONTACTS = timedelta(days=2)
JOBS = timedelta(days=7)


@app.periodic(cron="17 * * * *", periodic_id="hourly")
@app.task(name="housekeeping", queue=HOUSEKEEPING, queueing_lock="housekeeping", pass_context=True)
async def housekeeping(job: JobContext, timestamp: int) -> None:  # noqa: ARG001 - periodic tasks are given it
    context = context_of(job)
    await do_clean(context.db)
    await do_make_parts(context.db)
    await do_forget(context.db, context.retention)


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
            "jobs": (await tx.execute(Q.delete_finished_jobs, {"before": now - JOBS})).rowcount,
        }
    log.info("housekeeping", **gone)
    return gone
