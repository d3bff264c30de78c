"""An import taken back: whom it added goes, what it changed gets its old value, as far as nobody has used or changed it since."""

from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import DictRow

from madoguchi.core import clock
from madoguchi.db.pool import Connection, Database
from madoguchi.events.service import Change, record
from madoguchi.exchange import consents
from madoguchi.exchange.service import Q, set_state
from madoguchi.search.again import forget

_ROWS = 500
_ATTRIBUTE = "attributes."


async def do_undo_batch(db: Database, row: DictRow) -> bool:
    """Some hundred rows in one transaction; False when nothing is left to do."""
    keys = {"workspace_id": row["workspace_id"], "id": row["id"]}
    async with db.workspace(row["workspace_id"]) as tx:
        now = await (await tx.execute(Q.lock, keys)).fetchone()
        if now is None or now["state"] != "undoing":
            return False
        found = await tx.execute(Q.rows_to_undo, keys | {"from": now["undo_from"], "limit": _ROWS})
        rows = await found.fetchall()
        if not rows:
            await set_state(tx, row["workspace_id"], row["id"], "undone")
            return False
        # What rows wrote over a contact before the row that added it: it may go with this very batch.
        taken = await _put_back(tx, keys, rows) + await _take_away(tx, keys, rows)
        counts = {"taken_back": taken, "not_taken_back": len(rows) - taken, "from": rows[-1]["number"] - 1}
        await tx.execute(Q.advance_undo, keys | counts | {"now": clock.now()})
        await record(tx, row["workspace_id"], [Change("contact.updated", each["contact_id"]) for each in rows])
    return True


async def _take_away(tx: Connection, keys: dict[str, Any], rows: list[DictRow]) -> int:
    ids = [row["contact_id"] for row in rows if row["outcome"] == "created"]
    deleted = await tx.execute(Q.delete_untouched, {"workspace_id": keys["workspace_id"], "ids": ids})
    gone = [row["id"] for row in await deleted.fetchall()]
    if gone:
        await forget(tx, keys["workspace_id"], gone)
    return len(gone)


async def _put_back(tx: Connection, keys: dict[str, Any], rows: list[DictRow]) -> int:
    """How many contacts are in everything as they were before their row."""
    changed = [row for row in rows if row["outcome"] == "updated"]
    scope = {"workspace_id": keys["workspace_id"], "now": clock.now()}
    contact_ids = list({row["contact_id"] for row in changed})
    found = await (await tx.execute(Q.lock_people, scope | {"ids": contact_ids})).fetchall()
    contacts: dict[UUID, dict[str, Any]] = {each["id"]: dict(each) for each in found}
    whole = [row for row in changed if row["contact_id"] not in contacts or _restore(contacts[row["contact_id"]], row)]
    added = [UUID(each) for row in changed for each in row["after"].get("identities", [])]
    await tx.execute(Q.delete_identities, scope | {"ids": added})
    said = [UUID(each) for row in changed for each in row["after"].get("consents", [])]
    await tx.execute(consents.Q.take_back, {"workspace_id": keys["workspace_id"], "ids": said})
    left = {str(row["id"]) for row in await (await tx.execute(Q.identities_left, scope | {"ids": added})).fetchall()}
    await tx.execute(Q.change_people, scope | {"rows": msgspec.json.encode(list(contacts.values())).decode()})
    return sum(left.isdisjoint(row["after"].get("identities", [])) for row in whole)


def _restore(contact: dict[str, Any], row: DictRow) -> bool:
    """Whether everything the row changed had stayed as it made it."""
    whole = True
    for key, made in row["after"].items():
        if key in {"identities", "consents"}:
            continue
        old = row["before"].get(key)
        if _value(contact, key) == made:
            _set(contact, key, old)
        else:
            whole = False
    return whole


def _value(contact: dict[str, Any], key: str) -> Any:
    if key.startswith(_ATTRIBUTE):
        return contact["attributes"].get(key.removeprefix(_ATTRIBUTE))
    return str(contact[key]) if isinstance(contact[key], UUID) else contact[key]


def _set(contact: dict[str, Any], key: str, value: Any) -> None:
    if not key.startswith(_ATTRIBUTE):
        contact[key] = value
        return
    name = key.removeprefix(_ATTRIBUTE)
    attributes = {each: kept for each, kept in contact["attributes"].items() if each != name}
    contact["attributes"] = attributes if value is None else {**attributes, name: value}
