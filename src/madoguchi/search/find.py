"""Finding: the terms of the question lead to a few blocks, the blocks to documents, and each text is looked into.

The newest come first. A page looks into a bounded number of texts: where the pieces of a question stand in many texts
and the question itself in few, a page is short and the next goes on from there.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.rows import DictRow

from madoguchi.conversations.models import Author, InboxRef, Named
from madoguchi.core.ids import first_id_at
from madoguchi.core.phone import digits_of
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.search.index import CHUNK, LATE, late_key, mark
from madoguchi.search.models import Hit, Kind, Piece
from madoguchi.search.postings import BLOCK, common
from madoguchi.search.terms import places, terms_of_word, words_in, words_of

Q = load_queries(__file__, "find.sql")

# Texts that one page looks into.
MOST_LOOKED_AT = 1_500
_BEFORE, _AFTER = 40, 120
_FIRST_BLOCKS, _MOST_BLOCKS = 4, 64
_PHONE = re.compile(r"[\d\s()+./-]+")
_SHORTEST_PHONE = 5


class Question(Struct, frozen=True, kw_only=True):
    """`words` as `words_of` gives them; the rest narrows messages, notes and attachments."""

    words: list[str]
    inbox_id: UUID | None = None
    agent_id: UUID | None = None
    direction: str | None = None
    has_attachment: bool = False
    from_at: datetime | None = None
    to_at: datetime | None = None

    @property
    def marks(self) -> set[str]:
        given = (("inbox", self.inbox_id), ("author", self.agent_id), ("way", self.direction))
        found = {mark(what, value) for what, value in given if value is not None}
        return found | ({mark("file", "")} if self.has_attachment else set())

    @property
    def narrows(self) -> bool:
        return bool(self.marks or self.from_at or self.to_at)


def words_for(kind: Kind, q: str) -> list[str]:
    """A number is found however it is written."""
    digits = digits_of(q)
    if kind == "contact" and _PHONE.fullmatch(q.strip()) and len(digits) >= _SHORTEST_PHONE:
        return [digits]
    return words_of(q)


async def find(
    tx: Connection, workspace_id: UUID, kind: Kind, question: Question, *, before: int | None, limit: int
) -> tuple[list[Hit], int | None]:
    """The second value is the number to go on `before`, None when there is nothing more."""
    if not question.words or (kind == "contact" and question.narrows):
        return [], None
    return await _Finder(tx, workspace_id, kind, question, limit).run(before)


class _Finder:
    def __init__(self, tx: Connection, workspace_id: UUID, kind: Kind, question: Question, limit: int) -> None:
        self._tx = tx
        self._values: dict[str, Any] = {"workspace_id": workspace_id, "kind": kind}
        self._kind = kind
        self._question = question
        self._limit = limit
        pieces = set[str]().union(*map(terms_of_word, question.words))
        self._terms = sorted(pieces | question.marks)
        self._hits: list[tuple[int, Hit]] = []
        self._seen: set[UUID] = set()
        self._looked = 0

    async def run(self, before: int | None) -> tuple[list[Hit], int | None]:
        floor, last = await self._range(before)
        if last <= floor:
            return [], None
        left = await self._blocks(floor, last)
        size = _FIRST_BLOCKS
        while left:
            numbers = await self._numbers(left[:size], floor, last)
            stopped = await self._look_into(numbers)
            if stopped is not None:
                return [hit for _, hit in self._hits[: self._limit]], stopped
            left, size = left[size:], min(size * 2, _MOST_BLOCKS)
        return [hit for _, hit in self._hits], None

    async def _range(self, before: int | None) -> tuple[int, int]:
        """Numbers from the first to below the last one that can be meant."""
        rows = await self._rows(Q.state, {})
        docs: dict[str, int] = rows[0]["docs"] if rows else {}
        last = docs.get(self._kind, 0)
        last = last if before is None else min(last, before)
        question = self._question
        if question.to_at:
            chunk = await self._chunk_at(question.to_at + LATE)
            border = (chunk + 1) * CHUNK if chunk is not None else 0
            last = min(last, max(border, docs.get(late_key(self._kind), -1) + 1))
        chunk = await self._chunk_at(question.from_at) if question.from_at else None
        return (chunk or 0) * CHUNK, last

    async def _chunk_at(self, at: datetime) -> int | None:
        rows = await self._rows(Q.chunk_before, {"id": first_id_at(at)})
        return rows[0]["chunk"] if rows else None

    async def _blocks(self, floor: int, last: int) -> list[int]:
        """Blocks in which every term is, the newest first."""
        wanted = {"terms": self._terms, "first": floor // BLOCK, "last": (last - 1) // BLOCK}
        rows = await self._rows(Q.blocks, wanted)
        if len(rows) < len(self._terms):
            return []
        return sorted(set[int].intersection(*(set(row["blocks"]) for row in rows)), reverse=True)

    async def _numbers(self, blocks: Sequence[int], floor: int, last: int) -> list[int]:
        lists: dict[int, list[bytes]] = {block: [] for block in blocks}
        for row in await self._rows(Q.postings, {"terms": self._terms, "blocks": list(blocks)}):
            lists[row["block"]].append(bytes(row["docs"]))
        found = []
        for block in blocks:
            found += [n for place in common(lists[block]) if floor <= (n := block * BLOCK + place) < last]
        return found

    async def _look_into(self, numbers: Sequence[int]) -> int | None:
        """Where a page ends; None when it is not full yet."""
        for some in _slices(numbers, 2 * self._limit):
            ids = await self._ids(some)
            texts = await self._texts(list(dict.fromkeys(ids.values())))
            for number in some:
                self._take(number, texts.get(ids.get(number, UUID(int=0))))
                if len(self._hits) > self._limit:
                    return self._hits[self._limit - 1][0]
            self._looked += len(some)
            if self._looked >= MOST_LOOKED_AT:
                return some[-1]
        return None

    def _take(self, number: int, row: DictRow | None) -> None:
        if row is None:
            return
        shown: UUID = row["contact_id" if self._kind == "contact" else "id"]
        if shown in self._seen:
            return
        text = row["text"] or ""
        if words_in(text, self._question.words):
            self._seen.add(shown)
            self._hits.append((number, hit_of(self._kind, row, text, self._question.words)))

    async def _ids(self, numbers: Sequence[int]) -> dict[int, UUID]:
        chunks = sorted({number // CHUNK for number in numbers})
        rows = await self._rows(Q.ids, {"chunks": chunks})
        packed = {row["chunk"]: bytes(row["ids"]) for row in rows}
        found = {}
        for number in numbers:
            at = number % CHUNK * 16
            found[number] = UUID(bytes=packed[number // CHUNK][at : at + 16])
        return found

    async def _texts(self, ids: list[UUID]) -> dict[UUID, DictRow]:
        if self._kind == "contact":
            return {row["id"]: row for row in await self._rows(Q.contacts, {"ids": ids})}
        question = self._question
        narrowed = {name: getattr(question, name) for name in ("inbox_id", "agent_id", "direction", "from_at", "to_at")}
        rows = await self._rows(Q.messages, {"ids": ids, **narrowed})
        if self._kind == "attachment":
            rows = [{**row, "text": " ".join(row["files"] or [])} for row in rows]
        return {row["id"]: row for row in rows}

    async def _rows(self, query: Any, values: dict[str, Any]) -> list[DictRow]:
        return await (await self._tx.execute(query, self._values | values, binary=True)).fetchall()


def _slices(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for at in range(0, len(numbers), size):
        yield numbers[at : at + size]


def hit_of(kind: Kind, row: DictRow, text: str, words: list[str]) -> Hit:
    contact = Named(row["contact_id"], row["contact_name"])
    snippet, at = snippet_of(text, words), rfc3339(row["created_at"])
    if kind == "contact":
        return Hit(
            kind=kind, id=contact.id, conversation_id=row["conversation_id"], contact=contact, snippet=snippet, at=at
        )
    return Hit(
        kind=kind,
        id=row["id"],
        conversation_id=row["conversation_id"],
        contact=contact,
        snippet=snippet,
        at=at,
        author=Author(row["author_kind"], row["author_id"], row["author_name"] or ""),
        direction=row["direction"],
        inbox=InboxRef(row["inbox_id"], row["inbox_name"], row["channel"]),
        has_attachment=bool(row["files"]),
    )


def snippet_of(text: str, words: list[str]) -> list[Piece]:
    """The text around the first place, in pieces, the found ones marked; an ellipsis stands for what is left out."""
    marks = places(text, words)
    start = max(0, (marks[0][0] if marks else 0) - _BEFORE)
    end = min(len(text), start + _BEFORE + _AFTER)
    pieces, at = [Piece("…", False)] if start else [], start
    for first, after in marks:
        if first >= end:
            break
        pieces += [Piece(text[at:first], False), Piece(text[first : min(after, end)], True)]
        at = min(after, end)
    pieces.append(Piece(text[at:end] + ("…" if end < len(text) else ""), False))
    return [piece for piece in pieces if piece.text]
