"""Connections and transactions. Each transaction names the workspace it acts for, and row-level security holds it to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[DictRow]

_EVERY_WORKSPACE = "*"
_STATEMENT_SECONDS = 30
# A server that vanished without a word is noticed in half a minute, not in the two hours of the system's default.
_CONNECTION: dict[str, Any] = {
    "application_name": "madoguchi",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

_BEGIN = "SELECT set_config('madoguchi.workspace', %s, true)"
_BEGIN_WITH_KEPT_PLANS = f"{_BEGIN}, set_config('plan_cache_mode', 'force_generic_plan', true)"

set_json_dumps(lambda value: msgspec.json.encode(value).decode())
set_json_loads(msgspec.json.decode)


class Database:
    """The pool of one process. Use `workspace()` for a tenant's work and `system()` for work across tenants."""

    def __init__(self, dsn: str, *, size: int = 8) -> None:
        self.dsn = dsn
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=size,
            open=False,
            timeout=5,
            kwargs={"row_factory": dict_row, "autocommit": True, **_CONNECTION},
            configure=_configure,
            check=AsyncConnectionPool.check_connection,
        )

    async def __aenter__(self) -> Self:
        await self._pool.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def workspace(self, workspace_id: UUID, *, kept_plans: bool = False) -> AsyncIterator[Connection]:
        """One transaction that can see and touch this workspace only. `kept_plans`: its statements find single rows by their
        keys, so that one plan fits whatever is in the tables, and none is made again."""
        async with (
            self._pool.connection() as connection,
            transaction(connection, str(workspace_id), kept_plans=kept_plans),
        ):
            yield connection

    @asynccontextmanager
    async def system(self) -> AsyncIterator[Connection]:
        """One transaction across workspaces: sign-in, webhooks, workers."""
        async with self._pool.connection() as connection, transaction(connection, _EVERY_WORKSPACE):
            yield connection

    async def ping(self) -> None:
        async with self._pool.connection(timeout=2) as connection:
            await connection.execute("SELECT 1")


@asynccontextmanager
async def transaction(connection: Connection, tenant: str, *, kept_plans: bool = False) -> AsyncIterator[None]:
    async with connection.transaction():
        # Local to the transaction, so that a connection never carries a tenant into its next use.
        await connection.execute(_BEGIN_WITH_KEPT_PLANS if kept_plans else _BEGIN, (tenant,))
        yield


async def dedicated(dsn: str, *, tenant: str = _EVERY_WORKSPACE) -> Connection:
    """A connection of its own for locks that live as long as it does, or for LISTEN; the caller closes it."""
    connection: Connection = await AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row, **_CONNECTION)
    await _configure(connection)
    await connection.execute("SELECT set_config('madoguchi.workspace', %s, false)", (tenant,))
    return connection


async def _configure(connection: AsyncConnection[Any]) -> None:
    await connection.execute(sql.SQL("SET statement_timeout = {}").format(sql.Literal(f"{_STATEMENT_SECONDS}s")))
    # Statements over arrays: a plan made for no rows must not be kept for a million (`db/plans.py` keeps some for a while).
    await connection.execute("SET plan_cache_mode = force_custom_plan")
    await connection.execute("SET TIME ZONE 'UTC'")
