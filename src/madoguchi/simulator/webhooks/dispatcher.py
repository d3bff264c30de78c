"""Where webhooks go: which app and address an update belongs to, and the receivers' queues."""

import asyncio
import secrets
import sys
import traceback
from collections.abc import Coroutine
from typing import Any

import aiohttp

from madoguchi.simulator.clock import Clock
from madoguchi.simulator.faults import Faults
from madoguchi.simulator.scheduler import Scheduler
from madoguchi.simulator.settings import Settings, WebhookHabits
from madoguchi.simulator.state import Callback, Json, World
from madoguchi.simulator.webhooks.log import Delivery, DeliveryLog
from madoguchi.simulator.webhooks.payloads import Update
from madoguchi.simulator.webhooks.receiver import Receiver

OK = 200
VERIFY_TIMEOUT = 10.0


class Dispatcher:
    def __init__(
        self,
        world: World,
        clock: Clock,
        scheduler: Scheduler,
        faults: Faults,
        settings: Settings,
    ) -> None:
        self.world, self.clock, self.scheduler = world, clock, scheduler
        self.faults, self._settings = faults, settings
        self.log = DeliveryLog()
        self.unrouted = 0
        self._receivers: dict[tuple[str, str], Receiver] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self.session: aiohttp.ClientSession

    @property
    def habits(self) -> WebhookHabits:
        return self._settings.webhooks

    async def open(self) -> None:
        # Parallelism is bounded by `habits.parallel` per receiver, not here.
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.session.close()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            sys.stderr.write("".join(traceback.format_exception(task.exception())))

    def enqueue(self, update: Update) -> None:
        targets = self._targets(update)
        if not targets:
            self.unrouted += 1
        for app_id, callback in targets:
            self._receiver(app_id, callback.url).put(update)

    def requeue(self, app_id: str, url: str, update: Update) -> None:
        self._receiver(app_id, url).put(update)

    def kick(self) -> None:
        for receiver in self._receivers.values():
            receiver.kick()

    def retry_now(self) -> None:
        for receiver in self._receivers.values():
            receiver.retry_now()

    async def settle(self, seconds: float) -> bool:
        """Wait until nothing is left to deliver, `seconds` at most; whether that came true."""
        until = asyncio.get_running_loop().time() + seconds
        while any(len(receiver) for receiver in self._receivers.values()):
            if asyncio.get_running_loop().time() > until:
                return False
            await asyncio.sleep(0.01)
        return True

    def pending(self) -> list[tuple[str, str, Update]]:
        return [(r.app_id, r.url, u) for r in self._receivers.values() for u in r.pending()]

    def forget(self) -> None:
        """Drop every queue, log and counter; what is on the wire no longer matters."""
        self._receivers.clear()
        self.log.clear()
        self.unrouted = 0

    def counts(self) -> Json:
        waiting = sum(len(r) for r in self._receivers.values())
        return {**self.log.counts, "waiting": waiting, "unrouted": self.unrouted}

    def secret(self, app_id: str) -> str:
        return self.world.apps[app_id].secret

    def trusts(self, receiver: Receiver) -> bool:
        """Whether the address has answered its verification."""
        return any(c.verified and c.url == receiver.url for c in self._callbacks(receiver.app_id))

    def tell_other_apps(self, origin: Receiver, updates: list[Update]) -> None:
        """Meta repeats a failed webhook to every subscribed app, not only to the one that failed."""
        for update in updates:
            for app_id, callback in self._targets(update):
                if app_id != origin.app_id:
                    self._receiver(app_id, callback.url).put(update)

    def record(self, receiver: Receiver, batch: list[Update], body: bytes) -> Delivery:
        delivery = Delivery(
            url=receiver.url,
            app_id=receiver.app_id,
            body=body,
            size=len(body),
            updates=len(batch),
            summary=_summary(batch[0]) + (f" +{len(batch) - 1}" if len(batch) > 1 else ""),
            at=self.clock.now(),
        )
        self.log.add(delivery)
        return delivery

    async def replay(self, delivery: Delivery) -> str:
        """Send a logged body once more, as it was. Raises ValueError when it is forgotten."""
        if delivery.body is None:
            raise ValueError("the body of this webhook is no longer in the log")
        from madoguchi.simulator.webhooks.post import Post

        receiver = self._receiver(delivery.app_id, delivery.url)
        return await Post(self, receiver, delivery, delivery.body).send()

    async def verify(self, callback: Callback) -> str:
        """Ask the address to prove itself. Returns "" and marks it verified, or what went wrong."""
        challenge = str(secrets.randbelow(10**10))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": callback.verify_token,
        }
        try:
            async with self.session.get(
                callback.url,
                params=query,
                timeout=aiohttp.ClientTimeout(total=VERIFY_TIMEOUT),
            ) as response:
                answer = (await response.content.read(1000)).decode("utf-8", "replace")
                if response.status != OK:
                    return f"HTTP Status Code = {response.status}"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return f"Could not reach the address: {type(error).__name__}"
        if answer.strip() != challenge:
            return "The response does not match the challenge"
        callback.verified = True
        self.kick()
        return ""

    def _receiver(self, app_id: str, url: str) -> Receiver:
        key = (app_id, url)
        if key not in self._receivers:
            self._receivers[key] = Receiver(self, app_id, url)
        return self._receivers[key]

    def _targets(self, update: Update) -> list[tuple[str, Callback]]:
        """Number override, then account override, then the app's own address; overrides are for
        `messages` alone."""
        waba = self.world.wabas[update.waba_id]
        number = self.world.numbers.get(update.number_id)
        found = []
        for app_id, override in waba.subscribed.items():
            app = self.world.apps[app_id]
            if update.field not in app.fields:
                continue
            callback = app.callback
            if update.field == "messages":
                callback = (number.callback if number else None) or override or app.callback
            if callback:
                found.append((app_id, callback))
        return found

    def _callbacks(self, app_id: str) -> list[Callback]:
        candidates = [self.world.apps[app_id].callback] if app_id in self.world.apps else []
        candidates += [w.subscribed.get(app_id) for w in self.world.wabas.values()]
        candidates += [n.callback for n in self.world.numbers.values()]
        return [c for c in candidates if c]


def _summary(update: Update) -> str:
    what = update.item.get("status") or update.item.get("type") or update.item.get("event") or ""
    return f"{update.field} {update.kind} {what}".replace("  ", " ").strip()
