"""An import from where it stands to its end, in the background."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

import psycopg
import structlog
from psycopg.rows import DictRow

from madoguchi.attributes.service import get_definitions, get_region
from madoguchi.context import Context
from madoguchi.core.errors import Conflict
from madoguchi.db.pool import Database
from madoguchi.exchange import reading
from madoguchi.exchange.batches import ROWS, do_batch
from madoguchi.exchange.people import Reader
from madoguchi.exchange.reading import Record
from madoguchi.exchange.service import Q, set_state, stored_file
from madoguchi.exchange.undo import do_undo_batch

log = structlog.get_logger()


async def run(context: Context, workspace_id: UUID, import_id: UUID) -> None:
    """May run twice at once: each batch makes sure that the one before it was the last."""
    row = await _load(context.db, workspace_id, import_id)
    if row is None:
        return
    try:
        if row["state"] == "undoing":
            while await do_undo_batch(context.db, row):
                pass
        elif row["state"] == "running":
            await _import(context, row)
    except (psycopg.OperationalError, OSError) as error:  # the database or the storage: it goes on when they are back
        log.warning("an import was cut off", import_id=str(import_id), error=type(error).__name__)
    except Exception as error:
        log.exception("an import failed", import_id=str(import_id), error=type(error).__name__)
        await _end(context.db, row, "failed")


async def _import(context: Context, row: DictRow) -> None:
    try:
        async with stored_file(context.storage, row) as path:
            with reading.open_text(path, row["encoding"]) as file:
                found = reading.records(file, row["delimiter"])
                if not await _go_through(context.db, row, found):
                    return
    except Conflict as gone:
        log.warning("an import cannot go on", import_id=str(row["id"]), reason=gone.detail)
        await _end(context.db, row, "failed")
        return
    if await _end(context.db, row, "done"):
        await context.storage.delete(row["storage_key"])


async def _go_through(db: Database, row: DictRow, found: Iterator[Record]) -> bool:
    """False when somebody else goes on, or it was stopped."""
    header = next(found).cells
    async with db.workspace(row["workspace_id"]) as tx:
        definitions = await get_definitions(tx, row["workspace_id"])
        region = await get_region(tx, row["workspace_id"])
    reader = Reader([reading.shown(cell) for cell in header], row["mapping"], definitions, region)
    numbered = enumerate(found, 1)
    await asyncio.to_thread(_skip, numbered, row["done"])
    while rows := await asyncio.to_thread(lambda: list(islice(numbered, ROWS))):
        if not await do_batch(db, row, reader, rows):
            return False
    return True


def _skip(numbered: Iterator[tuple[int, Record]], count: int) -> None:
    next(islice(numbered, count, count), None)


async def _end(db: Database, row: DictRow, state: str) -> bool:
    """Only an import that is still running comes to an end by itself."""
    async with db.workspace(row["workspace_id"]) as tx:
        now = await (await tx.execute(Q.lock, {"workspace_id": row["workspace_id"], "id": row["id"]})).fetchone()
        if now is None or now["state"] != "running":
            return False
        await set_state(tx, row["workspace_id"], row["id"], state)
    return True


async def _load(db: Database, workspace_id: UUID, import_id: UUID) -> DictRow | None:
    async with db.workspace(workspace_id) as tx:
        return await (await tx.execute(Q.one, {"workspace_id": workspace_id, "id": import_id})).fetchone()
