"""Counts are kept, not counted; nothing that changes conversations, in whatever mix, may make them drift."""

import asyncio
import random
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected

from madoguchi.channels.base import InboxConfig
from madoguchi.conversations import assignment, changes, counts, teams
from madoguchi.conversations.pages import Q
from madoguchi.core import clock
from madoguchi.core.errors import Problem
from madoguchi.db.pool import Database
from madoguchi.labels import service as labels
from madoguchi.labels.models import LabelPatch, NewLabel
from madoguchi.teams import service as team_service
from madoguchi.teams.models import NewTeam
from tests.support.threads import Thread, make_thread, receive
from tests.support.world import Workspace, make_inbox, make_workspace

_RECOUNT = """
SELECT c.kind, c.key, v.status, count(*) AS total, count(*) FILTER (WHERE v.unread > 0) AS unread
  FROM conversations v
 CROSS JOIN LATERAL (VALUES ('all', ''), ('assignee', coalesce(v.assignee_id::text, '')), ('inbox', v.inbox_id::text),
                            ('team', v.team_id::text)) c (kind, key)
 WHERE c.key IS NOT NULL GROUP BY 1, 2, 3
UNION ALL
SELECT 'label', l, v.status, count(*), count(*) FILTER (WHERE v.unread > 0)
  FROM conversations v, unnest(v.labels) l GROUP BY 2, 3"""
_LABEL_ROWS = "SELECT label, conversation_id, status, last_activity_id FROM conversation_labels"
_LABELS_OF = "SELECT l AS label, id AS conversation_id, status, last_activity_id FROM conversations, unnest(labels) l"


async def kept(database: Database, workspace: Workspace) -> set[tuple[Any, ...]]:
    async with database.workspace(workspace.id) as tx:
        rows = await (await tx.execute(Q.counts, {"workspace_id": workspace.id})).fetchall()
    return {tuple(row.values()) for row in rows}


async def read(database: Database, workspace: Workspace, statement: Any) -> set[tuple[Any, ...]]:
    async with database.workspace(workspace.id) as tx:
        return {tuple(row.values()) for row in await (await tx.execute(statement)).fetchall()}


async def check(database: Database, workspace: Workspace) -> None:
    assert await kept(database, workspace) == await read(database, workspace, _RECOUNT)
    assert await read(database, workspace, _LABEL_ROWS) == await read(database, workspace, _LABELS_OF)


