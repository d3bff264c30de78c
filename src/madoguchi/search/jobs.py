"""The index follows the messages every few seconds."""

from procrastinate import JobContext

from madoguchi.jobs import HOUSEKEEPING, app, context_of
from madoguchi.search.index import do_index


@app.periodic(cron="* * * * * */3", periodic_id="search")
@app.task(name="search.index", queue=HOUSEKEEPING, queueing_lock="search.index", pass_context=True)
async def index(job: JobContext, timestamp: int) -> None:  # noqa: ARG001 - periodic tasks are given it
    await do_index(context_of(job).db)
