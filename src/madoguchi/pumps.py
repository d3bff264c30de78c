"""The worker's part of the message traffic: both pumps, the directory they share, and what wakes them."""

import asyncio
from contextlib import suppress

import structlog

from madoguchi.context import Context
from madoguchi.db.listen import Listener
from madoguchi.db.pool import dedicated
from madoguchi.inbound.listeners import Listeners
from madoguchi.inbound.pump import InboundPump
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.notifications.planner import Planner
from madoguchi.outbound.pump import OutboundPump

log = structlog.get_logger()

# Readiness looks for holders of this shared lock: (7300, 1) means "a worker is alive".
WORKER_PRESENCE = (7300, 1)


async def run_pumps(context: Context, stopping: asyncio.Event) -> None:
    """Run until `stopping` is set; then finish what is in hand and return. Nothing is left `sending`."""
    directory = InboxDirectory(context.db, context.secrets, context.public_url)
    inbound = InboundPump(context.db.dsn, directory)
    outbound = OutboundPump(context.db.dsn, directory, context.http, context.storage)
    listeners = Listeners(context.db, directory, context.http)
    listener = Listener(
        context.db.dsn,
        {
            "madoguchi_ingest": inbound.wake,
            "madoguchi_outbox": outbound.wake,
            "madoguchi_inboxes": directory.forget,
        },
    )
    work = (listener.run(), _be_present(context.db.dsn), Planner(context.db).run())
    helpers = [asyncio.create_task(each) for each in work]
    pumps = [
        asyncio.create_task(inbound.run()),
        asyncio.create_task(outbound.run()),
        asyncio.create_task(listeners.run()),
    ]
    waiter = asyncio.create_task(stopping.wait())
    try:
        done, _ = await asyncio.wait([waiter, *pumps], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {waiter}:
            task.result()  # a pump ended by itself: let the process end and be started again
        inbound.stop()
        outbound.stop()
        listeners.stop()
        await asyncio.gather(*pumps)
    finally:
        for task in [waiter, *helpers, *pumps]:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _be_present(dsn: str) -> None:
    """Hold the shared lock that tells the web processes that a worker is alive."""
    while True:
        with suppress(Exception):
            connection = await dedicated(dsn)
            try:
                await connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", WORKER_PRESENCE)
                while True:
                    await asyncio.sleep(5)
                    await connection.execute("SELECT 1")
            finally:
                await connection.close()
        await asyncio.sleep(1)
