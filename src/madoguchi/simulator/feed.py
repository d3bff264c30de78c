"""The live feed of what happens, for the phone page: server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from madoguchi.simulator.state import Json

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKLOG = 1000


class Feed:
    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[str]] = set()

    @property
    def heard(self) -> bool:
        return bool(self._listeners)

    def publish(self, kind: str, data: Json) -> None:
        if not self._listeners:
            return
        frame = f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
        for queue in self._listeners:
            if queue.full():
                # A page that cannot keep up reloads everything instead.
                queue.get_nowait()
                frame = "event: reload\ndata: {}\n\n"
            queue.put_nowait(frame)

    @contextmanager
    def listen(self) -> "Iterator[asyncio.Queue[str]]":
        queue: asyncio.Queue[str] = asyncio.Queue(BACKLOG)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)


async def frames(queue: asyncio.Queue[str], every: float) -> AsyncIterator[str]:
    """Frames as they come; a comment when nothing came for `every` seconds, to keep the line up."""
    while True:
        try:
            yield await asyncio.wait_for(queue.get(), every)
        except TimeoutError:
            yield ": \n\n"
