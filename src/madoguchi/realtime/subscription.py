"""What waits to be written to one socket: batches in order, never more than a bound."""

import asyncio
from collections import deque

from madoguchi.realtime.frames import Batch

# In characters. A socket that is this far behind is closed: it asks again with `since` and misses nothing.
MOST_WAITING = 4 * 1024 * 1024


class Subscription:
    """Filled by the hub, emptied by one socket's writer."""

    def __init__(self, after: int, most_waiting: int = MOST_WAITING) -> None:
        self.after = after
        """Events above this number come through here; those up to it are in the database already."""
        self._most = most_waiting
        self._size = 0
        self._waiting: deque[Batch] = deque()
        self._filled = asyncio.Event()
        self._overflowed = asyncio.Event()

    def put(self, batch: Batch) -> None:
        if self._overflowed.is_set():
            return
        if self._size + batch.size > self._most:
            self._overflowed.set()
            self._waiting.clear()
            return
        self._waiting.append(batch)
        self._size += batch.size
        self._filled.set()

    async def take(self) -> Batch:
        """The next batch, as soon as there is one."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        batch = self._waiting.popleft()
        self._size -= batch.size
        return batch

    async def overflow(self) -> None:
        """Returns when the bound was passed; nothing comes through any more."""
        await self._overflowed.wait()
