"""The outbound worker: takes what may leave, marks it `sending`, sends concurrently, writes the outcomes in batches.

One connection holds the slots and makes every change, so a worker that lost it can neither mark nor record. What it had
marked `sending` is then `uncertain` for whoever takes the slots: never sent again by itself.
"""

import asyncio
from collections import Counter as Counting
from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from uuid import UUID

import psycopg
import structlog
from prometheus_client import Counter, Gauge
from psycopg.rows import DictRow

from madoguchi.channels import registry
from madoguchi.channels.base import Channel, Failed, InboxConfig, Refusal, SendResult
from madoguchi.channels.events import ProviderError
from madoguchi.channels.http import Http, HttpFailure
from madoguchi.core import clock
from madoguchi.db.pool import Connection, dedicated
from madoguchi.db.queries import load_queries
from madoguchi.db.slots import OUTBOUND_LOCKS, Slots
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.inboxes.renewal import ACCESS
from madoguchi.media.storage import Storage
from madoguchi.outbound.deliver import send_once
from madoguchi.outbound.lanes import CAMPAIGNS, CONVERSATIONAL
from madoguchi.outbound.rate import Buckets
from madoguchi.outbound.results import Asked, Outcome, Postponed, record_outcomes

log = structlog.get_logger()
Q = load_queries(__file__)

sent = Counter("madoguchi_outbound_total", "Sends by outcome", ["outcome"])
in_flight = Gauge("madoguchi_outbound_in_flight", "Requests to providers under way", multiprocess_mode="livesum")

MOST_IN_FLIGHT = 400
# A campaign fills every place it may have, for as long as the provider takes to answer; an agent's reply finds one free.
MOST_CAMPAIGN_IN_FLIGHT = 300
_MOST_PER_TAKE = 200
_TICK_SECONDS = 1.0
_THROTTLED_SECONDS = 0.02
# While a campaign runs, rounds begin this far apart: taking, marking and recording cost the same for one message as for
# twenty. An agent's reply in a quiet hour waits for nothing.
_GATHER_SECONDS = 0.02
_SWEEP_SECONDS = 2.0
_DRAIN_SECONDS = 25.0
_RECONNECT_SECONDS = 1.0
_RENEW_AGAIN = 30.0


