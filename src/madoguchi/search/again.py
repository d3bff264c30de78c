"""What search looks at again, and what it forgets: small queues beside the events, filled by whoever changes a text.

Archived messages are news to nobody and have no events; edited ones share theirs with every receipt. Whoever writes either
says so here, in the same transaction.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.search.postings import BLOCK, pack, unpack

Q = load_queries(__file__, "again.sql")

_ID_BYTES = 16
_NOBODY = bytes(_ID_BYTES)
_FORGOTTEN_AT_ONCE = 2_000
_CHUNKS_AT_ONCE = 512  # 2 MB of ids


class At(NamedTuple):
    """The chunk that a walk goes on with."""

    kind: str
    chunk: int


class Walk(NamedTuple):
    worked: bool
    at: At | None  # None: it is through


class _Gone(Struct):
    """`blanked`: kind, chunk and its new bytes; `places`: kind and block to places within it; `rest`: the first chunk that was
    left for the next step."""

    blanked: list[tuple[str, int, bytes]]
    places: dict[tuple[str, int], set[int]]
    rest: At | None = None


async def look_again(tx: Connection, messages: Iterable[tuple[UUID, UUID]]) -> None:
    """Pairs of a workspace's id and a message's; each is indexed (again) within seconds."""
    distinct = sorted(set(messages))
    if distinct:
        workspaces, ids = [w for w, _ in distinct], [i for _, i in distinct]
        await tx.execute(Q.look_again, {"workspaces": workspaces, "ids": ids})


async def forget(tx: Connection, workspace_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """To be called while the messages are still there, in the transaction that deletes them."""
    await tx.execute(Q.forget, {"workspace_id": workspace_id, "contact_ids": list(contact_ids)})


async def take(tx: Connection, workspace_id: UUID, limit: int) -> list[UUID]:
    """The next messages to look at."""
    return await _taken(tx, workspace_id, "message", limit)


async def do_forget(tx: Connection, workspace_id: UUID, chunk_size: int, at: At | None) -> Walk:
    """Takes pieces of deleted texts out of the index: one step of a walk through all of it, which changes one block at
    most. The caller holds the workspace's index and keeps where the walk goes on."""
    scope: dict[str, Any] = {"workspace_id": workspace_id}
    if at is None:
        await tx.execute(Q.begin_forgetting, scope | {"limit": _FORGOTTEN_AT_ONCE})
    wanted = {row["id"].bytes for row in await (await tx.execute(Q.forgetting, scope)).fetchall()}
    if not wanted:
        return Walk(False, None)
    here = at or At("", 0)
    values = scope | {"kind": here.kind, "chunk": here.chunk, "limit": _CHUNKS_AT_ONCE}
    rows = await (await tx.execute(Q.chunks, values, binary=True)).fetchall()
    chunks = [(row["kind"], row["chunk"], bytes(row["ids"])) for row in rows]
    gone = await asyncio.to_thread(_find, chunks, wanted, chunk_size)
    for (kind, block), places in gone.places.items():
        await _clear(tx, scope | {"kind": kind, "block": block}, places)
    if gone.blanked:
        kinds, numbers, packed = (list(column) for column in zip(*gone.blanked, strict=True))
        await tx.execute(Q.blank, scope | {"kinds": kinds, "chunks": numbers, "ids": packed})
    next_at = gone.rest or (At(chunks[-1][0], chunks[-1][1] + 1) if len(chunks) == _CHUNKS_AT_ONCE else None)
    if next_at is None:
        await tx.execute(Q.end_forgetting, scope)
    return Walk(True, next_at)


async def _taken(tx: Connection, workspace_id: UUID, what: str, limit: int) -> list[UUID]:
    values = {"workspace_id": workspace_id, "what": what, "limit": limit}
    return [row["id"] for row in await (await tx.execute(Q.take, values)).fetchall()]


def _find(chunks: Iterable[tuple[str, int, bytes]], wanted: set[bytes], chunk_size: int) -> _Gone:
    gone = _Gone([], defaultdict(set))
    for kind, chunk, packed in chunks:
        ids = [packed[at : at + _ID_BYTES] for at in range(0, len(packed), _ID_BYTES)]
        if wanted.isdisjoint(ids):
            continue
        if gone.places and (kind, chunk * chunk_size // BLOCK) not in gone.places:
            gone.rest = At(kind, chunk)
            break
        for place, each in enumerate(ids):
            if each in wanted:
                block, within = divmod(chunk * chunk_size + place, BLOCK)
                gone.places[kind, block].add(within)
        gone.blanked.append((kind, chunk, b"".join(_NOBODY if each in wanted else each for each in ids)))
    return gone


async def _clear(tx: Connection, values: dict[str, Any], places: set[int]) -> None:
    """One block: its terms without these places; a term that nothing is left of goes."""
    rows = await (await tx.execute(Q.block, values, binary=True)).fetchall()
    terms = {row["term"]: bytes(row["docs"]) for row in rows}
    left = await asyncio.to_thread(_without, terms, places)
    await tx.execute(Q.drop_terms, values | {"terms": [term for term, docs in left.items() if not docs]})
    kept = {term: docs for term, docs in left.items() if docs}
    await tx.execute(Q.rewrite_terms, values | {"terms": list(kept), "docs": list(kept.values())})


def _without(terms: dict[str, bytes], places: set[int]) -> dict[str, bytes]:
    """Those that change, packed anew."""
    found = {term: unpack(docs) for term, docs in terms.items()}
    return {term: pack(docs - places) for term, docs in found.items() if not docs.isdisjoint(places)}
