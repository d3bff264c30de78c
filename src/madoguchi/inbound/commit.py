"""Group commit: webhooks that arrive together share one transaction, and each is answered after it."""

import asyncio
from contextlib import suppress
from typing import Protocol
from uuid import UUID

import msgspec
import psycopg
import structlog
from psycopg.types.numeric import Int2

from madoguchi.core import clock
from madoguchi.db.pool import Connection, dedicated
from madoguchi.db.queries import load_queries

log = structlog.get_logger()
Q = load_queries(__file__)

_MOST_REQUESTS = 500
_MOST_BYTES = 8 * 1024 * 1024


class Entry(msgspec.Struct, frozen=True):
    """One accepted request, as the log keeps it."""

    workspace_id: UUID
    id: UUID
    inbox_id: UUID
    slot: int
    headers: str
    body: bytes


class NotStored(Exception):  # noqa: N818
    """The database did not take it; the provider must be told to come again."""


class Told(Protocol):
    """Hears once whether an entry is durable."""

    def __call__(self, *, stored: bool) -> None: ...


class GroupCommit:
    """One writing connection per process. While one group is being committed the next gathers."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._waiting: list[tuple[Entry, Told]] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="group commit")

    async def stop(self) -> None:
        """Whoever waits gets an answer first."""
        await self._idle.wait()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._drop_connection()

    async def append(self, entry: Entry) -> None:
        """Returns when the entry is durable; raises NotStored when it is not."""
        durable: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def told(*, stored: bool) -> None:
            if not durable.done():  # the client went away while it waited
                durable.set_result(stored)

        self.add(entry, told)
        if not await durable:
            raise NotStored

    def add(self, entry: Entry, told: Told) -> None:
        """`told` is called later, never from in here."""
        self._waiting.append((entry, told))
        self._idle.clear()
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            group = self._next_group()
            try:
                await self._commit([entry for entry, _ in group])
            except Exception as error:  # whatever it is: who waits is answered, and the next group is tried
                log.warning("webhooks could not be stored", count=len(group), error=type(error).__name__)
                await self._drop_connection()
                _tell(group, stored=False)
            else:
                _tell(group, stored=True)
            if not self._waiting:
                self._idle.set()

    def _next_group(self) -> list[tuple[Entry, Told]]:
        size = count = 0
        for entry, _ in self._waiting[:_MOST_REQUESTS]:
            count += 1
            size += len(entry.body)
            if size > _MOST_BYTES:
                break
        group = self._waiting[:count]
        del self._waiting[:count]
        if not self._waiting:
            self._wake.clear()
        return group

    async def _commit(self, entries: list[Entry]) -> None:
        if self._connection is None:
            self._connection = await asyncio.wait_for(dedicated(self._dsn), 5)
        parameters = {
            "workspaces": [entry.workspace_id for entry in entries],
            "ids": [entry.id for entry in entries],
            "inboxes": [entry.inbox_id for entry in entries],
            "slots": [Int2(entry.slot) for entry in entries],
            "now": clock.now(),
            "headers": [entry.headers for entry in entries],
            "bodies": [entry.body for entry in entries],
        }
        await self._connection.execute(Q.append, parameters)

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error, OSError):
                await connection.close()


def _tell(group: list[tuple[Entry, Told]], *, stored: bool) -> None:
    for _, told in group:
        try:
            told(stored=stored)
        except Exception as error:  # one that cannot be answered must not leave the others without an answer
            log.warning("a webhook could not be answered", error=type(error).__name__)
