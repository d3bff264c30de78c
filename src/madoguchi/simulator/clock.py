"""Virtual time: real time plus an offset, which may jump forward or stand still."""

import asyncio
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

HOLD_INTERVAL = 0.05


class OffsetFile:
    """Eight bytes, a little-endian float64: seconds to add to the real time.

    Other processes memory-map this file, so it is written in place and never replaced.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.stat().st_size != struct.calcsize("<d"):
            path.write_bytes(struct.pack("<d", 0.0))

    def write(self, offset: float) -> None:
        with self._path.open("r+b", buffering=0) as file:
            file.write(struct.pack("<d", offset))


class Clock:
    def __init__(self, file: Path | None = None) -> None:
        self._file = OffsetFile(file) if file else None
        self._offset = 0.0
        self._frozen_at: float | None = None
        self._jumped = 0.0
        self._listeners: list[Callable[[], None]] = []
        self._publish()

    @property
    def offset(self) -> float:
        """Seconds to add to the real time to get the virtual time now."""
        return self.now() - time.time()

    @property
    def frozen(self) -> bool:
        return self._frozen_at is not None

    def now(self) -> float:
        """Virtual time as Unix seconds."""
        if self._frozen_at is not None:
            return self._frozen_at
        return time.time() + self._offset

    def flow(self) -> float:
        """What waiting is measured in: it jumps forward with the clock but never stands still,
        so that a frozen clock does not also freeze the delivery of messages."""
        return time.time() + self._jumped

    def on_jump(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def set_now(self, now: float) -> None:
        jump = now - self.now()
        if self._frozen_at is not None:
            self._frozen_at = now
        self._offset = now - time.time()
        self._jumped += max(0.0, jump)
        self._publish()
        for listener in self._listeners:
            listener()

    def advance(self, seconds: float) -> None:
        self.set_now(self.now() + seconds)

    def set_offset(self, seconds: float) -> None:
        self.set_now(time.time() + seconds)

    def freeze(self) -> None:
        self._frozen_at = self.now()

    def unfreeze(self) -> None:
        if self._frozen_at is not None:
            self._offset = self._frozen_at - time.time()
            self._frozen_at = None
            self._publish()

    async def hold(self) -> None:
        """While frozen, keep moving the offset back so that readers of the file stand still too."""
        while True:
            await asyncio.sleep(HOLD_INTERVAL)
            if self.frozen:
                self._publish()

    def _publish(self) -> None:
        if self._file:
            with suppress(OSError):
                self._file.write(self.offset)


def rfc3339(unix: float) -> str:
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_rfc3339(text: str) -> float:
    """Unix seconds. Raises ValueError for anything that is not a date and time."""
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()
