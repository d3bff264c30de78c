"""What became of one message, step by step: the provider's times and ours, its price, the tries before."""

from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.rows import DictRow

from madoguchi.conversations.models import Direction, Failure, MessageStatus, failure_of
from madoguchi.core.errors import NotFound
from madoguchi.core.ids import moment_of
from madoguchi.core.times import Timestamp, rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__, "info.sql")


class Step(Struct, frozen=True):
    """`status`: received for a customer's message; written, sent, delivered, read, played or failed for ours.
    `provider_at` is null where only we know of it."""

    status: str
    provider_at: Timestamp | None
    received_at: Timestamp


class Price(Struct, frozen=True):
    """The provider's pricing; `market` is the recipient's country. Charged when delivered, if `billable`."""

    category: str
    type: str
    model: str
    market: str
    billable: bool
    delivered: bool


class EarlierSend(Struct, frozen=True):
    """How the message stood when an agent sent it again."""

    number: int
    provider_id: str | None
    status: MessageStatus
    error: Failure | None
    attempts: int
    ended_at: Timestamp


class MessageInfo(Struct, frozen=True):
    """`attempts`: how often it was given to the provider since it was queued last."""

    id: UUID
    direction: Direction
    status: MessageStatus
    provider_id: str | None
    attempts: int
    steps: list[Step]
    error: Failure | None
    pricing: Price | None
    earlier: list[EarlierSend]


async def get_info(tx: Connection, workspace_id: UUID, message_id: UUID) -> MessageInfo:
    """Raises NotFound."""
    wanted = {"workspace_id": workspace_id, "id": message_id}
    row = await (await tx.execute(Q.message, wanted)).fetchone()
    if row is None:
        raise NotFound("There is no such message.")
    statuses = await (await tx.execute(Q.statuses, wanted)).fetchall()
    cost = await (await tx.execute(Q.cost, wanted)).fetchone()
    earlier = await (await tx.execute(Q.earlier, wanted)).fetchall()
    return MessageInfo(
        id=row["id"],
        direction=row["direction"],
        status=row["status"],
        provider_id=row["provider_id"],
        attempts=row["attempts"],
        steps=[_first_step(row), *(_step(status) for status in statuses)],
        error=failure_of(row["error"]),
        pricing=Price(**cost) if cost else None,
        earlier=[_earlier(each) for each in earlier],
    )


def _first_step(row: DictRow) -> Step:
    """A customer's message has the provider's time, and its id tells when it reached us; ours has our time alone."""
    if row["direction"] == "in":
        return Step("received", rfc3339(row["created_at"]), rfc3339(moment_of(row["id"])))
    return Step("written", None, rfc3339(row["created_at"]))


def _step(row: dict[str, Any]) -> Step:
    return Step(row["status"], rfc3339(row["provider_at"]), rfc3339(row["received_at"]))


def _earlier(row: dict[str, Any]) -> EarlierSend:
    return EarlierSend(
        number=row["number"],
        provider_id=row["provider_id"],
        status=row["status"],
        error=failure_of(row["error"]),
        attempts=row["attempts"],
        ended_at=rfc3339(row["ended_at"]),
    )
