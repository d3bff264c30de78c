"""The one source of business time.

A demo or a test moves time by a shared file (`MADOGUCHI_CLOCK_FILE`): eight bytes, a little-endian float64 with the
seconds to add. It is mapped into memory, so that reading it costs nothing and every process sees a jump at once.
"""

import mmap
import os
import struct
import time
from datetime import UTC, datetime
from pathlib import Path

_OFFSET = struct.Struct("<d")


class Clock:
    def __init__(self, offset_file: Path | None = None) -> None:
        self._shared = _map_offset(offset_file) if offset_file else None

    def offset(self) -> float:
        """Seconds between business time and the machine's clock."""
        return float(_OFFSET.unpack_from(self._shared)[0]) if self._shared is not None else 0.0

    def timestamp(self) -> float:
        return time.time() + self.offset()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp(), UTC)


def _map_offset(path: Path) -> mmap.mmap:
    if not path.exists() or path.stat().st_size < _OFFSET.size:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_OFFSET.pack(0.0))
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)


def _from_environment() -> Clock:
    path = os.environ.get("MADOGUCHI_CLOCK_FILE")
    return Clock(Path(path) if path else None)


_clock = _from_environment()


def now() -> datetime:
    return _clock.now()


def timestamp() -> float:
    return _clock.timestamp()


def offset() -> float:
    return _clock.offset()
