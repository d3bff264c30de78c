"""Conversations given out by rule: to the agent whose customer it is, else in turn or to whoever has the fewest.

Runs right after the commit that brought the messages in, never within it: a fault here holds up no message. The rule of one
writer is the same conditional statement as a claim.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record

Q = load_queries(__file__, "giving.sql")

_AT_ONCE = 500


class Gift(Struct, frozen=True):
    """`why`: owner (their customer) or turn."""

    conversation_id: UUID
    inbox_id: UUID
    agent_id: UUID
    why: str


class Agents:
    """Who is there and how much each has; what is given is added."""

    def __init__(self, rows: Sequence[DictRow]) -> None:
        self.names: dict[UUID, str] = {row["id"]: row["name"] for row in rows}
        self._load: dict[UUID, int] = {row["id"]: row["load"] for row in rows}

    def is_there(self, agent_id: UUID | None) -> bool:
        return agent_id in self.names

    def take(self, agent_id: UUID) -> UUID:
        self._load[agent_id] += 1
        return agent_id

    def next_for(self, rule: DictRow) -> UUID | None:
        """Whose turn it is by the rule; None when nobody has room."""
        allowed = set(rule["agent_ids"]) or set(self.names)
        room = [i for i in sorted(self.names) if i in allowed and self._load[i] < (rule["capacity"] or 1_000_000)]
        if not room:
            return None
        if rule["mode"] == "least_open":
            return min(room, key=lambda i: (self._load[i], i))
        last = rule["last_agent_id"]
        chosen = next((i for i in room if last is None or i > last), room[0])
        rule["last_agent_id"] = chosen
        return chosen


async def do_give(tx: Connection, workspace_id: UUID, conversation_ids: Sequence[UUID]) -> list[Change]:
    """Give out those of the conversations that nobody has; returns the changes, to be recorded last."""
    await tx.execute(Q.one_at_a_time, {"workspace_id": workspace_id})
    values = {"workspace_id": workspace_id, "ids": list(conversation_ids)}
    waiting = await (await tx.execute(Q.waiting, values)).fetchall()
    if not waiting:
        return []
    inboxes = list({row["inbox_id"] for row in waiting})
    found = await (await tx.execute(Q.rules, {"workspace_id": workspace_id, "inboxes": inboxes})).fetchall()
    rules = {row["inbox_id"]: row for row in found}
    agents = Agents(await (await tx.execute(Q.present, {"workspace_id": workspace_id})).fetchall())
    gifts = [gift for row in waiting if (gift := _choose(row, rules.get(row["inbox_id"]), agents))]
    changes = await _hand_out(tx, workspace_id, gifts, agents)
    for rule in rules.values():
        if rule["mode"] == "round_robin":
            turn = {"workspace_id": workspace_id, "inbox_id": rule["inbox_id"], "agent_id": rule["last_agent_id"]}
            await tx.execute(Q.turn, turn)
    return changes


def _choose(row: DictRow, rule: DictRow | None, agents: Agents) -> Gift | None:
    if rule is None:
        return None
    if rule["keep_contacts"] and row["owner_id"] is not None and agents.is_there(row["owner_id"]):
        return Gift(row["id"], row["inbox_id"], agents.take(row["owner_id"]), "owner")
    if rule["mode"] == "manual":
        return None
    chosen = agents.next_for(rule)
    return Gift(row["id"], row["inbox_id"], agents.take(chosen), "turn") if chosen else None


async def _hand_out(tx: Connection, workspace_id: UUID, gifts: Sequence[Gift], agents: Agents) -> list[Change]:
    values: dict[str, Any] = {"workspace_id": workspace_id, "now": clock.now()}
    wanted = {"ids": [gift.conversation_id for gift in gifts], "agents": [gift.agent_id for gift in gifts]}
    await hold_contacts(tx, workspace_id, wanted["ids"])
    given = {row["id"] for row in await (await tx.execute(Q.give, values | wanted)).fetchall()}
    told = [gift for gift in gifts if gift.conversation_id in given]
    lines = [
        (
            gift.conversation_id,
            gift.inbox_id,
            {
                "kind": "assigned",
                "by": None,
                "agent": {"id": gift.agent_id, "name": agents.names[gift.agent_id]},
                "why": gift.why,
            },
        )
        for gift in told
    ]
    return [*await _tell(tx, workspace_id, lines), *await keep_contacts(tx, workspace_id, list(given))]


async def hold_contacts(tx: Connection, workspace_id: UUID, conversation_ids: Sequence[UUID]) -> None:
    """Whom `keep_contacts` may change, locked before the conversations are."""
    await tx.execute(Q.hold_contacts, {"workspace_id": workspace_id, "ids": list(conversation_ids)})


async def keep_contacts(tx: Connection, workspace_id: UUID, conversation_ids: Sequence[UUID]) -> list[Change]:
    """Contacts that have no agent of their own yet get the one who has their conversation, where the inbox keeps them."""
    values = {"workspace_id": workspace_id, "ids": list(conversation_ids), "now": clock.now()}
    rows = await (await tx.execute(Q.become_owner, values)).fetchall()
    return [Change("contact.updated", row["id"]) for row in rows]


async def do_take_back(db: Database) -> int:
    """What absent agents left behind goes back to the queue, or to the next agent; how many conversations."""
    async with db.system() as tx:
        found = await tx.execute(Q.left_behind, {"now": datetime.now(UTC), "limit": _AT_ONCE})
        left: dict[UUID, list[DictRow]] = defaultdict(list)
        for row in await found.fetchall():
            left[row["workspace_id"]].append(row)
    return sum([await _take_back(db, workspace_id, rows) for workspace_id, rows in left.items()])


async def _take_back(db: Database, workspace_id: UUID, rows: Sequence[DictRow]) -> int:
    holders = {row["id"]: {"id": row["assignee_id"], "name": row["name"]} for row in rows}
    async with db.workspace(workspace_id) as tx:
        values = {"workspace_id": workspace_id, "now": clock.now(), "ids": list(holders)}
        agents = {"agents": [holder["id"] for holder in holders.values()]}
        await hold_contacts(tx, workspace_id, list(holders))
        freed = await (await tx.execute(Q.take_back, values | agents)).fetchall()
        lines = [
            (row["id"], row["inbox_id"], {"kind": "released", "by": None, "previous": holders[row["id"]]})
            for row in freed
        ]
        changes = await _tell(tx, workspace_id, lines)
        changes += await do_give(tx, workspace_id, [row["id"] for row in freed])
        if changes:
            await record(tx, workspace_id, changes)
    return len(freed)


async def _tell(tx: Connection, workspace_id: UUID, lines: Sequence[tuple[UUID, UUID, dict[str, Any]]]) -> list[Change]:
    """One system message in each thread, one statement for all."""
    if not lines:
        return []
    ids = [new_id() for _ in lines]
    values = {
        "workspace_id": workspace_id,
        "ids": ids,
        "conversations": [line[0] for line in lines],
        "inboxes": [line[1] for line in lines],
        "data": [Jsonb({"system": line[2]}) for line in lines],
        "now": clock.now(),
    }
    await tx.execute(Q.write_told, values)
    written = [Change("message.created", each) for each in ids]
    return written + [Change("conversation.updated", line[0]) for line in lines]
