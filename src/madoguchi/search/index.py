"""Keeping the search index: a few seconds behind, never in the way of a message.

The workspace's events say what is new, in an order without gaps, so that nothing is missed and nothing has to be written
while a message is processed. What was there before the first look is gone through by id; what no event tells stands in
`search_again`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from msgspec import Struct
from prometheus_client import Gauge
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries
from madoguchi.search import again
from madoguchi.search.postings import BLOCK, merged
from madoguchi.search.terms import normal, terms_of

log = structlog.get_logger()
Q = load_queries(__file__, "index.sql")

CHUNK = 256
# A step holds the worker's one thread for some 75 µs a message: short enough that nobody's message waits for it.
_AT_ONCE = 120
_BELOW_THE_TIME = 80  # bits of an id below its milliseconds
_FIRST = UUID(int=0)
_PAUSE_SECONDS = 0.03
_BUSY = 100  # webhooks not yet processed
_MOST_ROUNDS = 200
# A document this much older than those before it came late: out of an archive. An edit comes within minutes.
LATE = timedelta(days=1)

behind = Gauge("madoguchi_search_behind_events", "Events that search does not know yet", multiprocess_mode="mostrecent")


class Doc(NamedTuple):
    """`marks` are what it can be narrowed by (see `mark`)."""

    kind: str
    id: UUID
    text: str
    marks: tuple[str, ...] = ()


def mark(what: str, value: object) -> str:
    """A term that no text can hold: inbox, direction, author, file."""
    return f"\x02{what}{str(value)[-12:]}"


async def do_index(db: Database) -> int:
    """Brings every workspace up to date, as far as a few minutes allow. Returns how many documents were added."""
    async with db.system() as tx:
        rows = await (await tx.execute(Q.behind)).fetchall()
    added = 0
    for row in rows:
        for _ in range(_MOST_ROUNDS):
            if await _has_to_wait(db):
                break
            step = await do_step(db, row["workspace_id"])
            if step is None:
                break
            added += step
            await asyncio.sleep(_PAUSE_SECONDS)
    async with db.system() as tx:
        lag = await (await tx.execute(Q.lag)).fetchone()
    behind.set(lag["events"] if lag else 0)
    return added


async def _has_to_wait(db: Database) -> bool:
    """Customers' messages first: under load the index falls behind and catches up afterwards."""
    async with db.system() as tx:
        waiting = await (await tx.execute(Q.inbound_waiting, {"most": _BUSY})).fetchone()
    return bool(waiting and waiting["n"] >= _BUSY)


