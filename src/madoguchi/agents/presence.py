"""Who is there: what agents say of themselves, and whether a console of theirs is connected.

Times here are the machine's: the business clock of a demo jumps, people do not.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from uuid import UUID

from madoguchi.audit import service as audit
from madoguchi.core.errors import Forbidden, NotFound
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record

Q = load_queries(__file__, "presence.sql")

# A console says so every 20 seconds; a laptop that sleeps, or a lift, is no absence yet.
SAY_EVERY = 20.0
GONE_AFTER = timedelta(seconds=90)


async def do_seen(db: Database, principal: Principal) -> None:
    """A console of the agent is connected."""
    values = {"workspace_id": principal.workspace_id, "agent_id": principal.agent_id, "now": _now()}
    async with db.workspace(principal.workspace_id) as tx:
        row = await (await tx.execute(Q.seen, values)).fetchone()
        if principal.agent_id is not None and (row is None or row["returned"] is not False):
            await record(tx, principal.workspace_id, [Change("agent.updated", principal.agent_id)])


async def do_say(tx: Connection, principal: Principal, agent_id: UUID, said: str) -> None:
    """`said`: available, away or offline. One's own; a supervisor anybody's. Raises Forbidden, NotFound."""
    if agent_id != principal.agent_id and not principal.may_supervise:
        raise Forbidden("Only a supervisor may say this of somebody else.")
    values = {"workspace_id": principal.workspace_id, "agent_id": agent_id, "said": said, "now": _now()}
    if await (await tx.execute(Q.say, values)).fetchone() is None:
        raise NotFound("There is no such active agent.")
    if agent_id != principal.agent_id:
        await audit.record(
            tx,
            principal.workspace_id,
            "agent.availability",
            actor_kind=principal.kind,
            actor_id=principal.agent_id,
            target_kind="agent",
            target_id=agent_id,
            data={"availability": said},
        )
    await record(tx, principal.workspace_id, [Change("agent.updated", agent_id)])


async def do_notice_gone(db: Database) -> int:
    """Agents whose consoles have been silent are offline; how many are newly so."""
    gone: dict[UUID, list[Change]] = defaultdict(list)
    async with db.system() as tx:
        rows = await (await tx.execute(Q.gone, {"before": _now() - GONE_AFTER})).fetchall()
        for row in rows:
            gone[row["workspace_id"]].append(Change("agent.updated", row["agent_id"]))
        for workspace_id in sorted(gone):
            await record(tx, workspace_id, gone[workspace_id])
    return len(rows)


def _now() -> datetime:
    return datetime.now(UTC)
