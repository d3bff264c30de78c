"""One writer (invariant 4): claims, hand-overs and take-overs, one at a time and all at once."""

import asyncio
from uuid import UUID

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.conversations import assignment
from madoguchi.conversations.lists import get_conversation, get_messages
from madoguchi.core.errors import AlreadyClaimed, Forbidden, Invalid, NotAssignee, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Database
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.enqueue import enqueue
from tests.support.threads import Thread, make_thread
from tests.support.world import Person, Workspace, make_inbox, make_person, make_workspace


@pytest.fixture
async def thread(database: Database, inbox: InboxConfig) -> Thread:
    return await make_thread(database, inbox)


async def claim(database: Database, who: Principal, thread: Thread) -> bool:
    async with database.workspace(who.workspace_id) as tx:
        return await assignment.do_claim(tx, who, thread.id)


async def assign(
    database: Database, who: Principal, thread: Thread, to: Person | None, *, take_over: bool = False
) -> bool:
    async with database.workspace(who.workspace_id) as tx:
        return await assignment.do_assign(tx, who, thread.id, to.id if to else None, take_over=take_over)


async def holder(database: Database, thread: Thread) -> assignment.Holder:
    async with database.workspace(thread.inbox.workspace_id) as tx:
        return await assignment.get_holder(tx, thread.inbox.workspace_id, thread.id)


async def told(database: Database, thread: Thread) -> list[str]:
    """The kinds of system messages in the thread, oldest first."""
    async with database.workspace(thread.inbox.workspace_id) as tx:
        found, _ = await get_messages(tx, thread.inbox.workspace_id, thread.id, before=None, limit=100)
    return [each.data["system"]["kind"] for each in reversed(found) if each.type == "system"]


async def test_of_twenty_claims_at_once_one_wins(database: Database, workspace: Workspace, thread: Thread) -> None:
    async with database.system() as tx:
        crowd = [await make_person(tx, workspace.id, f"Agent {n}", "agent") for n in range(20)]
    answers = await asyncio.gather(
        *(claim(database, person.principal, thread) for person in crowd), return_exceptions=True
    )
    winners = [person for person, answer in zip(crowd, answers, strict=True) if answer is True]
    losers = [answer for answer in answers if isinstance(answer, AlreadyClaimed)]
    assert len(winners) == 1
    assert len(losers) == 19
    assert all(each.extra["assignee"] == {"id": winners[0].id, "name": winners[0].name} for each in losers)
    assert await holder(database, thread) == assignment.Holder(winners[0].id, winners[0].name, 1)
    assert await told(database, thread) == ["assigned"]


async def test_claiming_what_i_have_changes_nothing(database: Database, workspace: Workspace, thread: Thread) -> None:
    assert await claim(database, workspace.agent.principal, thread)
    assert not await claim(database, workspace.agent.principal, thread)
    assert (await holder(database, thread)).claim == 1
    assert await told(database, thread) == ["assigned"]


async def test_every_change_of_hands_makes_the_claim_grow(
    database: Database, workspace: Workspace, thread: Thread
) -> None:
    emma, ravi = workspace.agent, workspace.agent2
    await claim(database, emma.principal, thread)
    await assign(database, emma.principal, thread, ravi)
    await assign(database, ravi.principal, thread, None)
    await assign(database, emma.principal, thread, emma)
    assert await holder(database, thread) == assignment.Holder(emma.id, emma.name, 4)
    assert await told(database, thread) == ["assigned", "assigned", "released", "assigned"]


async def test_a_former_assignee_cannot_send_under_the_old_claim(
    database: Database, workspace: Workspace, thread: Thread
) -> None:
    emma, ravi = workspace.agent.principal, workspace.agent2
    await claim(database, emma, thread)
    await assign(database, emma, thread, ravi)
    for draft in (MessageDraft(type="text", text="late", claim=1), MessageDraft(type="text", text="late")):
        with pytest.raises(NotAssignee) as refused:
            async with database.workspace(workspace.id) as tx:
                await enqueue(tx, emma, thread.id, draft)
        assert refused.value.extra["assignee"]["id"] == ravi.id
    # … and having it again under a newer claim does not revive what was written under the old one.
    await assign(database, ravi.principal, thread, workspace.agent)
    with pytest.raises(NotAssignee):
        async with database.workspace(workspace.id) as tx:
            await enqueue(tx, emma, thread.id, MessageDraft(type="text", text="late", claim=1))


