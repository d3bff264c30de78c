"""The inbound pipeline by hand: one step at a time, without a pump that runs by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.db.pool import Connection, Database, dedicated
from madoguchi.inbound.commit import GroupCommit
from madoguchi.inbound.process import process, read_batch
from madoguchi.inbound.receive import Receiver
from madoguchi.inboxes.directory import InboxDirectory
from tests.support.meta import sign


class Pipeline:
    def __init__(self, database: Database, directory: InboxDirectory, receiver: Receiver, work: Connection) -> None:
        self.database = database
        self.directory = directory
        self.receiver = receiver
        self.work = work

    async def post(self, inbox: InboxConfig, body: bytes, headers: dict[str, str] | None = None) -> int:
        """What a provider's POST is answered with."""
        return (await self.request(inbox.settings["webhook_key"], body, sign(body) if headers is None else headers))[0]

    async def request(
        self, key: str, body: bytes, headers: dict[str, str], *, method: str = "POST", query: str = ""
    ) -> tuple[int, bytes]:
        scope = {
            "type": "http",
            "method": method,
            "path": f"/webhooks/{key}",
            "query_string": query.encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        }
        sent: list[Any] = []
        chunks = iter([body[i : i + 65536] for i in range(0, len(body), 65536)] or [b""])
        pieces = list(chunks)

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.receiver(scope, receive, send)
        return sent[0]["status"], sent[1]["body"]

    async def process(self, most: int = 500) -> int:
        """Everything that waits, on the working connection; returns the number of events."""
        events = 0
        while rows := await read_batch(self.work, range(64), most):
            events += await process(self.work, self.directory, rows)
        return events

    async def all(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        async with self.database.system() as tx:
            return await (await tx.execute(statement, parameters)).fetchall()

    async def one(self, statement: str, *parameters: Any) -> dict[str, Any]:
        rows = await self.all(statement, *parameters)
        assert len(rows) == 1, rows
        return rows[0]


@pytest.fixture
async def pipeline(context: Context) -> AsyncIterator[Pipeline]:
    directory = InboxDirectory(context.db, context.secrets)
    commit = GroupCommit(context.db.dsn)
    commit.start()
    work = await dedicated(context.db.dsn)
    yield Pipeline(context.db, directory, Receiver(directory, commit), work)
    await commit.stop()
    await work.close()


Make = Callable[..., Any]