class OutboundPump:
    """`wake(inbox id)` after a commit to the outbox; `stop()` takes nothing more and lets what is under way finish."""

    def __init__(self, dsn: str, directory: InboxDirectory, http: Http, storage: Storage) -> None:
        self._dsn = dsn
        self._directory = directory
        self._http = http
        self._storage = storage
        self._woken = asyncio.Event()
        self._stopping = False
        self._flying: set[asyncio.Task[None]] = set()
        self._count = 0
        self._under_way: dict[UUID, int] = {}  # message → slot, until its outcome is written down
        self._campaign: set[UUID] = set()  # those of them whose request of a campaign is not answered yet
        self._outcomes: list[Outcome] = []
        self._rates = Buckets()
        self._pairs = Buckets()
        self._throttled = False

    def wake(self, _inbox_id: str = "") -> None:
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
                    await self._forget_flight()
                    await connection.close()
            except (psycopg.OperationalError, OSError) as error:
                log.warning("the outbound worker lost the database, connecting again", error=type(error).__name__)
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _work(self, connection: Connection) -> None:
        slots = Slots(connection, OUTBOUND_LOCKS)
        await slots.join()
        loop = asyncio.get_running_loop()
        swept_at = -_SWEEP_SECONDS
        while not self._stopping:
            self._woken.clear()
            began = loop.time()
            if began - swept_at >= _SWEEP_SECONDS:
                await abandon_sending(connection, await slots.balance(set(self._under_way.values())))
                self._forget_full_buckets()
                swept_at = began
            taken = await self._take_and_start(connection, slots)
            recorded = await self._record(connection)
            if not taken and not recorded:
                await self._rest()
            elif self._campaign:
                await asyncio.sleep(began + _GATHER_SECONDS - loop.time())
        await self._drain(connection)
        await abandon_sending(connection, slots.held | slots.leaving)

    async def _take_and_start(self, connection: Connection, slots: Slots) -> int:
        room = min(_MOST_PER_TAKE, MOST_IN_FLIGHT - self._count)
        if room <= 0 or not slots.held:
            return 0
        limits = await self._limits(connection, sorted(slots.held), room)
        places = MOST_CAMPAIGN_IN_FLIGHT - len(self._campaign)
        rows = await take(connection, limits, last_lane=CAMPAIGNS if places > 0 else CONVERSATIONAL) if limits else []
        rows = _with_places(rows, places)
        if not rows:
            return 0
        due = {row["message_id"]: row for row in rows}
        marked = [{**due[m["id"]], **m} for m in await mark_sending(connection, rows)]
        self._spend(marked)
        in_order = sorted(marked, key=lambda row: (row["conversation_id"], row["id"]))
        for _, group in groupby(in_order, key=lambda row: row["conversation_id"]):
            self._start(list(group))
        return len(marked)

    def _spend(self, rows: list[DictRow]) -> None:
        now = asyncio.get_running_loop().time()
        for inbox_id, count in Counting(row["inbox_id"] for row in rows).items():
            self._rates.existing(inbox_id).take(count, now)

    async def _limits(self, connection: Connection, slots: list[int], room: int) -> dict[tuple[UUID, UUID], int]:
        """How much each inbox with due messages may send now."""
        cursor = await connection.execute(Q.active_inboxes, {"slots": slots, "now": clock.now()})
        now = asyncio.get_running_loop().time()
        limits: dict[tuple[UUID, UUID], int] = {}
        self._throttled = False
        for row in await cursor.fetchall():
            inbox = await self._directory.by_id(row["workspace_id"], row["id"])
            if inbox is not None:
                rate = registry.channel(inbox.channel).rate(inbox, row["facts"])
                # A tenth of a second's worth may leave at once: smooth enough for a limit counted per second.
                allowed = self._rates.get(inbox.id, rate, max(1.0, rate / 10), now).available(now)
                self._throttled = self._throttled or allowed == 0
                if allowed > 0:
                    limits[row["workspace_id"], row["id"]] = min(allowed, room)
        return limits

    def _start(self, group: list[DictRow]) -> None:
        self._count += len(group)
        self._under_way |= {row["id"]: row["slot"] for row in group}
        self._campaign |= {row["id"] for row in group if row["lane"] == CAMPAIGNS}
        in_flight.set(self._count)
        task = asyncio.create_task(self._send_in_order(group))
        self._flying.add(task)
        task.add_done_callback(self._flying.discard)

    async def _send_in_order(self, group: list[DictRow]) -> None:
        """One contact's messages, one after the other; when one has to wait, those behind it wait too."""
        waiting = False
        for row in group:
            outcome = self._postpone(row, 0) if waiting else await self._try(row)
            waiting = waiting or _must_wait(outcome)
            self._finish(outcome)

    async def _try(self, row: DictRow) -> Outcome:
        try:
            return await self._send(row)
        except Exception as error:  # before the request left: `send_once` keeps what comes after to itself
            log.warning("a message could not be sent yet", error=type(error).__name__)
            return self._postpone(row, _TICK_SECONDS)

    async def _send(self, row: DictRow) -> Outcome:
        inbox = await self._directory.by_id(row["workspace_id"], row["inbox_id"])
        if inbox is None:
            error = ProviderError("channel_down", "", "Not sent", "The inbox was removed.")
            return self._outcome(row, Failed("stop", error))
        wait = self._pair_wait(row, inbox)
        if wait > 0:
            return self._postpone(row, wait)
        proof = self._directory.proof_of(row["conversation_id"]) if row["in_thread"] else ""
        result = await self._send_signed_in(row, inbox, proof)
        sent.labels(result.kind if isinstance(result, Failed) else type(result).__name__.lower()).inc()
        return self._outcome(row, result)

    async def _send_signed_in(self, row: DictRow, inbox: InboxConfig, proof: str) -> SendResult | Asked:
        """With an access token that is good; one that was refused before its time is renewed once."""
        try:
            ready = await self._directory.renewed(inbox, self._http)
            result = await send_once(row, ready, self._http, self._storage, proof)
            token = ready.credentials.get(ACCESS, "")
            if isinstance(result, Failed) and result.kind == "channel_down" and token and _renews(ready):
                again = await self._directory.renewed(ready, self._http, refused=token)
                result = await send_once(row, again, self._http, self._storage, proof)
        except Refusal as refusal:
            return refusal.failed
        except HttpFailure as failure:
            # Only renewing says so: nothing of the message has left.
            return Failed("retry_after", ProviderError("unreachable", "", "No connection", str(failure)), _RENEW_AGAIN)
        return result

    def _pair_wait(self, row: DictRow, inbox: InboxConfig) -> float:
        """Seconds to wait before the next message to the same person."""
        limits = registry.channel(inbox.channel).manifest.capabilities
        if not limits.pair_seconds:
            return 0.0
        now = asyncio.get_running_loop().time()
        bucket = self._pairs.get(row["conversation_id"], 1 / limits.pair_seconds, limits.pair_burst, now)
        if bucket.available(now) < 1:
            return bucket.seconds_until_next(now)
        bucket.take(1, now)
        return 0.0

    def _postpone(self, row: DictRow, seconds: float) -> Outcome:
        return self._outcome(row, Postponed(clock.now() + timedelta(seconds=seconds), counted=False))

    def _outcome(self, row: DictRow, result: SendResult | Postponed | Asked) -> Outcome:
        return Outcome(
            row["workspace_id"], row["id"], row["inbox_id"], row["attempts"] + 1, result, scheduled=row["scheduled"]
        )

    def _finish(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._campaign.discard(outcome.message_id)
        self._count -= 1
        in_flight.set(self._count)
        self._woken.set()

    async def _record(self, connection: Connection) -> int:
        outcomes, self._outcomes = self._outcomes, []
        if outcomes:
            await record_outcomes(connection, outcomes)
            for outcome in outcomes:
                self._under_way.pop(outcome.message_id, None)
        return len(outcomes)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), _THROTTLED_SECONDS if self._throttled else _TICK_SECONDS)
        except TimeoutError:
            return

    async def _drain(self, connection: Connection) -> None:
        """Nothing is left `sending`: what has no answer in time is `uncertain`, as it would be after a kill."""
        if self._flying:
            _, late = await asyncio.wait(self._flying, timeout=_DRAIN_SECONDS)
            for task in late:
                task.cancel()
        await self._record(connection)

    async def _forget_flight(self) -> None:
        """Without its connection a worker has no say in its messages any more; receipts will tell about them."""
        for task in self._flying:
            task.cancel()
        self._flying.clear()
        self._under_way.clear()
        self._campaign.clear()
        self._outcomes.clear()
        self._count = 0

    def _forget_full_buckets(self) -> None:
        now = asyncio.get_running_loop().time()
        self._rates.forget_full(now)
        self._pairs.forget_full(now)