async def test_a_plain_agent_cannot_take_over(database: Database, workspace: Workspace, thread: Thread) -> None:
    await claim(database, workspace.agent.principal, thread)
    ravi = workspace.agent2
    with pytest.raises(NotAssignee) as refused:
        await assign(database, ravi.principal, thread, ravi)
    assert refused.value.extra["assignee"] == {"id": workspace.agent.id, "name": workspace.agent.name}
    with pytest.raises(Forbidden):
        await assign(database, ravi.principal, thread, ravi, take_over=True)
    with pytest.raises(NotAssignee):
        await assign(database, ravi.principal, thread, None)
    assert (await holder(database, thread)).agent_id == workspace.agent.id


@pytest.mark.parametrize("role", ["supervisor", "owner"])
async def test_taking_over_is_explicit_and_in_the_audit_log(
    database: Database, workspace: Workspace, thread: Thread, role: str
) -> None:
    boss: Person = getattr(workspace, role)
    await claim(database, workspace.agent.principal, thread)
    with pytest.raises(NotAssignee):
        await assign(database, boss.principal, thread, boss)
    assert await assign(database, boss.principal, thread, boss, take_over=True)
    assert await told(database, thread) == ["assigned", "taken_over"]
    async with database.workspace(workspace.id) as tx:
        entry = await (
            await tx.execute("SELECT * FROM audit_entries WHERE action = 'conversation.taken_over'")
        ).fetchone()
    assert entry is not None
    assert (entry["actor_id"], entry["target_id"]) == (boss.id, thread.id)


async def test_only_a_supervisor_assigns_a_free_conversation_to_others(
    database: Database, workspace: Workspace, thread: Thread
) -> None:
    with pytest.raises(Forbidden):
        await assign(database, workspace.agent.principal, thread, workspace.agent2)
    assert await assign(database, workspace.supervisor.principal, thread, workspace.agent2)
    assert (await holder(database, thread)).agent_id == workspace.agent2.id


async def test_nobody_else_can_be_assigned(database: Database, workspace: Workspace, thread: Thread) -> None:
    other = await make_workspace(database, "Elsewhere")
    async with database.workspace(workspace.id) as tx:
        gone = await make_person(tx, workspace.id, "Gone", "agent")
        await tx.execute("UPDATE agents SET status = 'disabled' WHERE id = %s", (gone.id,))
    for target in (gone, other.agent):
        with pytest.raises(Invalid) as refused:
            await assign(database, workspace.supervisor.principal, thread, target)
        assert refused.value.errors[0].field == "agent_id"
    assert (await holder(database, thread)).agent_id is None


async def test_another_workspaces_conversation_is_not_there(database: Database, thread: Thread) -> None:
    other = await make_workspace(database, "Elsewhere")
    await make_inbox(database, other.id)
    for attempt in (
        claim(database, other.owner.principal, thread),
        assign(database, other.owner.principal, thread, None),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_hand_overs_and_take_overs_at_once_never_overwrite_each_other(
    database: Database, workspace: Workspace, thread: Thread
) -> None:
    people = [workspace.owner, workspace.supervisor, workspace.agent, workspace.agent2]
    await claim(database, workspace.agent.principal, thread)

    async def grab(boss: Person, target: Person) -> bool:
        try:
            return await assign(database, boss.principal, thread, target, take_over=True)
        except NotAssignee:
            return False

    attempts = [grab(boss, target) for boss in (workspace.owner, workspace.supervisor) for target in people] * 1
    changed = sum(await asyncio.gather(*attempts))
    assert (await holder(database, thread)).claim == 1 + changed
    assert len(await told(database, thread)) == 1 + changed


async def test_the_conversation_tells_who_has_it(database: Database, workspace: Workspace, thread: Thread) -> None:
    await claim(database, workspace.agent.principal, thread)
    async with database.workspace(workspace.id) as tx:
        found = await get_conversation(tx, workspace.id, thread.id)
    assert found.assignee is not None
    assert (found.assignee.id, found.assignee.name, found.claim) == (workspace.agent.id, "Emma", 1)
    with pytest.raises(NotFound):
        async with database.workspace(workspace.id) as tx:
            await get_conversation(tx, workspace.id, new_id())
    assert isinstance(found.id, UUID)
