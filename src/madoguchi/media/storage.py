"""Where files live: a local folder or S3, through one library; read and written as streams."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

_CHUNK = 256 * 1024
_PIECE = 1024 * 1024


class Storage:
    """Keys are `workspace/media id`; whoever knows a key has passed an authorisation check before."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def write(self, key: str, chunks: AsyncIterator[bytes] | bytes) -> None:
        """Whole or not at all: the object appears when the last chunk is in."""
        await obstore.put_async(self._store, key, chunks)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        answer = await obstore.get_async(self._store, key)
        async for chunk in answer.stream(min_chunk_size=_CHUNK):
            yield bytes(chunk)

    async def read_range(self, key: str, start: int, end: int) -> bytes:
        """Bytes start … end, `end` excluded."""
        return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))

    async def read_part(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes start … end, `end` excluded, a piece at a time."""
        while start < end:
            piece = await self.read_range(key, start, min(start + _PIECE, end))
            start += len(piece)
            yield piece

    async def delete(self, key: str) -> None:
        """Nothing there is as good as gone."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)


def open_storage(url: str) -> Storage:
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return Storage(S3Store(parts.netloc, prefix=parts.path.strip("/") or None))
    folder = Path(parts.path)
    folder.mkdir(parents=True, exist_ok=True)
    return Storage(LocalStore(str(folder)))
