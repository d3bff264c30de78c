"""What became of our messages: statuses only move forward, by rank, whatever order the provider reports them in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from madoguchi.channels.events import NO_TIME, ReceiptReceived
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
    """What one batch says about one message."""

    rank: int = 0
    error: str | None = None
    provider_id: str | None = None
    sent: datetime | None = None
    delivered: datetime | None = None
    read: datetime | None = None
    failed: datetime | None = None

    def take(self, receipt: ReceiptReceived) -> None:
        self.rank = max(self.rank, _RANKS[receipt.status])
        self.provider_id = self.provider_id or receipt.provider_id
        field = "read" if receipt.status == "played" else receipt.status
        earlier = getattr(self, field)
        setattr(self, field, min(earlier, receipt.at) if earlier else receipt.at)
        if receipt.error is not None:
            self.error = msgspec.json.encode(receipt.error).decode()


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
    references = [parse_reference(a.receipt.reference) for a in arrived]
    cursor = await tx.execute(
        Q.resolve,
        {
            "workspaces": [a.workspace_id for a in arrived],
            "inboxes": [a.inbox_id for a in arrived],
            "provider_ids": [a.receipt.provider_id for a in arrived],
            "refs": [reference for reference, _ in references],
            "retries": [retries for _, retries in references],
        },
    )
    return {row["position"] - 1: row["message_id"] for row in await cursor.fetchall()}


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
    cursor = await tx.execute(
        Q.add_statuses,
        {
            "workspaces": [a.workspace_id for _, a in known],
            "messages": [message_id for message_id, _ in known],
            "statuses": [a.receipt.status for _, a in known],
            "times": [a.receipt.at for _, a in known],
            "data": [msgspec.json.encode(a.receipt.data).decode() for _, a in known],
            "now": clock.now(),
        },
    )
    return {(row["workspace_id"], row["message_id"]) for row in await cursor.fetchall()}


async def _advance(tx: Connection, news: Sequence[tuple[UUID, Arrived]]) -> None:
    progress: dict[tuple[UUID, UUID], _Progress] = {}
    for message_id, arrived in news:
        progress.setdefault((arrived.workspace_id, message_id), _Progress()).take(arrived.receipt)
    await tx.execute(
        Q.advance,
        {
            "workspaces": [place[0] for place in progress],
            "messages": [place[1] for place in progress],
            "ranks": [p.rank for p in progress.values()],
            "errors": [p.error for p in progress.values()],
            "provider_ids": [p.provider_id for p in progress.values()],
            "sent": [p.sent for p in progress.values()],
            "delivered": [p.delivered for p in progress.values()],
            "read": [p.read for p in progress.values()],
            "failed": [p.failed for p in progress.values()],
        },
    )


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
