"""Everything of an installation into one file, as of one moment, while it works on."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psycopg

from madoguchi.backup.archive import FORMAT, SECRET_KEY, Digest, Manifest, Part, Writer, create
from madoguchi.backup.tables import Connection, Q, Table, rows_of, tables_of, whole_installation
from madoguchi.core import clock
from madoguchi.core.errors import StartError
from madoguchi.core.times import rfc3339
from madoguchi.db.installation import note_backup
from madoguchi.media.storage import Storage

Progress = Callable[[str, int, int], None]
"""What is worked on, how many parts are done, and of how many."""


class Source(NamedTuple):
    dsn: str
    storage: Storage
    version: str
    secret_key: str | None
    """Kept in the backup; only ever in an encrypted one."""


async def save(source: Source, file: Path, passphrase: str, progress: Progress) -> Manifest:
    """Raises StartError; then no file is left behind."""
    if source.secret_key and not passphrase:
        raise ValueError("the secret key never leaves unencrypted")
    try:
        with create(file, passphrase) as writer:
            async with whole_installation(source.dsn) as connection:
                manifest = await _Save(source, writer, connection, progress).run()
    except psycopg.Error as error:
        raise StartError(f"The backup failed: {error.diag.message_primary or type(error).__name__}") from None
    # Only now is the file whole and where it belongs; it is as good when this cannot be noted.
    with suppress(psycopg.Error):
        await note_backup(source.dsn, clock.now())
    return manifest


class _Save:
    def __init__(self, source: Source, writer: Writer, connection: Connection, progress: Progress) -> None:
        self._source = source
        self._writer = writer
        self._connection = connection
        self._progress = progress
        self._parts: list[Part] = []
        self._missing: list[str] = []

    async def run(self) -> Manifest:
        tables = await tables_of(self._connection)
        files = await self._files()
        total = len(tables) + len(files)
        for number, table in enumerate(tables):
            self._progress(table.name, number, total)
            await self._table(table)
        for number, key in enumerate(files):
            self._progress(key, len(tables) + number, total)
            await self._file(key)
        self._key()
        manifest = await self._manifest()
        self._writer.finish(manifest)
        self._progress("", total, total)
        return manifest

    async def _files(self) -> list[str]:
        return [row[0] for row in await (await self._connection.execute(Q.media)).fetchall()]

    async def _table(self, table: Table) -> None:
        digest, count, name = Digest(), 0, f"tables/{table.name}"
        with self._writer.part(name, packed=True) as out:
            async for row in rows_of(self._connection, table):
                digest.add(row)
                out.write(row)
                count += 1
        self._parts.append(Part(name, "table", digest.size, digest.sha256, count, table.columns))

    async def _file(self, key: str) -> None:
        pieces = self._source.storage.read(key)
        try:
            first = await anext(pieces, b"")
        except FileNotFoundError:
            self._missing.append(key)
            return
        digest, name = Digest(), f"media/{key}"
        with self._writer.part(name, packed=False) as out:
            digest.add(first)
            out.write(first)
            async for piece in pieces:
                digest.add(piece)
                out.write(piece)
        self._parts.append(Part(name, "media", digest.size, digest.sha256))

    def _key(self) -> None:
        if self._source.secret_key:
            digest, value = Digest(), self._source.secret_key.encode()
            digest.add(value)
            with self._writer.part(SECRET_KEY, packed=False) as out:
                out.write(value)
            self._parts.append(Part(SECRET_KEY, "key", digest.size, digest.sha256))

    async def _manifest(self) -> Manifest:
        row = await (await self._connection.execute(Q.revision)).fetchone()
        return Manifest(
            FORMAT, self._source.version, row[0] if row else "", rfc3339(clock.now()), self._parts, self._missing
        )
