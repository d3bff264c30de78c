"""Every accepted send, complete however many there are: kept in a file, not in memory."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from madoguchi.simulator.clock import rfc3339

CHUNK = 256 * 1024


class SentLog:
    def __init__(self, path: Path | None) -> None:
        self._file: IO[bytes]
        if path:
            path.touch()
            self._file = path.open("r+b")
            self._file.seek(0, 2)
        else:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self.count = 0

    def add(self, wamid: str, to: str, callback_data: str | None, kind: str, at: float) -> None:
        line = {
            "wamid": wamid,
            "to": to,
            "biz_opaque_callback_data": callback_data,
            "type": kind,
            "at": rfc3339(at),
        }
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self.count += 1

    def chunks(self) -> Iterator[bytes]:
        """The log as JSON lines, in pieces; sends accepted meanwhile may or may not be in it."""
        self._file.flush()
        end, at = self._file.tell(), 0
        while at < end:
            self._file.seek(at)
            piece = self._file.read(min(CHUNK, end - at))
            self._file.seek(0, 2)
            at += len(piece)
            yield piece

    def flush(self) -> None:
        self._file.flush()

    def clear(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self.count = 0

    def recount(self) -> None:
        self.count = sum(piece.count(b"\n") for piece in self.chunks())

    def close(self) -> None:
        self._file.close()
