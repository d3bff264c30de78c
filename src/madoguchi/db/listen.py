"""PostgreSQL notifications as callbacks. A lost connection is made again; listeners are then called once, because they
may have missed something."""

import asyncio
from collections.abc import Callable, Mapping

import psycopg
import structlog
from psycopg import sql

from madoguchi.db.pool import dedicated

log = structlog.get_logger()

Callback = Callable[[str], None]

_RETRY_SECONDS = 0.5
_POLL_SECONDS = 5.0


class Listener:
    """`callbacks`: channel → function called with the payload, and with "" after a reconnect.

    `presence`: a shared advisory lock held on the same connection, by which others see that somebody is listening.
    """

    def __init__(self, dsn: str, callbacks: Mapping[str, Callback], *, presence: tuple[int, int] | None = None) -> None:
        self._dsn = dsn
        self._callbacks = callbacks
        self._presence = presence

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                log.warning("the notification connection was lost, connecting again", error=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self) -> None:
        connection = await dedicated(self._dsn)
        try:
            if self._presence:
                await connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", self._presence)
            for channel in self._callbacks:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            for callback in self._callbacks.values():
                callback("")
            while True:
                async for notice in connection.notifies(timeout=_POLL_SECONDS):
                    self._callbacks[notice.channel](notice.payload)
                await connection.execute("SELECT 1")  # a connection that died silently is noticed here
        finally:
            await connection.close()
