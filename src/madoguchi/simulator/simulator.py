"""The parts of the simulator, put together."""

import asyncio
from contextlib import suppress
from pathlib import Path

from madoguchi.simulator.clock import Clock
from madoguchi.simulator.faults import Faults
from madoguchi.simulator.feed import Feed
from madoguchi.simulator.files import Files
from madoguchi.simulator.limits import NewConversations, Throughput
from madoguchi.simulator.requests import RequestLog
from madoguchi.simulator.scenarios.registry import Running
from madoguchi.simulator.scheduler import Scheduler
from madoguchi.simulator.sent import SentLog
from madoguchi.simulator.settings import Settings
from madoguchi.simulator.state import Customer, Message, Number, World
from madoguchi.simulator.store import Store
from madoguchi.simulator.webhooks.dispatcher import Dispatcher

FLUSH_INTERVAL = 0.5


class Simulator:
    def __init__(self, data_dir: Path | None = None, clock_file: Path | None = None) -> None:
        if data_dir:
            data_dir.mkdir(parents=True, exist_ok=True)
        self.url = ""
        self.clock = Clock(clock_file)
        self.scheduler = Scheduler(self.clock)
        self.settings = Settings()
        self.faults = Faults()
        self.world = World()
        self.dispatcher = Dispatcher(self.world, self.clock, self.scheduler, self.faults, self.settings)
        self.throughput = Throughput()
        self.new_conversations = NewConversations()
        self.feed = Feed()
        self.running = Running()
        # The public keys phones have fetched, by number; fetched anew after 421.
        self.flow_keys: dict[str, str] = {}
        # Messages of templates whose quality is not known yet: (number, customer, message).
        self.held: list[tuple[Number, Customer, Message]] = []
        self.requests = RequestLog()
        self.files = Files(data_dir / "media" if data_dir else None)
        self.sent = SentLog(data_dir / "sent.jsonl" if data_dir else None)
        self.store = Store(data_dir / "simulator.sqlite" if data_dir else None)
        self.clock.on_jump(self._tell_time)
        self._running: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.dispatcher.open()
        for work in (self.scheduler.run(), self.clock.hold(), self._keep()):
            self._running.append(asyncio.create_task(work))

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        for task in self._running:
            with suppress(asyncio.CancelledError):
                await task
        self.store.save(self, pending=True)
        await self.dispatcher.close()
        self.store.close()
        self.sent.close()
        self.files.close()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_INTERVAL)
            self.store.save(self)
            self.sent.flush()

    def _tell_time(self) -> None:
        self.store.touch("meta", "clock")
        self.feed.publish("clock", {"now": self.clock.now(), "frozen": self.clock.frozen})
