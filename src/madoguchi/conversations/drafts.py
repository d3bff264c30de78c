"""What an agent typed and did not send, per conversation; nobody else sees it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from psycopg.rows import DictRow

from madoguchi.conversations.assignment import check_is_agent
from madoguchi.conversations.load import Q
from madoguchi.conversations.models import DraftOut
from madoguchi.core import clock
from madoguchi.core.errors import DraftChanged, NotFound
from madoguchi.core.principal import Principal
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection


async def get_drafts(tx: Connection, principal: Principal, *, after: UUID | None, limit: int) -> list[DraftOut]:
    """The caller's own, by conversation."""
    values = _values(principal, after=after or UUID(int=0), limit=limit)
    return [_out(row) for row in await (await tx.execute(Q.drafts, values)).fetchall()]


async def get_draft(tx: Connection, principal: Principal, conversation_id: UUID) -> DraftOut:
    """Raises NotFound when there is none."""
    row = await (await tx.execute(Q.draft, _values(principal, conversation_id=conversation_id))).fetchone()
    if row is None:
        raise NotFound("There is no draft.")
    return _out(row)


async def do_keep(
    tx: Connection, principal: Principal, conversation_id: UUID, text: str, seen: datetime | UnsetType | None = UNSET
) -> DraftOut:
    """With `seen`, the draft of that moment (None: no draft) is replaced and no other.

    Raises NotFound (no such conversation), Forbidden (only agents have drafts), DraftChanged.
    """
    values = _values(principal, conversation_id=conversation_id, text=text, now=clock.now())
    guard = {"guarded": seen is not UNSET, "seen": None if seen is UNSET else seen}
    row = await (await tx.execute(Q.keep_draft, values | guard)).fetchone()
    if row is not None:
        return _out(row)
    other = await (await tx.execute(Q.draft, values)).fetchone()
    if other is None:
        raise NotFound("There is no such conversation.")
    raise _changed(other)


async def do_drop(tx: Connection, principal: Principal, conversation_id: UUID, seen: datetime | None = None) -> None:
    """Nothing to drop is no fault: two screens may both have sent. With `seen`, only the draft of that moment goes.

    Raises DraftChanged.
    """
    values = _values(principal, conversation_id=conversation_id, seen=seen)
    if (await tx.execute(Q.drop_draft, values)).rowcount or seen is None:
        return
    other = await (await tx.execute(Q.draft, values)).fetchone()
    if other is not None:
        raise _changed(other)


def _changed(row: DictRow) -> DraftChanged:
    return DraftChanged(draft=msgspec.to_builtins(_out(row)))


def _values(principal: Principal, **more: Any) -> dict[str, Any]:
    return {"workspace_id": principal.workspace_id, "agent_id": check_is_agent(principal), **more}


def _out(row: DictRow) -> DraftOut:
    return DraftOut(row["conversation_id"], row["text"], rfc3339(row["updated_at"]))
