"""Which tables there are, in an order in which they can be filled, and their rows as a stream."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from graphlib import TopologicalSorter
from typing import Any

import msgspec
from psycopg import AsyncConnection, sql

from madoguchi.db.queries import load_queries

Q = load_queries(__file__)
Connection = AsyncConnection[Any]


class Table(msgspec.Struct, frozen=True):
    name: str
    columns: list[str]
    key: list[str]
    needs: list[str]
    """Tables that must be filled before."""
    counters: list[str]
    """Columns with a sequence behind them."""
    forced: bool
    """Whether row-level security holds the owner too."""

    @property
    def into(self) -> sql.Composed:
        return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(self.name), _names(self.columns))

    @property
    def out(self) -> sql.Composed:
        """In the order of the key, so that equal tables give equal bytes."""
        return sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
            _names(self.columns), sql.Identifier(self.name), _names(self.key or self.columns)
        )


@asynccontextmanager
async def whole_installation(dsn: str) -> AsyncIterator[Connection]:
    """A connection that sees every workspace and may take its time; one transaction, seen as of its first statement."""
    async with await AsyncConnection.connect(dsn, application_name="madoguchi backup") as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for name, value in _SESSION.items():
            await connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        yield connection


async def tables_of(connection: Connection) -> list[Table]:
    rows = await (await connection.execute(Q.tables)).fetchall()
    found = {row[0]: Table(*row) for row in rows}
    order = TopologicalSorter({name: set(table.needs) - {name} for name, table in found.items()})
    return [found[name] for name in order.static_order()]


async def rows_of(connection: Connection, table: Table) -> AsyncIterator[bytes]:
    """One row at a time, in PostgreSQL's text format."""
    async with connection.cursor() as cursor, cursor.copy(table.out) as copy:
        async for row in copy:
            yield bytes(row)


def _names(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


# Text must read the same on any server, and nothing here has to hurry.
_SESSION = {
    "madoguchi.workspace": "*",
    "statement_timeout": "0",
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}
