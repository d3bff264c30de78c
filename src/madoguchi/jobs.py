"""Background work: procrastinate on the same PostgreSQL.

A job is deferred on the caller's own connection, so that it exists exactly when its transaction committed. A job
carries ids only and reads what it is about under its workspace; it may run twice, and must then change nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.tasks import Task

from madoguchi.context import Context
from madoguchi.core.about import about
from madoguchi.db.pool import Connection

log = structlog.get_logger()

MEDIA = "media"
EFFECTS = "inbound_effects"
HOUSEKEEPING = "housekeeping"
PUSH = "push"

# What an agent waits for (read ticks, "typing") does not queue behind downloads.
# A push service that answers slowly holds up nothing but pushes.
_WORKERS = (
    {"queues": [EFFECTS], "concurrency": 4},
    {"queues": [MEDIA, HOUSEKEEPING], "concurrency": 6},
    {"queues": [PUSH], "concurrency": 4},
)
_DRAIN_SECONDS = 15
# For taking and ending jobs; their own work is on the process's pool. At rest one is enough.
_POOL, _POOL_IDLE_SECONDS = 4, 20

app = App(
    connector=PsycopgConnector(),
    # Every domain's jobs.py, found rather than listed: a worker that does not know a task fails its jobs.
    import_paths=[f"madoguchi.{path.parent.name}.jobs" for path in sorted(Path(__file__).parent.glob("*/jobs.py"))],
)

AnyTask = Task[Any, Any, Any]


async def defer(tx: Connection, task: AnyTask, **arguments: Any) -> None:
    """`arguments` are what JSON can carry: give ids as text."""
    await defer_many(tx, task, [arguments])


async def defer_many(tx: Connection, task: AnyTask, arguments: Sequence[dict[str, Any]]) -> None:
    """One statement for all of them."""
    if arguments:
        await task.configure(connection=tx).batch_defer_async(*arguments)


def context_of(job: JobContext) -> Context:
    """What the worker's process shares."""
    context: Context = job.additional_context["context"]
    return context


async def run_jobs(context: Context, stopping: asyncio.Event) -> None:
    """Work until `stopping` is set, then let the jobs in hand finish."""
    connector = PsycopgConnector(conninfo=context.db.dsn, min_size=1, max_size=_POOL, max_idle=_POOL_IDLE_SECONDS)
    with app.replace_connector(connector):
        async with app.open_async():
            workers = [asyncio.create_task(_run_worker(context, options)) for options in _WORKERS]
            waiter = asyncio.create_task(stopping.wait())
            try:
                done, _ = await asyncio.wait([waiter, *workers], return_when=asyncio.FIRST_COMPLETED)
                for task in done - {waiter}:
                    task.result()  # a worker ended by itself: the process ends, and is started again
            finally:
                await _end([waiter, *workers])


async def _run_worker(context: Context, options: dict[str, Any]) -> None:
    await app.run_worker_async(
        **options,
        additional_context={"context": context},
        install_signal_handlers=False,
        worker_middleware=[_said],
        delete_jobs="successful",
        shutdown_graceful_timeout=_DRAIN_SECONDS,
    )


async def _said(call_next: Callable[[], Awaitable[Any]], job: JobContext, _worker: object) -> Any:
    """Whatever a job writes into the log says which job it was and what about."""
    given = job.job.task_kwargs
    named = {name: str(given[name]) for name in ("workspace_id", "inbox_id", "conversation_id") if given.get(name)}
    with about(job=job.job.task_name, **named):
        try:
            return await call_next()
        except Exception as error:
            log.warning("a job failed", attempts=job.job.attempts + 1, error=type(error).__name__)
            raise


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
