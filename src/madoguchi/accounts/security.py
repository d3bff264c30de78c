"""Registration and two-step verification. The PIN is kept sealed, for the day the number has to be registered again."""

from datetime import timedelta
from uuid import UUID

from psycopg.types.json import Jsonb

from madoguchi.accounts.desk import Desk, asking, note
from madoguchi.core import clock
from madoguchi.core.errors import RateLimited
from madoguchi.core.secrets import SecretBox, WrongKey
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)

PIN = "pin"
LOCKED = "pin_locked_until"


async def do_register(desk: Desk, pin: str) -> None:
    """Raises Invalid (naming the PIN when it is wrong), RateLimited with the seconds to wait while it is locked."""
    try:
        with asking(desk):
            await desk.account.register(pin)
    except RateLimited as locked:
        await _lock(desk, locked)
        raise
    await _keep(desk, pin, "account.registered")


async def do_set_pin(desk: Desk, pin: str) -> None:
    with asking(desk):
        await desk.account.set_pin(pin)
    await _keep(desk, pin, "account.pin")


async def _lock(desk: Desk, locked: RateLimited) -> None:
    until = clock.now() + timedelta(seconds=int(locked.extra.get("retry_after") or 0))
    async with desk.context.db.workspace(desk.principal.workspace_id) as tx:
        await _keep_state(tx, desk, {LOCKED: rfc3339(until)})


async def _keep(desk: Desk, pin: str, action: str) -> None:
    async with desk.context.db.workspace(desk.principal.workspace_id) as tx:
        await keep_secret(tx, desk.context.secrets, desk.principal.workspace_id, desk.inbox.id, {PIN: pin})
        await _keep_state(tx, desk, {LOCKED: None})
        await note(tx, desk, action)


async def _keep_state(tx: Connection, desk: Desk, state: dict[str, str | None]) -> None:
    place = {"workspace_id": desk.principal.workspace_id, "inbox_id": desk.inbox.id}
    await tx.execute(Q.keep_state, {**place, "state": Jsonb(state), "now": clock.now()})


async def keep_secret(
    tx: Connection, box: SecretBox, workspace_id: UUID, inbox_id: UUID, values: dict[str, str]
) -> None:
    """Beside those that are kept already."""
    kept = await open_secrets(tx, box, workspace_id, inbox_id)
    place = {"workspace_id": workspace_id, "inbox_id": inbox_id}
    sealed = box.seal({**kept, **values}, inbox_id.bytes)
    await tx.execute(Q.keep_secrets, {**place, "secrets": sealed, "now": clock.now()})


async def open_secrets(tx: Connection, box: SecretBox, workspace_id: UUID, inbox_id: UUID) -> dict[str, str]:
    found = await tx.execute(Q.secrets, {"workspace_id": workspace_id, "inbox_id": inbox_id})
    row = await found.fetchone()
    return opened(box, inbox_id, row["secrets"] if row else None)


def opened(box: SecretBox, inbox_id: UUID, sealed: bytes | None) -> dict[str, str]:
    if sealed is None:
        return {}
    try:
        return box.open(bytes(sealed), inbox_id.bytes)
    except WrongKey:
        return {}
