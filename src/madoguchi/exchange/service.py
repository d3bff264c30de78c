"""Imports of contacts: a file is put down, looked at, started, stopped, taken back. What a batch does is `batches.py`."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from madoguchi.attributes.service import get_definitions
from madoguchi.audit import service as audit
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import stamped
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.exchange import mapping, reading
from madoguchi.exchange.exports import check_columns
from madoguchi.exchange.models import ImportOut, ImportPreview, RejectedRow, StartImport
from madoguchi.media.storage import Storage

Q = load_queries(__file__)

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 200_000
_MOST_COLUMNS = 200
_ROWS_SHOWN = 5
_PIECE = 1024 * 1024
_FIELDS = ImportOut.__struct_fields__


async def do_upload(context: Context, principal: Principal, filename: str, chunks: AsyncIterator[bytes]) -> ImportOut:
    """No transaction is open while the bytes come. Raises Forbidden, and Invalid naming `file`: too large, empty, without a row."""
    check_may(principal)
    import_id = new_id()
    key = f"{principal.workspace_id}/imports/{import_id}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.csv")
        size = await _write(path, chunks)
        found = await asyncio.to_thread(_look, path)
        await context.storage.write(key, _pieces(path))
    values = {
        "workspace_id": principal.workspace_id,
        "id": import_id,
        "now": clock.now(),
        "agent_id": principal.agent_id,
    }
    try:
        async with context.db.workspace(principal.workspace_id) as tx:
            await tx.execute(Q.add, values | found | {"filename": filename[-200:], "storage_key": key, "size": size})
            await _audit(tx, principal, import_id, "uploaded", {"filename": filename[-200:], "rows": found["total"]})
            return await get_import(tx, principal, import_id)
    except BaseException:
        await context.storage.delete(key)
        raise


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


async def do_note_export(tx: Connection, principal: Principal, columns: Sequence[str], *, filtered: bool) -> list[str]:
    """The columns that will be written, all when none is named; raises Forbidden, Invalid naming `columns`."""
    check_may(principal)
    chosen = check_columns(columns, await get_definitions(tx, principal.workspace_id))
    await audit.record(
        tx,
        principal.workspace_id,
        "contacts.exported",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="workspace",
        target_id=principal.workspace_id,
        data={"columns": chosen, "filtered": filtered},
    )
    return chosen


async def get_import(tx: Connection, principal: Principal, import_id: UUID) -> ImportOut:
    check_may(principal)
    return _out(await _one(tx, principal, import_id, Q.one))


async def get_page(
    tx: Connection, principal: Principal, *, before: UUID, limit: int
) -> tuple[list[ImportOut], UUID | None]:
    """Newest first."""
    check_may(principal)
    values = {"workspace_id": principal.workspace_id, "before": before, "limit": limit + 1}
    rows = await (await tx.execute(Q.page, values)).fetchall()
    return [_out(row) for row in rows[:limit]], rows[limit - 1]["id"] if len(rows) > limit else None


async def get_preview(
    tx: Connection,
    storage: Storage,
    principal: Principal,
    import_id: UUID,
    *,
    encoding: str | None,
    delimiter: str | None,
) -> ImportPreview:
    """Raises NotFound, Conflict (the file is gone), Invalid naming `encoding`, `delimiter` or `file`."""
    check_may(principal)
    row = await _one(tx, principal, import_id, Q.one)
    encoding, delimiter = encoding or row["encoding"], delimiter or row["delimiter"]
    _check_choices(encoding, delimiter)
    async with stored_file(storage, row) as path:
        head, total = await asyncio.to_thread(_read_head, path, encoding, delimiter)
    definitions = await get_definitions(tx, principal.workspace_id)
    used = await (await tx.execute(Q.used_channels, {"workspace_id": principal.workspace_id})).fetchall()
    header = head[0]
    return ImportPreview(
        encoding=encoding,
        delimiter=delimiter,
        total=total,
        header=header,
        rows=head[1:],
        mapping=row["mapping"] or mapping.guess(header, definitions, [each["channel"] for each in used]),
        targets=mapping.targets(definitions),
    )


async def do_start(
    tx: Connection, storage: Storage, principal: Principal, import_id: UUID, given: StartImport
) -> ImportOut:
    """Raises NotFound, Conflict (started before), Invalid."""
    check_may(principal)
    row = await _in_state(tx, principal, import_id, "draft")
    async with stored_file(storage, row) as path:
        head, total = await asyncio.to_thread(_read_head, path, given.encoding, given.delimiter)
    mapping.check(given.mapping, len(head[0]), await get_definitions(tx, principal.workspace_id))
    values = {"workspace_id": principal.workspace_id, "id": import_id, "now": clock.now(), "total": total}
    chosen = {"encoding": given.encoding, "delimiter": given.delimiter, "known": given.known}
    await tx.execute(Q.start, values | chosen | {"mapping": Jsonb(given.mapping)})
    await _audit(
        tx, principal, import_id, "started", {"filename": row["filename"], "rows": total, "known": given.known}
    )
    return await get_import(tx, principal, import_id)


async def do_cancel(tx: Connection, principal: Principal, import_id: UUID) -> tuple[ImportOut, str | None]:
    """What is done stays, and can be undone. Also returns the key of the file that nobody needs any more."""
    check_may(principal)
    row = await _in_state(tx, principal, import_id, "draft", "running")
    await set_state(tx, principal.workspace_id, import_id, "cancelled")
    await _audit(tx, principal, import_id, "cancelled", {"done": row["done"]})
    return await get_import(tx, principal, import_id), row["storage_key"]


async def do_undo(tx: Connection, principal: Principal, import_id: UUID) -> ImportOut:
    """Begins to take back what an ended import did. Raises NotFound, Conflict."""
    check_may(principal)
    await _in_state(tx, principal, import_id, "done", "cancelled", "failed")
    await set_state(tx, principal.workspace_id, import_id, "undoing")
    await _audit(tx, principal, import_id, "undone", {})
    return await get_import(tx, principal, import_id)


async def get_rejected(
    tx: Connection, principal: Principal, import_id: UUID, *, after: int, limit: int
) -> tuple[list[RejectedRow], int | None]:
    """In the order of the file."""
    check_may(principal)
    await _one(tx, principal, import_id, Q.one)
    values = {"workspace_id": principal.workspace_id, "id": import_id, "after": after, "limit": limit + 1}
    rows = await (await tx.execute(Q.rejected, values)).fetchall()
    items = [RejectedRow(number=row["number"], line=row["line"], **row["fault"]) for row in rows[:limit]]
    return items, items[-1].number if len(rows) > limit else None


async def set_state(tx: Connection, workspace_id: UUID, import_id: UUID, state: str) -> None:
    """An import that has ended needs its file no more."""
    values = {"workspace_id": workspace_id, "id": import_id, "state": state, "now": clock.now()}
    await tx.execute(Q.set_state, values | {"forgets_file": state in {"done", "cancelled", "failed"}})


@asynccontextmanager
async def stored_file(storage: Storage, row: DictRow) -> AsyncIterator[Path]:
    """The file on this machine's disk while it is read. Raises Conflict when it is gone."""
    if row["storage_key"] is None:
        raise Conflict("The file is not kept any more. Upload it again.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.csv")
        try:
            await _write(path, storage.read(row["storage_key"]))
        except FileNotFoundError:
            raise Conflict("The file is missing from the storage. Upload it again.") from None
        yield path


