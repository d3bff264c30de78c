"""Consoles that fell silent."""

from procrastinate import JobContext

from madoguchi.agents.presence import do_notice_gone
from madoguchi.jobs import HOUSEKEEPING, app, context_of


@app.periodic(cron="* * * * * */15", periodic_id="agents.gone")
@app.task(name="agents.gone", queue=HOUSEKEEPING, queueing_lock="agents.gone", pass_context=True)
async def gone(job: JobContext, timestamp: int) -> None:  # noqa: ARG001 - periodic tasks are given it
    await do_notice_gone(context_of(job).db)
