"""One receiver of webhooks: its queue, its order, its retries.

Updates of one customer reach it in order unless a fault says otherwise: while a batch is
under way or awaits a retry, later updates of the customers in it are held back.
"""

import asyncio
import random
from collections import deque
from typing import TYPE_CHECKING

from madoguchi.simulator.state import DAY, Json
from madoguchi.simulator.webhooks import payloads, signing
from madoguchi.simulator.webhooks.log import Delivery
from madoguchi.simulator.webhooks.payloads import Update
from madoguchi.simulator.webhooks.post import Post

if TYPE_CHECKING:
    from madoguchi.simulator.webhooks.dispatcher import Dispatcher

BODY_LIMIT = 3 * 1024 * 1024
BATCH_LIMIT = 1000
GIVE_UP_AFTER = 7 * DAY
REORDER_WAIT = 0.2
LONGEST_PROBE_GAP = 10.0


class Receiver:
    def __init__(self, dispatcher: "Dispatcher", app_id: str, url: str) -> None:
        self.app_id, self.url = app_id, url
        self._dispatcher = dispatcher
        self._ready: deque[Update] = deque()
        self._held: dict[str, deque[Update]] = {}
        self._under_way: dict[str, tuple[Delivery, list[Update]]] = {}
        self._posting = 0
        self._kicked = False
        self._failures = 0
        self._next_probe = 0.0

    def __len__(self) -> int:
        return (
            len(self._ready)
            + sum(len(q) for q in self._held.values())
            + sum(len(updates) for _, updates in self._under_way.values())
        )

    def pending(self) -> list[Update]:
        """Everything not yet acknowledged, oldest first."""
        sent = [u for _, updates in self._under_way.values() for u in updates]
        return [*sent, *(u for queue in self._held.values() for u in queue), *self._ready]

    def put(self, update: Update) -> None:
        self._ready.append(update)
        self.kick()

    def kick(self, after: float = 0.0) -> None:
        """Look at the queue soon. Waiting for the end of the current turn of the event loop lets
        updates that are due together travel together."""
        if self._kicked:
            return
        self._kicked = True
        if self._dispatcher.faults.armed("webhook_reorder"):
            after = max(after, REORDER_WAIT)
        asyncio.get_running_loop().call_later(after, self._pump)

    def _pump(self) -> None:
        self._kicked = False
        parallel = 1 if self._failures else self._dispatcher.habits.parallel
        while self._ready and self._posting < parallel and self._may_post():
            batch = self._take()
            if not batch:
                return
            self._start(batch)

    def _may_post(self) -> bool:
        if self._dispatcher.faults.armed("webhook_paused") or not self._dispatcher.trusts(self):
            return False
        wait = self._next_probe - asyncio.get_running_loop().time()
        if self._failures and wait > 0:
            self.kick(wait)
            return False
        return True

    def _take(self) -> list[Update]:
        limit = min(self._dispatcher.habits.batch_max, BATCH_LIMIT)
        shuffle = self._dispatcher.faults.take("webhook_reorder")
        if shuffle:
            return self._take_shuffled(limit, int(shuffle.params["window"]))
        batch: list[Update] = []
        while self._ready and len(batch) < limit:
            update = self._ready.popleft()
            waiting = self._held.get(update.order_key)
            if waiting is None:
                batch.append(update)
            else:
                waiting.append(update)
        return batch

    def _take_shuffled(self, limit: int, window: int) -> list[Update]:
        front = [self._ready.popleft() for _ in range(min(window, len(self._ready)))]
        random.shuffle(front)
        self._ready.extendleft(reversed(front[limit:]))
        return front[:limit]

    def _start(self, batch: list[Update]) -> None:
        batch, body = self._fit(batch)
        for update in batch:
            self._held.setdefault(update.order_key, deque())
        delivery = self._dispatcher.record(self, batch, body)
        self._under_way[delivery.id] = (delivery, batch)
        delay = self._dispatcher.faults.take("webhook_delay")
        if delay:
            seconds = float(delay.params["seconds"])
            self._dispatcher.scheduler.after(seconds, self._try, delivery, body)
        else:
            self._try(delivery, body)

    def _fit(self, batch: list[Update]) -> tuple[list[Update], bytes]:
        """The batch, halved until its body is within Meta's 3 MB."""
        while True:
            payload = payloads.envelope(self._dispatcher.world, batch)
            if self._dispatcher.faults.take("webhook_unknown_keys"):
                _add_unknown_keys(payload)
            body = signing.encode(payload, self._dispatcher.habits.escape)
            if len(body) <= BODY_LIMIT or len(batch) == 1:
                return batch, body
            half = len(batch) // 2
            self._ready.extendleft(reversed(batch[half:]))
            batch = batch[:half]

    def _try(self, delivery: Delivery, body: bytes) -> None:
        if delivery.id not in self._under_way:
            return
        self._posting += 1
        self._dispatcher.spawn(self._attempt(delivery, body))

    async def _attempt(self, delivery: Delivery, body: bytes) -> None:
        try:
            post = Post(self._dispatcher, self, delivery, body)
            outcome = await post.send()
        finally:
            self._posting -= 1
        if delivery.id not in self._under_way:
            return
        if outcome == "acknowledged":
            self._acknowledged(delivery)
        else:
            self._failed(delivery, body, down=outcome == "down")
        self.kick()

    def _acknowledged(self, delivery: Delivery) -> None:
        delivery.state = "delivered"
        self._release(delivery)
        self._dispatcher.log.counts["acknowledged"] += delivery.updates
        if self._failures and self._dispatcher.habits.eager_recovery:
            self.retry_now()
        self._failures = 0

    def _failed(self, delivery: Delivery, body: bytes, *, down: bool) -> None:
        self._dispatcher.log.counts["failed_attempts"] += 1
        if down:
            self._failures += 1
            gap = min(0.25 * 2 ** min(self._failures, 8), LONGEST_PROBE_GAP)
            self._next_probe = asyncio.get_running_loop().time() + gap
        if self._dispatcher.clock.now() - delivery.at > GIVE_UP_AFTER:
            delivery.state = "dropped"
            self._dispatcher.log.counts["dropped"] += delivery.updates
            self._release(delivery)
            return
        delivery.state = "retrying"
        if len(delivery.attempts) == 1:
            self._dispatcher.tell_other_apps(self, self._under_way[delivery.id][1])
        delays = self._dispatcher.habits.retry_delays
        delay = delays[min(len(delivery.attempts), len(delays)) - 1]
        attempt = len(delivery.attempts)
        self._dispatcher.scheduler.after(delay, self._retry, delivery, body, attempt)

    def _retry(self, delivery: Delivery, body: bytes, attempt: int) -> None:
        # An eager retry may have overtaken this one.
        if delivery.state == "retrying" and len(delivery.attempts) == attempt:
            delivery.state = "pending"
            self._try(delivery, body)

    def retry_now(self) -> None:
        for delivery, _ in list(self._under_way.values()):
            if delivery.state == "retrying" and delivery.body is not None:
                self._retry(delivery, delivery.body, len(delivery.attempts))
        self._next_probe = 0.0
        self.kick()

    def _release(self, delivery: Delivery) -> None:
        _, batch = self._under_way.pop(delivery.id)
        for update in batch:
            waiting = self._held.pop(update.order_key, None)
            if waiting:
                self._ready.extendleft(reversed(waiting))


def _add_unknown_keys(payload: Json) -> None:
    for entry in payload["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            value["undocumented_flag"] = True
            for items in (value.get("messages", []), value.get("statuses", [])):
                items[:] = [{**item, "from_logical_id": str(random.getrandbits(60))} for item in items]
