"""A file on its way in: streamed to the storage, measured and hashed as it passes, never whole in memory."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from msgspec import Struct

from madoguchi.core.errors import TooLarge
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
    passing = _Passing(aiter(chunks), most)
    try:
        content_type = judge(await passing.read_head())
        await storage.write(key, passing.stream())
    except BaseException as error:
        await storage.delete(key)
        # The store wraps what its source raised.
        raise passing.failure or error from None
    finally:
        await _close(chunks)
    size = dimensions(passing.head, content_type)
    width, height = size or (None, None)
    return Taken(content_type, passing.size, passing.sha256.hexdigest(), width, height)


async def _close(chunks: AsyncIterator[bytes]) -> None:
    # A download that was not read to its end keeps its connection until it is told.
    if isinstance(chunks, AsyncGenerator) or hasattr(chunks, "aclose"):
        await chunks.aclose()


class _Passing:
    def __init__(self, chunks: AsyncIterator[bytes], most: int) -> None:
        self._chunks = chunks
        self._most = most
        self.head = b""
        self.size = 0
        self.sha256 = hashlib.sha256()
        self.failure: Exception | None = None

    async def read_head(self) -> bytes:
        while len(self.head) < HEAD_BYTES and (chunk := await anext(self._chunks, b"")):
            self.head += chunk
        return self.head

    async def stream(self) -> AsyncIterator[bytes]:
        try:
            if self.head:
                yield self._counted(self.head)
            while chunk := await anext(self._chunks, b""):
                yield self._counted(chunk)
        except Exception as failure:
            self.failure = failure
            raise

    def _counted(self, chunk: bytes) -> bytes:
        self.size += len(chunk)
        if self.size > self._most:
            raise TooLarge(f"A file has at most {self._most // 1024 // 1024} MB.", max_bytes=self._most)
        self.sha256.update(chunk)
        return chunk