def check_may(principal: Principal) -> None:
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may import or export contacts.")


async def _write(path: Path, chunks: AsyncIterator[bytes]) -> int:
    size = 0
    with path.open("wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise _refusal(f"The file is larger than {MOST_BYTES // 2**20} MB. Split it.")
            file.write(chunk)
    if not size:
        raise _refusal("The file is empty.")
    return size


def _look(path: Path) -> dict[str, Any]:
    encoding = reading.find_encoding(path)
    delimiter = reading.find_delimiter(path, encoding)
    _, total = _read_head(path, encoding, delimiter)
    return {"encoding": encoding, "delimiter": delimiter, "total": total}


def _read_head(path: Path, encoding: str, delimiter: str) -> tuple[list[list[str]], int]:
    """The header with the first rows, and how many rows there are. Raises Invalid naming `file`."""
    try:
        with reading.open_text(path, encoding) as file:
            found = reading.records(file, delimiter)
            head = [[reading.shown(cell) for cell in record.cells] for record in islice(found, 1 + _ROWS_SHOWN)]
            total = len(head) - 1 + sum(1 for _ in islice(found, MOST_ROWS + 1))
    except UnicodeError:
        raise _refusal("The file cannot be read in this encoding.", "encoding") from None
    if total < 1:
        raise _refusal("There is no row below the header.")
    if total > MOST_ROWS:
        raise _refusal(f"The file has more than {MOST_ROWS:,} rows. Split it.")
    if len(head[0]) > _MOST_COLUMNS:
        raise _refusal(f"The file has more than {_MOST_COLUMNS} columns.")
    return head, total


def _check_choices(encoding: str, delimiter: str) -> None:
    if encoding not in reading.ENCODINGS:
        raise _refusal(f"One of: {', '.join(reading.ENCODINGS)}.", "encoding")
    if delimiter not in reading.DELIMITERS:
        raise _refusal("A comma, semicolon, tab or vertical bar.", "delimiter")


async def _in_state(tx: Connection, principal: Principal, import_id: UUID, *states: str) -> DictRow:
    row = await _one(tx, principal, import_id, Q.lock)
    if row["state"] not in states:
        raise Conflict(f"The import is {row['state']}.", state=row["state"])
    return row


async def _one(tx: Connection, principal: Principal, import_id: UUID, query: Any) -> DictRow:
    row = await (await tx.execute(query, {"workspace_id": principal.workspace_id, "id": import_id})).fetchone()
    if row is None:
        raise NotFound("There is no such import.")
    return row


def _out(row: DictRow) -> ImportOut:
    return ImportOut(**{name: value for name, value in stamped(row).items() if name in _FIELDS})


def _refusal(message: str, field: str = "file") -> Invalid:
    return Invalid(message, errors=[FieldError(field, message)])


async def _audit(tx: Connection, principal: Principal, import_id: UUID, verb: str, data: dict[str, Any]) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        f"contact_import.{verb}",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="contact_import",
        target_id=import_id,
        data=data,
    )
