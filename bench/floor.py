"""The bare program that everything is compared with: verify the HMAC, parse, group-commit into a unique index, answer.

No product in it: one uvicorn worker, one table. Run by `run.py` on the same machine in the same minute.
"""

import asyncio
import hashlib
import hmac
import json
import sys
from typing import Any

import msgspec
import psycopg
import uvicorn

SECRET = b"bench-app-secret"


class Floor:
    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._waiting: list[tuple[str, bytes, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        given = dict(scope["headers"]).get(b"x-hub-signature-256", b"")
        expected = b"sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest().encode()
        status = 401
        if hmac.compare_digest(given, expected):
            value = msgspec.json.decode(body)["entry"][0]["changes"][0]["value"]
            stored = asyncio.get_running_loop().create_future()
            self._waiting.append((value["messages"][0]["id"], body, stored))
            self._wake.set()
            await stored
            status = 200
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def commit(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True)
        await connection.execute("CREATE TABLE IF NOT EXISTS floor (id text PRIMARY KEY, body bytea)")
        statement = "INSERT INTO floor SELECT * FROM unnest(%b::text[], %b::bytea[]) ON CONFLICT DO NOTHING"
        while True:
            await self._wake.wait()
            self._wake.clear()
            group, self._waiting = self._waiting, []
            await connection.execute(statement, ([g[0] for g in group], [g[1] for g in group]))
            for _, _, stored in group:
                if not stored.done():
                    stored.set_result(None)


async def main() -> None:
    options = json.loads(sys.argv[1])
    floor = Floor(options["dsn"])
    task = asyncio.create_task(floor.commit())
    config = uvicorn.Config(floor, port=options["port"], log_level="error", http="httptools", loop="uvloop")
    await uvicorn.Server(config).serve()
    task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
