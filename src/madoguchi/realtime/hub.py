"""One per web process: reads each workspace's new events once and hands them to all of its sockets.

A commit notifies; the hub then reads what is new since it last looked, loads the things concerned with a few statements
and encodes each event once. While one batch is read the next collects, so that under load the batches grow instead of
their number. Only workspaces with an open socket cost anything.
"""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog

from madoguchi.core import clock
from madoguchi.db.listen import Listener
from madoguchi.db.pool import Database
from madoguchi.events.hydrate import hydrate
from madoguchi.events.read import get_bounds, get_newest, get_rows
from madoguchi.realtime.frames import Batch, clock_frame, encode, presence_frame
from madoguchi.realtime.presence import CHANNEL as PRESENCE
from madoguchi.realtime.presence import Presence, Present
from madoguchi.realtime.presence import decode as decode_presence
from madoguchi.realtime.presence import encode as encode_presence
from madoguchi.realtime.subscription import MOST_WAITING, Subscription

log = structlog.get_logger()

CHANNEL = "madoguchi_events"
CLOCK_SECONDS = 5.0
_BATCH = 250
_POLL_SECONDS = 1.0
_RETRY_SECONDS = 0.5
_CLOCK_GLANCE_SECONDS = 0.2


class Feed:
    """The sockets of one workspace and how far they have been served."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.subscriptions: set[Subscription] = set()
        self.announced = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def hand_on(self, batch: Batch) -> None:
        for subscription in self.subscriptions:
            subscription.put(batch)


class Hub:
    """`start()` before the first subscription, `stop()` at the end. `most_waiting` bounds what one socket may owe."""

    def __init__(self, db: Database, *, most_waiting: int = MOST_WAITING) -> None:
        self._db = db
        self._most_waiting = most_waiting
        self._feeds: dict[UUID, Feed] = {}
        self._timed: set[Subscription] = set()
        self._social: dict[UUID, set[Subscription]] = {}
        self._present = Present()
        self._opening = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        listener = Listener(self._db.dsn, {CHANNEL: self.announce, PRESENCE: self.hear})
        work: list[Coroutine[Any, Any, None]] = [listener.run(), self._poll(), self._tell_time()]
        self._tasks = [asyncio.create_task(each) for each in work]

    async def stop(self) -> None:
        for task in [*self._tasks, *(feed.task for feed in self._feeds.values() if feed.task)]:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._feeds.clear()

    async def subscribe(self, workspace_id: UUID, *, timed: bool = False, social: bool = False) -> Subscription:
        """Events above `subscription.after` come through it without a gap; with `timed` also the clock, with `social` who
        looks at which conversation."""
        async with self._opening:
            feed = self._feeds.get(workspace_id) or await self._open(workspace_id)
            subscription = Subscription(feed.position, self._most_waiting)
            feed.subscriptions.add(subscription)
        if timed:
            self._timed.add(subscription)
        if social:
            self._social.setdefault(workspace_id, set()).add(subscription)
            for presence in self._present.of(workspace_id, time.monotonic()):
                subscription.put(presence_frame(presence))
        return subscription

    def unsubscribe(self, workspace_id: UUID, subscription: Subscription) -> None:
        self._timed.discard(subscription)
        if (social := self._social.get(workspace_id)) is not None:
            social.discard(subscription)
            if not social:
                del self._social[workspace_id]
        feed = self._feeds.get(workspace_id)
        if feed is None:
            return
        feed.subscriptions.discard(subscription)
        if not feed.subscriptions and feed.task:
            feed.task.cancel()
            del self._feeds[workspace_id]

    async def say(self, presence: Presence) -> None:
        """To the sockets of every process, this one too. What is lost is said again soon."""
        async with self._db.system() as tx:
            await tx.execute("SELECT pg_notify(%s, %s)", (PRESENCE, encode_presence(presence)))

    def hear(self, payload: str) -> None:
        if not payload:  # the connection was lost; everybody says it again
            return
        presence = decode_presence(payload)
        self._present.hear(presence, time.monotonic())
        social = self._social.get(presence.workspace_id)
        if social:
            batch = presence_frame(presence)
            for subscription in social:
                subscription.put(batch)

    def announce(self, payload: str) -> None:
        """A notification: `workspace seq`. Empty after a lost connection: anything may have happened."""
        if not payload:
            for feed in self._feeds.values():
                feed.announced.set()
            return
        workspace, _, seq = payload.partition(" ")
        self._reached(UUID(workspace), int(seq))

    def _reached(self, workspace_id: UUID, seq: int) -> None:
        feed = self._feeds.get(workspace_id)
        if feed is not None and seq > feed.position:
            feed.announced.set()

    async def _open(self, workspace_id: UUID) -> Feed:
        async with self._db.workspace(workspace_id) as tx:
            bounds = await get_bounds(tx, workspace_id)
        feed = Feed(bounds.last)
        feed.announced.set()  # what was notified while we looked was for nobody
        feed.task = asyncio.create_task(self._serve(workspace_id, feed))
        self._feeds[workspace_id] = feed
        return feed

    async def _serve(self, workspace_id: UUID, feed: Feed) -> None:
        while True:
            await feed.announced.wait()
            feed.announced.clear()
            try:
                while await self._advance(workspace_id, feed):
                    pass
            except Exception as error:
                log.warning("events could not be read, trying again", error=type(error).__name__, exc_info=error)
                feed.announced.set()
                await asyncio.sleep(_RETRY_SECONDS)

    async def _advance(self, workspace_id: UUID, feed: Feed) -> bool:
        """Hand on what is new, up to a batch; True when there may be more."""
        async with self._db.workspace(workspace_id) as tx:
            rows = await get_rows(tx, workspace_id, feed.position, _BATCH)
            events = await hydrate(tx, workspace_id, rows)
        if not events:
            return False
        batch = encode(events)
        # No await from here on: whoever subscribes is told a position that the others were served up to.
        feed.position = events[-1].seq
        feed.hand_on(batch)
        return len(events) == _BATCH

    async def _poll(self) -> None:
        """A notification can be lost (a pooler in between, a broken connection); a number cannot."""
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            if not self._feeds:
                continue
            with suppress(Exception):
                async with self._db.system() as tx:
                    newest = await get_newest(tx, list(self._feeds))
                for workspace_id, seq in newest.items():
                    self._reached(workspace_id, seq)

    async def _tell_time(self) -> None:
        """Every few seconds, and at once when the virtual clock of a demo or a test was moved."""
        offset, waited = clock.offset(), 0.0
        while True:
            await asyncio.sleep(_CLOCK_GLANCE_SECONDS)
            waited += _CLOCK_GLANCE_SECONDS
            if clock.offset() == offset and waited < CLOCK_SECONDS:
                continue
            offset, waited = clock.offset(), 0.0
            batch = clock_frame()
            for subscription in self._timed:
                subscription.put(batch)
