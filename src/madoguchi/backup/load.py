"""A backup into an empty installation: all of it or nothing, and nothing is ever sent twice because of it."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg import sql

from madoguchi.backup.archive import FORMAT, Digest, Part, Reader
from madoguchi.backup.save import Progress
from madoguchi.backup.tables import Connection, Q, Table, rows_of, tables_of, whole_installation
from madoguchi.core.errors import StartError
from madoguchi.core.secrets import SecretBox
from madoguchi.db.migrate import current, migrate, revisions
from madoguchi.media.storage import Storage

_PIECE = 1024 * 1024


class Target(NamedTuple):
    dsn: str
    storage: Storage
    secret_key: str


class Check(msgspec.Struct, frozen=True):
    part: str
    rows: int
    found_rows: int
    same: bool


class Restored(msgspec.Struct, frozen=True):
    held_back: int
    """Messages that are `uncertain` now, because the original may have sent them since."""
    checks: list[Check]

    @property
    def verified(self) -> bool:
        return all(check.same for check in self.checks)


async def load(reader: Reader, target: Target, progress: Progress, *, verify: bool) -> Restored:
    """Raises StartError; then the database holds nothing of the backup. Without `verify` there are no checks."""
    await _check_target(reader, target)
    migrate(target.dsn, reader.manifest.revision)
    try:
        async with whole_installation(target.dsn) as connection:
            restored = await _Load(reader, target, connection, progress, verify=verify).run()
            if not restored.verified:
                await connection.rollback()
    except psycopg.Error as error:
        reason = error.diag.message_primary or type(error).__name__
        raise StartError(f"The restore failed, and the database is as empty as before: {reason}") from None
    except OSError as error:
        raise StartError(f"The restore failed, and the database is as empty as before: {error}") from None
    migrate(target.dsn)
    return restored


async def _check_target(reader: Reader, target: Target) -> None:
    manifest = reader.manifest
    if manifest.format > FORMAT or manifest.revision not in revisions():
        raise StartError(
            f"The backup was made by a newer Madoguchi ({manifest.version}); install that version or newer."
        )
    there = current(target.dsn)
    if there is None:
        return
    if there > manifest.revision:
        raise StartError("The database has a newer schema than the backup: restore into an empty database.")
    async with whole_installation(target.dsn) as connection:
        row = await (await connection.execute("SELECT EXISTS (SELECT FROM workspaces)")).fetchone()
        if row and row[0]:
            raise StartError("The target is not empty: restore into an empty database, or an empty data folder.")
        row = await (await connection.execute(Q.workers_alive)).fetchone()
        if row and row[0]:
            raise StartError("A madoguchi works on this database: end it first.")


class _Load:
    def __init__(
        self, reader: Reader, target: Target, connection: Connection, progress: Progress, *, verify: bool
    ) -> None:
        self._reader = reader
        self._target = target
        self._connection = connection
        self._progress = progress
        self._verify = verify
        self._done = 0

    async def run(self) -> Restored:
        tables = {table.name: table for table in await tables_of(self._connection)}
        parts = self._parts(tables)
        await self._open(tables)
        for table, part in parts:
            await self._fill(table, part)
        await self._check_key()
        files = self._reader.manifest.of("media")
        for part in files:
            await self._file(part)
        checks = [await self._compare(table, part) for table, part in parts] if self._verify else []
        checks += [await self._compare_file(part) for part in files] if self._verify else []
        await self._close(tables)
        held = (await self._connection.execute(Q.hold_back)).rowcount
        await self._connection.execute(Q.free_jobs)
        await self._connection.execute(Q.forget_workers)
        return Restored(held, checks)

    def _parts(self, tables: dict[str, Table]) -> list[tuple[Table, Part]]:
        """In an order in which what is referred to comes first."""
        given = {part.name.removeprefix("tables/"): part for part in self._reader.manifest.of("table")}
        if given.keys() != tables.keys() or any(part.columns != tables[name].columns for name, part in given.items()):
            raise StartError("The backup does not fit the schema it names: it is damaged, or was changed.")
        return [(table, given[name]) for name, table in tables.items()]

    async def _open(self, tables: dict[str, Table]) -> None:
        # The owner's own rows too are filtered and may not be copied in while the rule is forced; and what triggers
        # would add is in the backup already. Both come back with the commit, or with the rollback.
        names = sql.SQL(", ").join(sql.Identifier(name) for name in tables)
        await self._connection.execute(sql.SQL("TRUNCATE {}").format(names))
        for name, table in tables.items():
            await self._alter(name, "DISABLE TRIGGER USER")
            if table.forced:
                await self._alter(name, "NO FORCE ROW LEVEL SECURITY")

    async def _close(self, tables: dict[str, Table]) -> None:
        for table in tables.values():
            await self._alter(table.name, "ENABLE TRIGGER USER")
            if table.forced:
                await self._alter(table.name, "FORCE ROW LEVEL SECURITY")
            # The first statements after a restore must not be planned for empty tables.
            await self._connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.name)))
            for column in table.counters:
                await self._connection.execute(
                    sql.SQL(
                        "SELECT setval(pg_get_serial_sequence({name}, {text}), coalesce(max({column}), 0) + 1, false)"
                        " FROM {table}"
                    ).format(
                        name=sql.Literal(table.name),
                        text=sql.Literal(column),
                        column=sql.Identifier(column),
                        table=sql.Identifier(table.name),
                    )
                )

    async def _alter(self, name: str, *changes: str) -> None:
        for change in changes:
            statement = sql.SQL("ALTER TABLE {} {}").format(sql.Identifier(name), _raw(change))
            await self._connection.execute(statement)

    async def _fill(self, table: Table, part: Part) -> None:
        self._step(table.name)
        async with self._connection.cursor() as cursor, cursor.copy(table.into) as copy:
            for piece in self._reader.read(part):
                await copy.write(piece)

    async def _check_key(self) -> None:
        kept = "SELECT value FROM installation WHERE key = 'secret_key_check'"
        row = await (await self._connection.execute(kept)).fetchone()
        if row and row[0] != SecretBox(self._target.secret_key).check_value():
            raise StartError("MADOGUCHI_SECRET_KEY is not the key of this backup: its credentials could not be read.")

    async def _file(self, part: Part) -> None:
        self._step(part.name)
        await self._target.storage.write(_key(part), _stream(self._reader.read(part)))

    async def _compare(self, table: Table, part: Part) -> Check:
        digest, count = Digest(), 0
        async for row in rows_of(self._connection, table):
            digest.add(row)
            count += 1
        return Check(part.name, part.rows, count, digest.sha256 == part.sha256)

    async def _compare_file(self, part: Part) -> Check:
        digest = Digest()
        async for piece in self._target.storage.read(_key(part)):
            digest.add(piece)
        return Check(part.name, 1, 1, digest.sha256 == part.sha256)

    def _step(self, name: str) -> None:
        self._progress(name, self._done, len(self._reader.manifest.parts))
        self._done += 1


def _key(part: Part) -> str:
    return part.name.removeprefix("media/")


def _raw(fixed: Any) -> sql.SQL:
    return sql.SQL(fixed)


async def _stream(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
