"""The audit log over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Controller, get
from msgspec import Struct

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.audit.service import Q
from madoguchi.core.errors import Forbidden
from madoguchi.core.times import Timestamp, stamped

_LAST = UUID(int=(1 << 128) - 1)


class AuditEntry(Struct, frozen=True, kw_only=True):
    """Who (`actor_name`, null for the product itself) did what (`action`: `<target>.<verb>`) to what."""

    id: UUID
    actor_kind: str
    actor_id: UUID | None
    actor_name: str | None
    action: str
    target_kind: str
    target_id: UUID | None
    data: dict[str, Any]
    created_at: Timestamp


class AuditController(Controller):
    path = "/api/v1/audit"
    tags = ("workspace",)

    @get("", summary="Who did what, the newest first")
    async def list_audit(
        self,
        tx: Tx,
        principal: Who,
        target_id: UUID | None = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Page[AuditEntry]:
        """For owners and supervisors. `target_id`: of one thing only."""
        if not principal.may_supervise:
            raise Forbidden("Only a supervisor may read the audit log.")
        (before,) = decode_cursor(cursor, tuple[UUID]) or (_LAST,)
        values = {"workspace_id": principal.workspace_id, "before": before, "target_id": target_id, "limit": limit + 1}
        rows = await (await tx.execute(Q.page, values)).fetchall()
        items, last = cut([AuditEntry(**stamped(row)) for row in rows], limit)
        return Page(items, encode_cursor(last.id) if last else None)
