"""A file on its way in: streamed to the storage, measured and hashed as it passes, never whole in memory."""

import hashlib
from collections.abc import AsyncIterator, Callable

from msgspec import Struct

from madoguchi.core.errors import Problem, TooLarge
from madoguchi.media.dimensions import HEAD_BYTES, dimensions
from madoguchi.media.storage import Storage

# The largest a channel of ours carries (WhatsApp: documents).
MAX_BYTES = 100 * 1024 * 1024


class Taken(Struct, frozen=True):
    """`sha256` in hex, `width` and `height` in pixels for pictures."""

    content_type: str
    size: int
    sha256: str
    width: int | None
    height: int | None


async def take(
    storage: Storage, key: str, chunks: AsyncIterator[bytes], judge: Callable[[bytes], str], *, most: int = MAX_BYTES
) -> Taken:
    """Store `chunks` under `key`. `judge` sees the first bytes before anything is written, and says what they are or
    raises. Raises TooLarge past `most` bytes; then, as after every error, nothing stays."""
    head = await _head(chunks)
    content_type = judge(head)
    passing = _Passing(head, chunks, most)
    try:
        await storage.write(key, passing.stream())
    except BaseException as error:
        await storage.delete(key)
        # The store wraps what its source raised.
        raise passing.refusal or error from None
    size = dimensions(head, content_type)
    width, height = size or (None, None)
    return Taken(content_type, passing.size, passing.sha256.hexdigest(), width, height)


async def _head(chunks: AsyncIterator[bytes]) -> bytes:
    pieces, size = [], 0
    async for chunk in chunks:
        pieces.append(chunk)
        size += len(chunk)
        if size >= HEAD_BYTES:
            break
    return b"".join(pieces)


class _Passing:
    def __init__(self, head: bytes, rest: AsyncIterator[bytes], most: int) -> None:
        self._head = head
        self._rest = rest
        self._most = most
        self.size = 0
        self.sha256 = hashlib.sha256()
        self.refusal: Problem | None = None

    async def stream(self) -> AsyncIterator[bytes]:
        if self._head:
            yield self._counted(self._head)
        async for chunk in self._rest:
            yield self._counted(chunk)

    def _counted(self, chunk: bytes) -> bytes:
        self.size += len(chunk)
        if self.size > self._most:
            self.refusal = TooLarge(f"A file has at most {self._most // 1024 // 1024} MB.", max_bytes=self._most)
            raise self.refusal
        self.sha256.update(chunk)
        return chunk
