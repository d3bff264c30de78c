"""The cost ledger: the provider's pricing of each message, and sums of it. Amounts of money are not among what providers tell."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from madoguchi.core.errors import FieldError, Invalid
from madoguchi.core.times import rfc3339
from madoguchi.costs.models import CostLine, Costs, Group
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)

LONGEST = timedelta(days=400)
_MOST_LINES = 10_000


class Told(Struct):
    """What one batch of receipts tells about the price of one send; without a category only that it arrived."""

    workspace_id: UUID
    message_id: UUID
    provider_id: str
    inbox_id: UUID
    at: datetime
    category: str | None = None
    type: str = ""
    model: str = ""
    market: str = ""
    billable: bool = True
    delivered: bool = False

    def take(self, pricing: dict[str, Any] | None, *, arrived: bool) -> None:
        """The first price told counts."""
        self.delivered = self.delivered or arrived
        if pricing and self.category is None:
            self.category = str(pricing.get("category") or "")
            self.type, self.model = str(pricing.get("type") or ""), str(pricing.get("model") or "")
            self.market = str(pricing.get("market") or "")
            self.billable = pricing.get("billable") is not False


async def record_costs(tx: Connection, told: Sequence[Told]) -> None:
    """In the transaction that writes the statuses, after them."""
    if told:
        await tx.execute(Q.record, {"rows": msgspec.json.encode(told).decode()})


async def get_costs(
    tx: Connection, workspace_id: UUID, since: datetime, until: datetime, *, inbox_id: UUID | None, group: Group
) -> Costs:
    """Raises Invalid when the times lack a zone, are the wrong way round or too far apart."""
    _check(since, until)
    parameters = {
        "workspace_id": workspace_id,
        "since": since,
        "until": until,
        "inbox_id": inbox_id,
        "group": group,
        "most": _MOST_LINES,
    }
    rows = await (await tx.execute(Q.sums, parameters)).fetchall()
    return Costs(rfc3339(since), rfc3339(until), group, [CostLine(**row) for row in rows])


def _check(since: datetime, until: datetime) -> None:
    for name, value in (("from", since), ("to", until)):
        if value.tzinfo is None:
            message = "The time needs a zone, for example 2026-11-01T00:00:00Z."
            raise Invalid(message, errors=[FieldError(name, message)])
    if not timedelta(0) < until - since <= LONGEST:
        message = f"This must be after `from`, by at most {LONGEST.days} days."
        raise Invalid(message, errors=[FieldError("to", message)])
