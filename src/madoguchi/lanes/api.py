"""The lanes over HTTP."""

from datetime import UTC, datetime

from litestar import get

from madoguchi.api.deps import Ctx, Who
from madoguchi.core.errors import Forbidden
from madoguchi.core.times import rfc3339
from madoguchi.lanes.models import ALARM_OF, Lane, LaneOut, LanesOut
from madoguchi.lanes.service import most_of, read_lanes


@get("/api/v1/lanes", tags=["workspace"], summary="How far each lane of work is behind")
async def list_lanes(context: Ctx, principal: Who) -> LanesOut:
    """For owners and supervisors. Lanes are the installation's: its workspaces share them, so that what another one sends
    counts here too. Refused with 403 `forbidden` for agents; 503 while the database cannot be reached."""
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may see how the installation works.")
    async with context.db.system() as tx:
        lanes = await read_lanes(tx)
    return LanesOut(read_at=rfc3339(datetime.now(UTC)), lanes=[_out(lane) for lane in lanes])


def _out(lane: Lane) -> LaneOut:
    return LaneOut(
        name=lane.name,  # type: ignore[arg-type]
        state=lane.state,
        waiting=lane.waiting,
        most=most_of(lane.name),
        oldest_at=rfc3339(lane.oldest),
        lag_seconds=round(lane.lag_seconds, 1),
        alarm_seconds=ALARM_OF[lane.name],
    )
