"""Things that happen later, in virtual time, in the order they fall due."""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Any

from madoguchi.simulator.clock import Clock

# Due within this time of each other happens together, which keeps the loop cheap under load.
TICK = 0.005
SLICE = 2000


class Scheduler:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._changed = asyncio.Event()
        clock.on_jump(self._changed.set)

    def __len__(self) -> int:
        return len(self._heap)

    def after(self, seconds: float, action: Callable[..., Any], *args: Any) -> None:
        due = self._clock.flow() + seconds
        soonest = not self._heap or due < self._heap[0][0]
        heapq.heappush(self._heap, (due, next(self._order), action, args))
        if soonest:
            self._changed.set()

    def clear(self) -> None:
        self._heap.clear()

    async def run(self) -> None:
        while True:
            await self._wait()
            self._run_due()
            await asyncio.sleep(0)

    async def _wait(self) -> None:
        self._changed.clear()
        if not self._heap:
            await self._changed.wait()
            return
        seconds = self._heap[0][0] - self._clock.flow()
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._changed.wait(), max(seconds, TICK))
        except TimeoutError:
            return

    def _run_due(self) -> None:
        now = self._clock.flow()
        for _ in range(SLICE):
            if not self._heap or self._heap[0][0] > now:
                return
            _, _, action, args = heapq.heappop(self._heap)
            action(*args)
