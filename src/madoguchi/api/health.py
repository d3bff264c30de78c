"""`/healthz`: the process is up. `/readyz`: it can do its work: database, schema, workers."""

from typing import Any

import psycopg
import psycopg_pool
from litestar import Response, get
from msgspec import Struct

from madoguchi.api.deps import Ctx
from madoguchi.db.migrate import is_current
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)


class Readiness(Struct):
    database: bool = False
    migrations: bool = False
    workers: bool = False

    @property
    def ready(self) -> bool:
        return self.database and self.migrations and self.workers


@get("/healthz", opt={"public": True}, include_in_schema=False)
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@get("/readyz", opt={"public": True}, include_in_schema=False)
async def readyz(context: Ctx) -> Response[dict[str, Any]]:
    found = await readiness(context.db)
    checks = {"database": found.database, "migrations": found.migrations, "workers": found.workers}
    answer = {"status": "ready" if found.ready else "not ready", "checks": checks}
    return Response(answer, status_code=200 if found.ready else 503)


async def readiness(db: Database) -> Readiness:
    found = Readiness()
    try:
        async with db.system() as tx:
            found.database = True
            found.migrations = await is_current(tx)
            found.workers = await _alive(tx)
    except (psycopg.Error, psycopg_pool.PoolTimeout):
        found.database = False
    return found


async def _alive(tx: Connection) -> bool:
    row = await (await tx.execute(Q.workers_alive)).fetchone()
    return bool(row and row["workers"])
