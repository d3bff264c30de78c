"""Why conversations are closed: the reasons a workspace offers, in its order, and whether one must be given."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from psycopg.types.json import Jsonb

from madoguchi.audit import service as audit
from madoguchi.conversations.load import Q
from madoguchi.core.errors import FieldError, Forbidden, Invalid
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection

LONGEST = 200

Reason = Annotated[str, Meta(max_length=LONGEST, pattern=r"\S", examples=["Solved"])]


class CloseReasons(Struct, frozen=True, forbid_unknown_fields=True):
    """`items` in the order in which they are offered; others may be given in own words. `required`: nothing is closed
    without one."""

    items: Annotated[list[Reason], Meta(max_length=50)]
    required: bool = False


async def get_close_reasons(tx: Connection, workspace_id: UUID) -> CloseReasons:
    row = await (await tx.execute(Q.close_reasons, {"workspace_id": workspace_id})).fetchone()
    kept = row["kept"] if row else None
    return msgspec.convert(kept, CloseReasons) if kept else CloseReasons([])


async def do_set_close_reasons(tx: Connection, principal: Principal, given: CloseReasons) -> CloseReasons:
    """What conversations were closed with stays as it was said. Raises Forbidden, Invalid (the same reason twice)."""
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may change why conversations are closed.")
    items = [each.strip() for each in given.items]
    if len(set(items)) < len(items):
        message = "The same reason stands there twice."
        raise Invalid(message, errors=[FieldError("items", message)])
    kept = CloseReasons(items, given.required)
    values = {"workspace_id": principal.workspace_id, "kept": Jsonb(msgspec.to_builtins(kept))}
    await tx.execute(Q.set_close_reasons, values)
    await audit.record(
        tx,
        principal.workspace_id,
        "close_reasons.changed",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="workspace",
        target_id=principal.workspace_id,
        data=msgspec.to_builtins(kept),
    )
    return kept


async def check_reason(tx: Connection, workspace_id: UUID, status: str | None, reason: str) -> None:
    """Raises Invalid: it is to be closed without a reason, and this workspace wants one."""
    if status == "closed" and not reason.strip() and (await get_close_reasons(tx, workspace_id)).required:
        message = "Say why the conversation is closed."
        raise Invalid(message, errors=[FieldError("reason", message)])
