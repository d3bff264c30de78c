"""What became of our messages: statuses only move forward, by rank, whatever order the provider reports them in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from madoguchi.channels.events import NO_TIME, ProviderError, ReceiptReceived
from madoguchi.core import clock
from madoguchi.costs.service import Told, record_costs
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.outbound.parts import Arrived, adopt_receipts, match_parts, whole_messages
from madoguchi.outbound.reference import parse_reference

Q = load_queries(__file__, "receipts.sql")

# The place in the list of receipts.sql. "played" is a voice message's "read".
_RANKS = {"sent": 5, "failed": 6, "delivered": 7, "read": 8, "played": 8}
# Far more than a send's answer and its writing can take.
_LATEST_ANSWER = timedelta(hours=1)


class _Progress(Struct):
    """What one batch says about one message; a row of `advance`."""

    workspace_id: UUID
    message_id: UUID
    rank: int = 0
    error: ProviderError | None = None
    provider_id: str | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    failed_at: datetime | None = None

    def take(self, receipt: ReceiptReceived) -> None:
        self.rank = max(self.rank, _RANKS[receipt.status])
        self.provider_id = self.provider_id or receipt.provider_id
        field = "read_at" if receipt.status == "played" else f"{receipt.status}_at"
        earlier = getattr(self, field)
        setattr(self, field, min(earlier, receipt.at) if earlier else receipt.at)
        if receipt.error is not None:
            self.error = receipt.error


async def apply_receipts(tx: Connection, arrived: Sequence[Arrived]) -> list[tuple[UUID, Change]]:
    """Bring the messages forward; returns what changed, with its workspace. Receipts of nobody's message wait."""
    arrived = await whole_messages(tx, [_timed(each) for each in arrived])
    if not arrived:
        return []
    found = await _resolve(tx, arrived)
    await _keep_orphans(tx, [a for i, a in enumerate(arrived) if i not in found])
    known = [(found[i], a) for i, a in enumerate(arrived) if i in found]
    fresh = await _add_statuses(tx, known)
    news = [(message_id, a) for message_id, a in known if (a.workspace_id, message_id) in fresh]
    if not news:
        return []
    await _advance(tx, news)
    await record_costs(tx, _told(news))
    closed = [*await _close_windows(tx, news), *await _set_free(tx, news)]
    updated = [(a.workspace_id, Change("message.updated", message_id)) for message_id, a in news]
    return [*updated, *closed]


async def match_orphans(tx: Connection, slots: Sequence[int]) -> list[tuple[UUID, Change]]:
    """Apply the receipts whose message has become known since they came."""
    since = clock.now() - _LATEST_ANSWER
    await adopt_receipts(tx, slots, since)
    cursor = await tx.execute(Q.matched_orphans, {"slots": list(slots), "since": since})
    arrived = [
        Arrived(row["workspace_id"], row["inbox_id"], msgspec.convert(row["payload"], ReceiptReceived))
        for row in await cursor.fetchall()
    ]
    return await apply_receipts(tx, [*arrived, *await match_parts(tx, slots, since)])


def _timed(arrived: Arrived) -> Arrived:
    """Where the provider tells no time, it happened now."""
    if arrived.receipt.at != NO_TIME:
        return arrived
    return arrived._replace(receipt=msgspec.structs.replace(arrived.receipt, at=clock.now()))


async def _resolve(tx: Connection, arrived: Sequence[Arrived]) -> dict[int, UUID]:
    rows = []
    for position, each in enumerate(arrived):
        reference, retries = parse_reference(each.receipt.reference)
        rows.append(
            {
                "position": position,
                "workspace_id": each.workspace_id,
                "inbox_id": each.inbox_id,
                "provider_id": each.receipt.provider_id,
                "reference": reference,
                "retries": retries,
            }
        )
    cursor = await tx.execute(Q.resolve, {"rows": _document(rows)})
    return {row["position"]: row["message_id"] for row in await cursor.fetchall()}


