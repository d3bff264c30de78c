"""What was set aside: shown to supervisors, and processed again on their word."""

from uuid import UUID

from psycopg.rows import DictRow

from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, NotFound
from madoguchi.core.principal import Principal
from madoguchi.core.times import stamped
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.inboxes.models import SetAsideOut
from madoguchi.inboxes.service import check_supervisor

Q = load_queries(__file__)


async def get_set_aside(
    tx: Connection, principal: Principal, *, inbox_id: UUID | None, resolved: bool, before: UUID, limit: int
) -> list[SetAsideOut]:
    check_supervisor(principal)
    values = {"workspace_id": principal.workspace_id, "inbox_id": inbox_id, "resolved": resolved}
    rows = await (await tx.execute(Q.set_aside_page, {**values, "before": before, "limit": limit})).fetchall()
    return [_set_aside_out(row) for row in rows]


def _set_aside_out(row: DictRow) -> SetAsideOut:
    values = {name: stamped(row)[name] for name in SetAsideOut.__struct_fields__}
    # It may be anything, cut anywhere: shown as far as it is text.
    body = bytes(row["body"]).decode("utf-8", "replace") if row["body"] is not None else None
    return SetAsideOut(**{**values, "body": body})


async def do_replay(tx: Connection, principal: Principal, set_aside_id: UUID) -> None:
    """Raises NotFound, Conflict (resolved already, or its bytes are no longer kept)."""
    check_supervisor(principal)
    values = {"workspace_id": principal.workspace_id, "id": set_aside_id}
    row = await (await tx.execute(Q.set_aside_by_id, values)).fetchone()
    if row is None:
        raise NotFound("There is nothing of this id set aside.")
    if row["resolved_at"] is not None or not row["kept"]:
        raise Conflict("This cannot be processed again: it was already, or its content is no longer kept.")
    again = {"workspace_id": principal.workspace_id, "ingest_id": row["ingest_id"], "now": clock.now()}
    await tx.execute(Q.resolve, again)
    await tx.execute(Q.queue_again, again)
    await tx.execute(Q.wake_inbound)
    await audit.record(
        tx,
        principal.workspace_id,
        "set_aside.replayed",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="set_aside",
        target_id=set_aside_id,
    )
