"""The cost ledger as the API shows it."""

from typing import Literal

from msgspec import Struct

from madoguchi.core.times import Timestamp

Group = Literal["category", "type", "market", "inbox", "day", "month"]


class CostLine(Struct, frozen=True):
    """`priced`: sends the provider named a price for; `delivered`: those that arrived, which is when most are charged;
    `billable`: of these, the ones the provider called billable. `key` is what the list is grouped by."""

    key: str
    category: str
    type: str
    priced: int
    delivered: int
    billable: int


class Costs(Struct, frozen=True, rename={"since": "from", "until": "to"}):
    since: Timestamp
    until: Timestamp
    group: Group
    items: list[CostLine]
