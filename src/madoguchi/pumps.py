"""The lanes of the traffic and of the background: what runs in each, and what wakes it.

Each lane is a process of its own (processes/worker.py), so that none waits for another's work: not a customer's message
for a campaign, not an agent's reply for a video that is being converted.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

from madoguchi.context import Context
from madoguchi.db.listen import Listener
from madoguchi.inbound.listeners import Listeners
from madoguchi.inbound.pump import InboundPump
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.jobs import run_jobs
from madoguchi.notifications.planner import Planner
from madoguchi.outbound.pump import OutboundPump

# Readiness looks for holders of these shared locks: each says "a lane of this kind is alive".
_PRESENCE = 7300
INBOUND, OUTBOUND, BACKGROUND = 1, 2, 3


class Pump(Protocol):
    async def run(self) -> None: ...
    def stop(self) -> None: ...


async def run_inbound(context: Context, stopping: asyncio.Event) -> None:
    """Run until `stopping` is set; then finish what is in hand and return."""
    directory = InboxDirectory(context.db, context.secrets)
    pump = InboundPump(context.db.dsn, directory)
    listeners = Listeners(context.db, directory, context.http)
    wakes = {"madoguchi_ingest": pump.wake, "madoguchi_inboxes": directory.forget}
    async with _beside(_listen(context, INBOUND, wakes)):
        await _run([pump, listeners], stopping)


async def run_outbound(context: Context, stopping: asyncio.Event) -> None:
    """Like `run_inbound`. Nothing is left `sending`."""
    directory = InboxDirectory(context.db, context.secrets)
    pump = OutboundPump(context.db.dsn, directory, context.http, context.storage)
    wakes = {"madoguchi_outbox": pump.wake, "madoguchi_inboxes": directory.forget}
    async with _beside(_listen(context, OUTBOUND, wakes)):
        await _run([pump], stopping)


async def run_background(context: Context, stopping: asyncio.Event) -> None:
    """Jobs of every queue, and the planner that makes pushes of events."""
    async with _beside(_listen(context, BACKGROUND, {}), Planner(context.db).run()):
        await run_jobs(context, stopping)


def _listen(context: Context, lane: int, wakes: Mapping[str, Callable[[str], None]]) -> Coroutine[Any, Any, None]:
    return Listener(context.db.dsn, wakes, presence=(_PRESENCE, lane)).run()


@asynccontextmanager
async def _beside(*helpers: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """They run as long as the block does."""
    tasks = [asyncio.create_task(helper) for helper in helpers]
    try:
        yield
    finally:
        await _cancel(tasks)


async def _run(pumps: Sequence[Pump], stopping: asyncio.Event) -> None:
    running = [asyncio.create_task(pump.run()) for pump in pumps]
    waiter = asyncio.create_task(stopping.wait())
    try:
        done, _ = await asyncio.wait([waiter, *running], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {waiter}:
            task.result()  # a pump ended by itself: let the process end and be started again
        for pump in pumps:
            pump.stop()
        await asyncio.gather(*running)
    finally:
        await _cancel([waiter, *running])


async def _cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
