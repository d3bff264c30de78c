"""Where one is signed in, and ending it there: a lost telephone, a computer of somebody else."""

from typing import Annotated

from msgspec import Meta, Struct

from madoguchi.agents.sessions import LIFETIME, Q
from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import Forbidden, NotFound
from madoguchi.core.principal import Principal
from madoguchi.core.times import Timestamp, rfc3339
from madoguchi.db.pool import Connection

SessionId = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class SessionOut(Struct, frozen=True):
    """`id` is a digest: nobody gets in with it. `used_at` is right to a day. `current`: the one that asks."""

    id: SessionId
    current: bool
    created_at: Timestamp
    used_at: Timestamp


async def get_own(tx: Connection, principal: Principal, current: bytes | None) -> list[SessionOut]:
    """The latest used first, at most 100."""
    values = {"workspace_id": principal.workspace_id, "agent_id": principal.agent_id, "now": clock.now()}
    rows = await (await tx.execute(Q.own_sessions, values)).fetchall()
    return [
        SessionOut(
            row["digest"].hex(),
            row["digest"] == current,
            rfc3339(row["created_at"]),
            # Each day that it is used moves its end.
            rfc3339(max(row["created_at"], row["expires_at"] - LIFETIME)),
        )
        for row in rows
    ]


async def do_end(tx: Connection, principal: Principal, session_id: str) -> None:
    """Raises NotFound, also for somebody else's."""
    values = {"workspace_id": principal.workspace_id, "agent_id": _agent(principal), "id": session_id}
    if not (await tx.execute(Q.end_session, values)).rowcount:
        raise NotFound("There is no such session.")
    await _audit(tx, principal)


async def do_end_others(tx: Connection, principal: Principal, current: bytes | None) -> None:
    values = {"workspace_id": principal.workspace_id, "agent_id": _agent(principal), "keep": current}
    if (await tx.execute(Q.delete_sessions, values)).rowcount:
        await _audit(tx, principal)


def _agent(principal: Principal) -> object:
    if principal.agent_id is None:
        raise Forbidden("Only an agent has sessions.")
    return principal.agent_id


async def _audit(tx: Connection, principal: Principal) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        "session.ended",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="agent",
        target_id=principal.agent_id,
    )
