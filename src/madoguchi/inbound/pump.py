"""The inbound worker: takes batches from the slots it holds, for as long as it runs."""

import asyncio

import psycopg
import structlog
from prometheus_client import Gauge, Histogram

from madoguchi.db.plans import KeptPlans
from madoguchi.db.pool import Connection, dedicated
from madoguchi.db.slots import INBOUND_LOCKS, Slots
from madoguchi.inbound.process import match_waiting, process, read_batch
from madoguchi.inboxes.directory import InboxDirectory

log = structlog.get_logger()

MOST_ROWS = 500
# Under load a short pause lets a batch gather: planning and committing cost the same for 20 rows as for 200.
_GATHER_FROM, _GATHER_TO = 8, 200
_GATHER_SECONDS = 0.005
_IDLE_SECONDS = 1.0
_BALANCE_SECONDS = 2.0
_RECONNECT_SECONDS = 1.0

batch_size = Histogram(
    "madoguchi_inbound_batch_rows", "Webhook requests per batch", buckets=(1, 5, 20, 50, 100, 250, 500)
)
slots_held = Gauge("madoguchi_inbound_slots", "Slots this worker holds", multiprocess_mode="livesum")


class InboundPump:
    """`wake()` after a commit to the ingest log; `stop()` lets the batch in hand finish."""

    def __init__(self, dsn: str, directory: InboxDirectory) -> None:
        self._dsn = dsn
        self._directory = directory
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self, _payload: str = "") -> None:
        self._woken.set()

    def stop(self) -> None:
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        while not self._stopping:
            try:
                connection = await dedicated(self._dsn)
                try:
                    await self._work(connection)
                finally:
                    await connection.close()
            except (psycopg.OperationalError, OSError) as error:
                log.warning("the inbound worker lost the database, connecting again", error=type(error).__name__)
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _work(self, connection: Connection) -> None:
        slots = Slots(connection, INBOUND_LOCKS)
        await slots.join()
        plans = KeptPlans(connection)
        loop = asyncio.get_running_loop()
        balanced_at = -_BALANCE_SECONDS
        while not self._stopping:
            self._woken.clear()
            if loop.time() - balanced_at >= _BALANCE_SECONDS:
                await slots.balance()
                await match_waiting(connection, self._directory, sorted(slots.held))
                slots_held.set(len(slots.held))
                balanced_at = loop.time()
            await plans.renew()
            rows = await self._one_batch(connection, slots)
            if not rows:
                await self._rest()
            elif _GATHER_FROM <= rows < _GATHER_TO:
                await asyncio.sleep(_GATHER_SECONDS)

    async def _one_batch(self, connection: Connection, slots: Slots) -> int:
        rows = await read_batch(connection, sorted(slots.held), MOST_ROWS) if slots.held else []
        if rows:
            batch_size.observe(len(rows))
            await process(connection, self._directory, rows)
        return len(rows)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), _IDLE_SECONDS)
        except TimeoutError:
            return
