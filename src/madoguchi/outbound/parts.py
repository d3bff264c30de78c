"""Messages in several parts, and receipts that bring nothing of ours back (short messages by a link to the operator)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from madoguchi.channels.events import ReceiptReceived
from madoguchi.core import clock
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.outbound.reference import reference_of

Q = load_queries(__file__, "parts.sql")

# Answers that are on their way are written down within seconds; what nobody knows after that lost its answer.
GUESS_AFTER = timedelta(seconds=10)
_GUESS_WITHIN = timedelta(days=3)


class Arrived(NamedTuple):
    """A receipt and the inbox it came for."""

    workspace_id: UUID
    inbox_id: UUID
    receipt: ReceiptReceived


class Sent(NamedTuple):
    """A message and the provider's ids of its parts, in order."""

    workspace_id: UUID
    message_id: UUID
    inbox_id: UUID
    parts: Sequence[str]


async def add_parts(tx: Connection, sent: Sequence[Sent]) -> None:
    rows = [(each, number, part) for each in sent for number, part in enumerate(each.parts, 1)]
    if rows:
        values = {
            "workspaces": [each.workspace_id for each, _, _ in rows],
            "messages": [each.message_id for each, _, _ in rows],
            "numbers": [number for _, number, _ in rows],
            "inboxes": [each.inbox_id for each, _, _ in rows],
            "provider_ids": [part for _, _, part in rows],
        }
        await tx.execute(Q.add_parts, values)


async def whole_messages(tx: Connection, arrived: Sequence[Arrived]) -> list[Arrived]:
    """The receipts of parts as receipts of their messages: once all are delivered, or one has failed."""
    asked = [each for each in arrived if each.receipt.by_recipient]
    if not asked:
        return list(arrived)
    noted = await _note(tx, asked)
    if not noted:
        return list(arrived)
    states = await _states(tx, noted.values())
    whole = [_whole(each, noted, states) for each in arrived]
    return [each for each in whole if each is not None]


Place = tuple[UUID, UUID]  # workspace, message


async def _note(tx: Connection, asked: Sequence[Arrived]) -> dict[tuple[UUID, str], Place]:
    """Inbox and the provider's id → the message, for those that are parts."""
    values = {
        "workspaces": [each.workspace_id for each in asked],
        "inboxes": [each.inbox_id for each in asked],
        "provider_ids": [each.receipt.provider_id for each in asked],
        "statuses": [each.receipt.status for each in asked],
    }
    cursor = await tx.execute(Q.note_parts, values)
    rows = await cursor.fetchall()
    return {(row["inbox_id"], row["provider_id"]): (row["workspace_id"], row["message_id"]) for row in rows}


async def _states(tx: Connection, places: Any) -> dict[Place, dict[str, Any]]:
    chosen = list(dict.fromkeys(places))
    values = {"workspaces": [place[0] for place in chosen], "messages": [place[1] for place in chosen]}
    cursor = await tx.execute(Q.parts_of, values)
    return {(row["workspace_id"], row["message_id"]): row for row in await cursor.fetchall()}


def _whole(each: Arrived, noted: dict[tuple[UUID, str], Place], states: dict[Place, dict[str, Any]]) -> Arrived | None:
    place = noted.get((each.inbox_id, each.receipt.provider_id))
    if place is None:
        return each
    state, status = states[place], each.receipt.status
    if (status == "delivered" and not state["delivered"]) or (status == "failed" and not state["failed"]):
        return None
    if state["provider_id"] is None:  # an answer was lost: the message has only our name
        ours = reference_of(place[1], state["retries"])
        return each._replace(receipt=msgspec.structs.replace(each.receipt, reference=ours))
    return each._replace(receipt=msgspec.structs.replace(each.receipt, provider_id=state["provider_id"]))


async def match_parts(tx: Connection, slots: Sequence[int], since: datetime) -> list[Arrived]:
    """Receipts whose part has become known since they came."""
    cursor = await tx.execute(Q.matched_part_orphans, {"slots": list(slots), "since": since})
    return [
        Arrived(row["workspace_id"], row["inbox_id"], msgspec.convert(row["payload"], ReceiptReceived))
        for row in await cursor.fetchall()
    ]


async def adopt_receipts(tx: Connection, slots: Sequence[int], since: datetime) -> None:
    """A message whose answer was lost gets the id of a receipt to its number that fits nobody else's; the receipt then
    finds it as any other does. Several are paired in the order in which they were sent and reported."""
    now = clock.now()
    asked = {"slots": list(slots), "oldest": now - _GUESS_WITHIN, "since": since, "until": now - GUESS_AFTER}
    cursor = await tx.execute(Q.candidates, asked)
    pairs: dict[UUID, tuple[UUID, str]] = {}
    taken: set[tuple[UUID, str]] = set()
    for row in await cursor.fetchall():
        key = (row["inbox_id"], row["provider_id"])
        if row["message_id"] not in pairs and key not in taken:
            pairs[row["message_id"]] = (row["workspace_id"], row["provider_id"])
            taken.add(key)
    if pairs:
        values = {
            "workspaces": [workspace for workspace, _ in pairs.values()],
            "ids": list(pairs),
            "provider_ids": [provider_id for _, provider_id in pairs.values()],
        }
        await tx.execute(Q.adopt, values)
