"""The live sequence over HTTP, for programs that would rather ask than listen."""

from typing import Annotated

from litestar import get
from litestar.params import Parameter

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import Limit
from madoguchi.events.hydrate import hydrate
from madoguchi.events.models import EventPage
from madoguchi.events.read import check_since, get_bounds, get_rows

_DEFAULT = 100

Since = Annotated[int, Parameter(ge=0, description="The number of the last event you have.")]
After = Annotated[
    str | None, Parameter(max_length=20, pattern=r"^\d+$", description="`next_cursor` of the page before.")
]


@get("/api/v1/events", tags=["events"], summary="What changed since a number, in order and without gaps")
async def list_events(
    tx: Tx, principal: Who, since: Since = 0, cursor: After = None, limit: Limit = _DEFAULT
) -> EventPage:
    """`next_cursor` is there as long as more has happened already. When events that old are not kept any more: 409
    `conflict` with the newest `seq`; read everything anew and go on from there."""
    after = int(cursor) if cursor else since
    bounds = await get_bounds(tx, principal.workspace_id)
    check_since(bounds, after)
    items = await hydrate(tx, principal.workspace_id, await get_rows(tx, principal.workspace_id, after, limit))
    last = items[-1].seq if items else after
    return EventPage(items, str(last) if last < bounds.last else None, bounds.last)