def _with_places(rows: list[DictRow], places: int) -> list[DictRow]:
    """Of a campaign only as many as there are places for; the others stay in the queue."""
    people = [row for row in rows if row["lane"] != CAMPAIGNS]
    return people + [row for row in rows if row["lane"] == CAMPAIGNS][: max(0, places)]


async def take(
    connection: Connection, limits: dict[tuple[UUID, UUID], int], *, last_lane: int = CAMPAIGNS
) -> list[DictRow]:
    cursor = await connection.execute(
        Q.take,
        {
            "workspaces": [workspace_id for workspace_id, _ in limits],
            "inboxes": [inbox_id for _, inbox_id in limits],
            "limits": list(limits.values()),
            "last_lane": last_lane,
            "now": clock.now(),
        },
    )
    return await cursor.fetchall()


async def mark_sending(connection: Connection, rows: Iterable[DictRow]) -> list[DictRow]:
    """Committed before anything leaves: what is not marked was certainly not sent."""
    chosen = list(rows)
    cursor = await connection.execute(
        Q.mark_sending,
        {
            "workspaces": [r["workspace_id"] for r in chosen],
            "ids": [r["message_id"] for r in chosen],
            "now": clock.now(),
        },
    )
    return await cursor.fetchall()


async def abandon_sending(connection: Connection, slots: set[int]) -> None:
    """Newly taken slots: what a dead worker left `sending` may or may not have reached the provider."""
    if not slots:
        return
    async with connection.transaction():
        cursor = await connection.execute(Q.abandon_sending, {"slots": sorted(slots)})
        changes: dict[UUID, list[Change]] = {}
        for row in await cursor.fetchall():
            changes.setdefault(row["workspace_id"], []).append(Change("message.updated", row["id"]))
        for workspace_id in sorted(changes):
            await record_events(connection, workspace_id, changes[workspace_id])


def _renews(inbox: InboxConfig) -> bool:
    return type(registry.channel(inbox.channel)).renew is not Channel.renew


def _must_wait(outcome: Outcome) -> bool:
    result = outcome.result
    if isinstance(result, Failed):
        return result.kind in {"retry", "retry_after", "channel_down"}
    return isinstance(result, Postponed)
