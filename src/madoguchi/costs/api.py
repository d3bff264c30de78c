"""The cost ledger over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import Parameter

from madoguchi.api.deps import Tx, Who
from madoguchi.costs.models import Costs, Group
from madoguchi.costs.service import get_costs

_From = Annotated[datetime, Parameter(query="from", description="The first moment that counts, with its zone.")]
_To = Annotated[
    datetime, Parameter(query="to", description="The first moment that counts no more; at most 400 days later.")
]


@get("/api/v1/costs", tags=["costs"], summary="Sums of the cost ledger")
async def read_costs(
    tx: Tx,
    principal: Who,
    since: _From,
    until: _To,
    inbox_id: UUID | None = None,
    group: Group = "category",
) -> Costs:
    """How many messages the provider priced, delivered and called billable, by category and type within each `group`.

    The provider tells categories, not amounts: multiply with its rate card. `market` is the recipient's country.
    """
    return await get_costs(tx, principal.workspace_id, since, until, inbox_id=inbox_id, group=group)
