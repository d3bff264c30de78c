"""How many blocks each statement of the product reads, as PostgreSQL counts them, while it works as it always does."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

import madoguchi
from madoguchi.contacts.load import SEARCH_REACH
from madoguchi.conversations.pages import FEW, REACH
from madoguchi.db.queries import load_queries

_SOURCE = Path(madoguchi.__file__).parent
_LOOKED_AT = re.compile(r"\s*(--[^\n]*\n\s*)*(select|with|insert|update|delete)\b", re.IGNORECASE)
# Asked twice they would be held twice.
_LOCKS = ("advisory",)
# An index of a hundred times as many rows is one or two levels deeper; what reads all of them reads a hundred times more.
# A table that is extended or an index page that is split costs a few more once.
_DEEPER, _FEW = 2, 150
# A filter or a part of a name that no index knows gives up after so many rows, and goes on with the next page
# (`conversations/pages.py`, `contacts/load.py`): so much, however long the past.
_BOUNDED = {
    "conversations/lists.sql: newest": 10 * REACH,
    "conversations/lists.sql: few": 10 * FEW,
    "conversations/lists.sql: few_by_ids": 10 * FEW,
    "contacts/queries.sql: page": SEARCH_REACH // 10,
    "contacts/queries.sql: search": 10 * SEARCH_REACH,
}
_OURS = "/* the test's own */"
_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "


def named_queries() -> dict[str, str]:
    """Statement → `folder/file: name`, of everything but migrations and what reads a whole installation."""
    files = [file for file in sorted(_SOURCE.rglob("*.sql")) if "migrations" not in file.parts]
    return {
        statement: f"{file.parent.name}/{file.name}: {name}"
        for file in files
        for name, statement in load_queries(str(file), file.name).items()
    }


class Blocks:
    """Statement's name (or its beginning) → the most blocks that one execution of it read."""

    def __init__(self) -> None:
        self._names = named_queries()
        self.read: dict[str, int] = {}
        self.failed: list[str] = []

    def name_of(self, query: str) -> str:
        return self._names.get(query) or " ".join(query.split())[:160]

    def note(self, query: str, blocks: int) -> None:
        name = self.name_of(query)
        self.read[name] = max(self.read.get(name, 0), blocks)

    def grown_from(self, short: "Blocks") -> dict[str, tuple[int, int]]:
        """What reads more than a deeper index explains: name → blocks before and now."""
        pairs = {name: (short.read.get(name, 0), read) for name, read in self.read.items()}
        return {
            name: pair for name, pair in pairs.items() if pair[1] > max(_DEEPER * pair[0] + _FEW, _BOUNDED.get(name, 0))
        }

    @property
    def named(self) -> set[str]:
        return set(self._names.values()) & self.read.keys()


@contextmanager
def watching(blocks: Blocks) -> Iterator[None]:
    """Each statement is explained, undone, and then executed for its effect."""
    original = psycopg.AsyncCursor.execute

    async def execute(self: Any, query: Any, params: Any = None, **more: Any) -> Any:
        text = query if isinstance(query, str) else ""
        if _LOOKED_AT.match(text) and not any(word in text for word in (*_LOCKS, _OURS)):
            await _explain(self.connection, text, params)
        return await original(self, query, params, **more)

    async def _explain(connection: Any, text: str, params: Any) -> None:
        cursor = psycopg.AsyncCursor(connection, row_factory=tuple_row)
        inside = connection.info.transaction_status == TransactionStatus.INTRANS
        begin, undo = ("SAVEPOINT spy", "ROLLBACK TO SAVEPOINT spy") if inside else ("BEGIN", "ROLLBACK")
        await original(cursor, begin)
        try:
            await original(cursor, _EXPLAIN + text, params)
            row = await cursor.fetchone()
            plan = row[0][0]["Plan"] if row else {}
            blocks.note(text, plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        except psycopg.Error as error:
            blocks.failed.append(f"{blocks.name_of(text)}: {error}")
        await original(cursor, undo)
        if inside:
            await original(cursor, "RELEASE SAVEPOINT spy")

    with patch.object(psycopg.AsyncCursor, "execute", execute):
        yield
