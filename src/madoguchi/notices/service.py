"""Notices: said once while they are open, put away by a person or when what they tell of was put right."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from psycopg.rows import DictRow

from madoguchi.core import clock
from madoguchi.core.errors import Forbidden, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record
from madoguchi.notices.models import Level, NoticeInbox, NoticeNews, NoticeOut

Q = load_queries(__file__)


class News(NamedTuple):
    """`key` is what it is about (an inbox's id, a template's …): one open notice for each kind and key."""

    kind: str
    key: str
    level: Level
    inbox_id: UUID | None = None
    data: Mapping[str, Any] = {}


async def do_notify(tx: Connection, workspace_id: UUID, news: Sequence[News]) -> list[Change]:
    """Returns the changes for the caller to record as its transaction's last statement."""
    distinct = list({(each.kind, each.key): each for each in news}.values())
    if not distinct:
        return []
    values = {
        "workspace_id": workspace_id,
        "ids": [new_id() for _ in distinct],
        "kinds": [each.kind for each in distinct],
        "keys": [each.key for each in distinct],
        "levels": [each.level for each in distinct],
        "inboxes": [each.inbox_id for each in distinct],
        "data": [msgspec.json.encode(each.data).decode() for each in distinct],
        "now": clock.now(),
    }
    return _changes("notice.created", await (await tx.execute(Q.add, values)).fetchall())


async def do_settle(tx: Connection, workspace_id: UUID, settled: Sequence[tuple[str, str]]) -> list[Change]:
    """What these notices (kind, key) told of was put right. Returns the changes to record last."""
    if not settled:
        return []
    kinds, keys = zip(*settled, strict=True)
    values = {"workspace_id": workspace_id, "kinds": list(kinds), "keys": list(keys), "now": clock.now()}
    return _changes("notice.updated", await (await tx.execute(Q.settle, values)).fetchall())


async def get_notices(
    tx: Connection, principal: Principal, *, dismissed: bool, before: UUID, limit: int
) -> list[NoticeOut]:
    """The newest first. Raises Forbidden."""
    _check_may_read(principal)
    values = {"workspace_id": principal.workspace_id, "dismissed": dismissed, "before": before, "limit": limit}
    return [_notice_out(row) for row in await (await tx.execute(Q.page, values)).fetchall()]


async def load_notices(tx: Connection, workspace_id: UUID, ids: Iterable[UUID]) -> list[NoticeNews]:
    """Those that are there, in one statement; for the live events."""
    rows = await (await tx.execute(Q.by_ids, {"workspace_id": workspace_id, "ids": list(ids)})).fetchall()
    return [NoticeNews(**row) for row in rows]


async def do_dismiss(tx: Connection, principal: Principal, notice_id: UUID) -> None:
    """Whoever has put it away before is as good. Raises Forbidden, NotFound."""
    _check_may_read(principal)
    if not await load_notices(tx, principal.workspace_id, [notice_id]):
        raise NotFound("There is no such notice.")
    rows = await (await tx.execute(Q.dismiss, {**_by(principal), "id": notice_id})).fetchall()
    await record(tx, principal.workspace_id, _changes("notice.updated", rows))


async def do_dismiss_all(tx: Connection, principal: Principal) -> int:
    """How many were open. Raises Forbidden."""
    _check_may_read(principal)
    rows = await (await tx.execute(Q.dismiss_all, _by(principal))).fetchall()
    await record(tx, principal.workspace_id, _changes("notice.updated", rows))
    return len(rows)


def _check_may_read(principal: Principal) -> None:
    if not principal.may_supervise:
        raise Forbidden("Notices are for owners and supervisors.")


def _by(principal: Principal) -> dict[str, Any]:
    return {"workspace_id": principal.workspace_id, "agent_id": principal.agent_id, "now": clock.now()}


def _changes(kind: str, rows: Iterable[DictRow]) -> list[Change]:
    return [Change(kind, row["id"]) for row in rows]


def _notice_out(row: DictRow) -> NoticeOut:
    inbox = NoticeInbox(row["inbox_id"], row["inbox_name"], row["channel"]) if row["inbox_id"] else None
    return NoticeOut(
        id=row["id"],
        kind=row["kind"],
        level=row["level"],
        inbox=inbox,
        data=row["data"],
        created_at=rfc3339(row["created_at"]),
        dismissed_at=rfc3339(row["dismissed_at"]) if row["dismissed_at"] else None,
    )