async def do_step(db: Database, workspace_id: UUID) -> int | None:
    """One short transaction; None when there is nothing to do, or somebody else does it."""
    async with db.workspace(workspace_id) as tx:
        await tx.execute(Q.begin, {"workspace_id": workspace_id})
        state = await (await tx.execute(Q.state, {"workspace_id": workspace_id})).fetchone()
        if state is None:
            return None
        walk = await again.do_forget(tx, workspace_id, CHUNK, _stood(state))
        # Half a step at most: what was just said is found before an archive is through.
        told = await again.take(tx, workspace_id, _AT_ONCE // 2)
        if not (walk.worked or told or state["filling"] or state["seq"] < state["newest"]):
            return None
        next_state = _Next(state["seq"], state["filling"], state["filled_to"])
        docs = await _messages(tx, workspace_id, told)
        docs += await (_fill if state["filling"] else _follow)(tx, workspace_id, next_state)
        counts = await add_docs(tx, workspace_id, docs, state["docs"])
        await tx.execute(
            Q.keep_state,
            {
                "workspace_id": workspace_id,
                "seq": next_state.seq,
                "filling": next_state.filling,
                "filled_to": next_state.filled_to,
                "docs": Jsonb(counts),
                "forgetting_kind": walk.at.kind if walk.at else None,
                "forgetting_chunk": walk.at.chunk if walk.at else None,
            },
        )
    return len(docs)


def _stood(state: DictRow) -> again.At | None:
    kind = state["forgetting_kind"]
    return None if kind is None else again.At(kind, state["forgetting_chunk"])


class _Next(Struct):
    seq: int
    filling: str | None
    filled_to: UUID | None


async def _fill(tx: Connection, workspace_id: UUID, state: _Next) -> list[Doc]:
    query, load = (Q.next_contacts, _contacts) if state.filling == "contact" else (Q.next_messages, _messages)
    values = {"workspace_id": workspace_id, "after": state.filled_to, "limit": _AT_ONCE}
    ids = [row["id"] for row in await (await tx.execute(query, values)).fetchall()]
    if ids:
        state.filled_to = ids[-1]
    else:
        state.filling = "message" if state.filling == "contact" else None
        state.filled_to = UUID(int=0)
    return await load(tx, workspace_id, ids)


async def _follow(tx: Connection, workspace_id: UUID, state: _Next) -> list[Doc]:
    values = {"workspace_id": workspace_id, "seq": state.seq, "limit": _AT_ONCE}
    events = await (await tx.execute(Q.events, values)).fetchall()
    if not events:
        return []
    state.seq = events[-1]["seq"]
    wanted: dict[str, dict[UUID, None]] = defaultdict(dict)
    for event in events:
        wanted[event["type"]][event["subject_id"]] = None
    new = {"workspace_id": workspace_id, "ids": list(wanted["conversation.created"])}
    first = [row["id"] for row in await (await tx.execute(Q.contacts_of, new)).fetchall()] if new["ids"] else []
    people = list(dict.fromkeys([*first, *wanted["contact.created"], *wanted["contact.updated"]]))
    return [
        *await _contacts(tx, workspace_id, people),
        *await _messages(tx, workspace_id, list(wanted["message.created"])),
    ]


async def _contacts(tx: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> list[Doc]:
    if not ids:
        return []
    rows = await (await tx.execute(Q.contacts, {"workspace_id": workspace_id, "ids": list(ids)})).fetchall()
    return [Doc("contact", row["id"], row["text"]) for row in rows]


async def _messages(tx: Connection, workspace_id: UUID, ids: Sequence[UUID]) -> list[Doc]:
    if not ids:
        return []
    rows = await (await tx.execute(Q.messages, {"workspace_id": workspace_id, "ids": list(ids)})).fetchall()
    return [doc for row in rows for doc in docs_of_message(row)]


def docs_of_message(row: DictRow) -> list[Doc]:
    """The text, or the note, and the names of the files."""
    marks = [mark("inbox", row["inbox_id"]), mark("way", row["direction"])]
    if row["direction"] == "out" and row["author_id"]:
        marks.append(mark("author", row["author_id"]))
    if row["files"]:
        marks.append(mark("file", ""))
    found = []
    if row["text"]:
        found.append(Doc("note" if row["type"] == "note" else "message", row["id"], row["text"], tuple(marks)))
    names = " ".join(name for name in row["files"] or [] if name)
    if names:
        found.append(Doc("attachment", row["id"], names, tuple(marks)))
    return found


async def add_docs(tx: Connection, workspace_id: UUID, docs: Sequence[Doc], counts: dict[str, int]) -> dict[str, int]:
    """Number the documents and write what they are found by; returns the new numbers of documents per kind."""
    counts = dict(counts)
    for kind in dict.fromkeys(doc.kind for doc in docs):
        these = [doc for doc in docs if doc.kind == kind]
        first = counts.get(kind, 0)
        counts[kind] = first + len(these)
        values = {"workspace_id": workspace_id, "kind": kind}
        row = await (await tx.execute(Q.newest_chunk, values)).fetchone()
        ahead = row["first_id"] if row else _FIRST
        await tx.execute(Q.put_chunks, values | chunks_of(these, first, ahead))
        if late := [number for number, doc in enumerate(these, first) if is_late(doc.id, ahead)]:
            counts[late_key(kind)] = late[-1]
        for block, terms in (await asyncio.to_thread(terms_by_block, these, first)).items():
            await _put_terms(tx, values | {"block": block}, terms)
    return counts


def late_key(kind: str) -> str:
    """Beside the numbers of documents: the newest number of one that came late."""
    return f"{kind}.late"


def is_late(doc_id: UUID, ahead: UUID) -> bool:
    return doc_id.int + (int(LATE.total_seconds() * 1000) << _BELOW_THE_TIME) < ahead.int


def chunks_of(docs: Sequence[Doc], first: int, ahead: UUID = _FIRST) -> dict[str, list[Any]]:
    """`ahead` is the newest id that a chunk begins with: what comes late does not lead back in time."""
    parts: dict[int, list[UUID]] = defaultdict(list)
    for number, doc in enumerate(docs, first):
        parts[number // CHUNK].append(doc.id)
    return {
        "chunks": list(parts),
        "ids": [b"".join(i.bytes for i in ids) for ids in parts.values()],
        "firsts": list(accumulate((ids[0] for ids in parts.values()), max, initial=ahead))[1:],
    }


def terms_by_block(docs: Sequence[Doc], first: int) -> dict[int, dict[str, set[int]]]:
    """Block → term → places within the block, for documents numbered from `first` on."""
    blocks: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for number, doc in enumerate(docs, first):
        block, place = divmod(number, BLOCK)
        terms = blocks[block]
        for term in terms_of(normal(doc.text)):
            terms[term].add(place)
        for term in doc.marks:
            terms[term].add(place)
    return blocks


async def _put_terms(tx: Connection, values: dict[str, Any], terms: dict[str, set[int]]) -> None:
    cursor = await tx.execute(Q.known_terms, values | {"terms": list(terms)}, binary=True)
    known = {row["term"]: row["docs"] for row in await cursor.fetchall()}
    ordered = sorted(terms)
    docs = [merged(known.get(term, b""), terms[term]) for term in ordered]
    await tx.execute(Q.put_terms, values | {"terms": ordered, "docs": docs})
