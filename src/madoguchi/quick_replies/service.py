"""Quick replies: an agent's own, and those that everybody shares, which supervisors look after."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET
from psycopg import errors
from psycopg.rows import DictRow

from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.media.service import get_unsent, media_out
from madoguchi.quick_replies.models import NewQuickReply, QuickReplyOut, QuickReplyPatch

Q = load_queries(__file__)

_FIRST = ("", UUID(int=0))


async def get_quick_replies(
    tx: Connection, principal: Principal, *, after: tuple[str, UUID] | None, limit: int
) -> list[QuickReplyOut]:
    """The shared ones and the caller's own, by shortcut."""
    shortcut, last_id = after or _FIRST
    values = _values(principal, after=shortcut, after_id=last_id, limit=limit)
    return [_out(row) for row in await (await tx.execute(Q.page, values)).fetchall()]


async def do_add(tx: Connection, principal: Principal, new: NewQuickReply) -> QuickReplyOut:
    """Raises Forbidden (shared ones are a supervisor's to make), Invalid (the shortcut is taken, no such upload)."""
    owner_id = _owner(principal, new.scope)
    await get_unsent(tx, principal.workspace_id, new.media_ids)
    return await _write(tx, Q.add, _values(principal, id=new_id(), owner_id=owner_id, **_content(new), now=clock.now()))


async def do_change(tx: Connection, principal: Principal, reply_id: UUID, patch: QuickReplyPatch) -> QuickReplyOut:
    """Raises NotFound, Forbidden, Invalid (the shortcut is taken, no such upload)."""
    before = await _changeable(tx, principal, reply_id)
    owner_id = before["agent_id"] if patch.scope is UNSET else _owner(principal, patch.scope)
    given = {name: value for name, value in _content(patch).items() if value is not UNSET}
    content = {name: before[name] for name in ("shortcut", "text", "folder", "media_ids")} | given
    await get_unsent(tx, principal.workspace_id, [i for i in content["media_ids"] if i not in before["media_ids"]])
    return await _write(tx, Q.change, _values(principal, id=reply_id, owner_id=owner_id, **content, now=clock.now()))


async def do_remove(tx: Connection, principal: Principal, reply_id: UUID) -> None:
    """Raises NotFound, Forbidden."""
    await _changeable(tx, principal, reply_id)
    await tx.execute(Q.remove, _values(principal, id=reply_id))


async def do_count_use(tx: Connection, principal: Principal, reply_id: UUID) -> None:
    """Raises NotFound."""
    if not (await tx.execute(Q.count_use, _values(principal, id=reply_id))).rowcount:
        raise _missing()


async def _changeable(tx: Connection, principal: Principal, reply_id: UUID) -> DictRow:
    row = await (await tx.execute(Q.one, _values(principal, id=reply_id))).fetchone()
    if row is None:
        raise _missing()
    if row["agent_id"] is None:
        _check_may_share(principal)
    return row


def _owner(principal: Principal, scope: str) -> UUID | None:
    if scope == "shared":
        _check_may_share(principal)
        return None
    if principal.agent_id is None:
        raise Forbidden("Only an agent can have personal quick replies.")
    return principal.agent_id


def _check_may_share(principal: Principal) -> None:
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may change the shared quick replies.")


async def _write(tx: Connection, query: Any, values: dict[str, Any]) -> QuickReplyOut:
    try:
        async with tx.transaction():
            written = await (await tx.execute(query, values)).fetchone()
    except errors.UniqueViolation:
        message = f"There is another quick reply with the shortcut {values['shortcut']}."
        raise Invalid(message, errors=[FieldError("shortcut", message)]) from None
    row = written and await (await tx.execute(Q.one, values | {"agent_id": values["owner_id"]})).fetchone()
    if not row:
        raise _missing()
    return _out(row)


def _content(given: NewQuickReply | QuickReplyPatch) -> dict[str, Any]:
    return {"shortcut": given.shortcut, "text": given.text, "folder": given.folder, "media_ids": given.media_ids}


def _values(principal: Principal, **more: Any) -> dict[str, Any]:
    return {"workspace_id": principal.workspace_id, "agent_id": principal.agent_id, **more}


def _missing() -> NotFound:
    return NotFound("There is no such quick reply.")


def _out(row: DictRow) -> QuickReplyOut:
    return QuickReplyOut(
        id=row["id"],
        scope="personal" if row["agent_id"] else "shared",
        shortcut=row["shortcut"],
        text=row["text"],
        folder=row["folder"],
        usage=row["usage"],
        files=[media_out(file | {"created_at": datetime.fromisoformat(file["created_at"])}) for file in row["files"]],
        created_at=rfc3339(row["created_at"]),
        updated_at=rfc3339(row["updated_at"]),
    )