class Crowd:
    """Agents, customers and supervisors who do anything at any time."""

    def __init__(self, database: Database, workspace: Workspace, threads: list[Thread], seed: int) -> None:
        self.database = database
        self.workspace = workspace
        self.threads = threads
        self.random = random.Random(seed)
        self.team_ids: list[Any] = []
        self.label_ids: list[Any] = []

    async def step(self) -> None:
        thread = self.random.choice(self.threads)
        act = self.random.choice(
            (self.write, self.read, self.assign, self.label, self.status, self.give, self.rename, self.fold, self.erase)
        )
        try:
            await act(thread)
        except (Problem, DeadlockDetected):  # somebody was first: that changes nothing, which is what is looked at
            return

    async def write(self, thread: Thread) -> None:
        await receive(self.database, thread)

    async def read(self, thread: Thread) -> None:
        async with self.database.workspace(self.workspace.id) as tx:
            await changes.do_read(tx, self.workspace.supervisor.principal, thread.id)

    async def assign(self, thread: Thread) -> None:
        agent = self.random.choice([None, self.workspace.agent.id, self.workspace.agent2.id])
        async with self.database.workspace(self.workspace.id) as tx:
            await assignment.do_assign(tx, self.workspace.supervisor.principal, thread.id, agent, take_over=True)

    async def label(self, thread: Thread) -> None:
        names = self.random.sample(["vip", "返金", "late", "gold"], self.random.randint(0, 3))
        async with self.database.workspace(self.workspace.id) as tx:
            await changes.do_change(tx, self.workspace.supervisor.principal, thread.id, labels=names)

    async def status(self, thread: Thread) -> None:
        status = self.random.choice(["open", "snoozed", "closed"])
        async with self.database.workspace(self.workspace.id) as tx:
            await changes.do_change(tx, self.workspace.supervisor.principal, thread.id, status=status)

    async def give(self, thread: Thread) -> None:
        team_id = self.random.choice([None, *self.team_ids])
        async with self.database.workspace(self.workspace.id) as tx:
            await teams.do_set_team(tx, self.workspace.supervisor.principal, thread.id, team_id)

    async def rename(self, _thread: Thread) -> None:
        """A label everywhere at once."""
        async with self.database.workspace(self.workspace.id) as tx:
            patch = LabelPatch(name=self.random.choice(["vip", "gold"]))
            await labels.do_change(tx, self.workspace.supervisor.principal, self.label_ids[0], patch)

    async def fold(self, _thread: Thread) -> None:
        await counts.do_fold(self.database)

    async def erase(self, thread: Thread) -> None:
        if self.random.random() < 0.9:
            return
        async with self.database.workspace(self.workspace.id) as tx:
            await tx.execute("DELETE FROM contacts WHERE id = %s", (thread.contact_id,))


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_changes_in_parallel_never_make_them_drift(
    database: Database, workspace: Workspace, inbox: InboxConfig, seed: int
) -> None:
    second = await make_inbox(database, workspace.id, credentials={"phone_number_id": "2"})
    threads = [await make_thread(database, box) for box in (inbox, second) for _ in range(15)]
    crowd = Crowd(database, workspace, threads, seed)
    async with database.workspace(workspace.id) as tx:
        ken = workspace.supervisor.principal
        crowd.team_ids = [(await team_service.do_add(tx, ken, NewTeam(name))).id for name in ("A", "B")]
        crowd.label_ids = [(await labels.do_add(tx, ken, NewLabel("vip"))).id]

    async def many() -> None:
        for _ in range(40):
            await crowd.step()

    await asyncio.gather(*(many() for _ in range(5)))
    await check(database, workspace)
    await asyncio.gather(*(counts.do_fold(database) for _ in range(3)))
    await check(database, workspace)
    assert await read(database, workspace, "SELECT 1 FROM conversation_count_deltas") == set()


async def test_what_is_wrong_is_put_right_while_others_write(
    database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    threads = [await make_thread(database, inbox) for _ in range(5)]
    await counts.do_fold(database)
    async with database.workspace(workspace.id) as tx:
        await tx.execute("UPDATE conversation_counts SET total = total + 7, unread = 3")
        await tx.execute(
            "INSERT INTO conversation_count_deltas VALUES (%s, 'label', 'ghost', 'open', 2, 0)", (workspace.id,)
        )
    assert await kept(database, workspace) != await read(database, workspace, _RECOUNT)
    others = [asyncio.create_task(receive(database, each)) for each in threads]
    assert await counts.do_recount(database) > 0
    await asyncio.gather(*others)
    await check(database, workspace)
    assert await counts.do_recount(database) == 0


async def test_a_team_that_goes_takes_its_count_along(
    database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    thread, ken = await make_thread(database, inbox), workspace.supervisor.principal
    async with database.workspace(workspace.id) as tx:
        team = await team_service.do_add(tx, ken, NewTeam("A"))
        await teams.do_set_team(tx, ken, thread.id, team.id)
    async with database.workspace(workspace.id) as tx:
        assert [place.id for place in (await counts.get_counts(tx, ken)).teams] == [team.id]
        await team_service.do_remove(tx, ken, team.id)
    await check(database, workspace)


async def test_tenants_are_counted_apart(database: Database, workspace: Workspace, inbox: InboxConfig) -> None:
    other = await make_workspace(database, "Elsewhere")
    await make_thread(database, inbox)
    async with database.workspace(other.id) as tx:
        found = await counts.get_counts(tx, other.agent.principal)
    assert (found.all.open, found.inboxes) == (0, [])


async def test_one_statement_over_two_workspaces(database: Database, workspace: Workspace, inbox: InboxConfig) -> None:
    """The workers' statements touch several at once."""
    other = await make_workspace(database, "Elsewhere")
    box = await make_inbox(database, other.id, credentials={"phone_number_id": "3"})
    await make_thread(database, inbox)
    await make_thread(database, box)
    async with database.system() as tx:
        await tx.execute("UPDATE conversations SET unread = 1, updated_at = %s", (clock.now(),))
    for each in (workspace, other):
        await check(database, each)
        assert ("all", "", "open", 1, 1) in await kept(database, each)