async def _keep_orphans(tx: Connection, orphans: Sequence[Arrived]) -> None:
    if orphans:
        await tx.execute(
            Q.keep_orphans,
            {
                "workspaces": [o.workspace_id for o in orphans],
                "inboxes": [o.inbox_id for o in orphans],
                "provider_ids": [o.receipt.provider_id for o in orphans],
                "statuses": [o.receipt.status for o in orphans],
                "times": [o.receipt.at for o in orphans],
                "payloads": [msgspec.json.encode(o.receipt).decode() for o in orphans],
                "now": clock.now(),
            },
        )


async def _add_statuses(tx: Connection, known: Sequence[tuple[UUID, Arrived]]) -> set[tuple[UUID, UUID]]:
    """The messages that have a status they had not before."""
    if not known:
        return set()
    rows = [
        {
            "workspace_id": a.workspace_id,
            "message_id": message_id,
            "status": a.receipt.status,
            "provider_at": a.receipt.at,
            "data": a.receipt.data,
        }
        for message_id, a in known
    ]
    cursor = await tx.execute(Q.add_statuses, {"rows": _document(rows), "now": clock.now()})
    return {(row["workspace_id"], row["message_id"]) for row in await cursor.fetchall()}


async def _advance(tx: Connection, news: Sequence[tuple[UUID, Arrived]]) -> None:
    progress: dict[tuple[UUID, UUID], _Progress] = {}
    for message_id, arrived in news:
        place = (arrived.workspace_id, message_id)
        known = progress.get(place) or progress.setdefault(place, _Progress(*place))
        known.take(arrived.receipt)
    await tx.execute(Q.advance, {"rows": _document(list(progress.values()))})


def _document(rows: Sequence[Any]) -> str:
    """A batch as one JSON document: a fraction of what as many arrays cost to write."""
    return msgspec.json.encode(rows).decode()


async def _set_free(tx: Connection, news: Sequence[tuple[UUID, Arrived]]) -> list[tuple[UUID, Change]]:
    free = {message_id: a for message_id, a in news if a.receipt.data.get("free_until")}
    if not free:
        return []
    cursor = await tx.execute(
        Q.set_free,
        {
            "workspaces": [a.workspace_id for a in free.values()],
            "messages": list(free),
            "until": [datetime.fromisoformat(a.receipt.data["free_until"]) for a in free.values()],
        },
    )
    return [(row["workspace_id"], Change("conversation.updated", row["id"])) for row in await cursor.fetchall()]


def _told(news: Sequence[tuple[UUID, Arrived]]) -> list[Told]:
    """What these receipts say about prices, one for each send."""
    told: dict[tuple[UUID, str], Told] = {}
    for message_id, arrived in news:
        receipt = arrived.receipt
        pricing, came = receipt.data.get("pricing"), _RANKS[receipt.status] >= _RANKS["delivered"]
        if pricing or came:
            at = clock.now() if receipt.at == NO_TIME else receipt.at
            new = Told(arrived.workspace_id, message_id, receipt.provider_id, arrived.inbox_id, at)
            told.setdefault((message_id, receipt.provider_id), new).take(pricing, arrived=came)
    return list(told.values())


async def _close_windows(tx: Connection, news: Sequence[tuple[UUID, Arrived]]) -> list[tuple[UUID, Change]]:
    """The provider says that the window is closed: then it is, whatever our clock says."""
    closing = [(message_id, a) for message_id, a in news if a.receipt.closes_window]
    if not closing:
        return []
    cursor = await tx.execute(
        Q.close_windows,
        {
            "workspaces": [a.workspace_id for _, a in closing],
            "messages": [message_id for message_id, _ in closing],
            "times": [a.receipt.at for _, a in closing],
        },
    )
    return [(row["workspace_id"], Change("conversation.updated", row["id"])) for row in await cursor.fetchall()]
