"""Who else is there: heard by the others at once, across processes, and without a number of the sequence."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from madoguchi.agents.passwords import hash_password
from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from madoguchi.realtime.presence import FORGET_SECONDS, Patience, Presence, Present, read_said
from tests.support.live import Live, Programs, running_programs
from tests.support.threads import Thread, make_thread
from tests.support.world import Person, Workspace, make_workspace

PASSWORD = "a long password for tests"


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[list[Programs]]:
    """Two web processes, as far as one can tell from outside: each has its hub and its connections."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(running_programs(context)) for _ in range(2)]


@pytest.fixture
async def thread(database: Database, workspace: Workspace, inbox: InboxConfig) -> Thread:
    async with database.system() as tx:
        await tx.execute("UPDATE agents SET password_hash = %s", (await hash_password(PASSWORD),))
    return await make_thread(database, inbox)


@asynccontextmanager
async def console(programs: Programs, person: Person) -> AsyncIterator[Live]:
    """A signed-in browser's socket, past its greeting."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        body = {"email": person.email, "password": PASSWORD}
        async with session.post(f"{programs.base}/api/v1/session", json=body) as answer:
            assert answer.status == 201
        url = f"{programs.base}/api/v1/live?clock=1&presence=1"
        async with session.ws_connect(url, headers={"Origin": programs.base}) as connection:
            live = Live(connection)
            assert (await live.next())["type"] == "hello"
            yield live


async def say(live: Live, conversation_id: UUID | None, *, typing: bool = False) -> None:
    data = {"conversation_id": str(conversation_id) if conversation_id else None, "typing": typing}
    await live.connection.send_json({"type": "presence", "data": data})


async def heard(live: Live) -> dict[str, Any]:
    while (frame := await live.next())["type"] != "presence":
        assert "seq" not in frame or frame["type"] == "agent.updated"
    return dict(frame["data"])


async def test_two_agents_see_each_other_across_processes_and_tabs(
    programs: list[Programs], workspace: Workspace, thread: Thread
) -> None:
    emma, ravi = workspace.agent, workspace.agent2
    async with console(programs[0], emma) as one, console(programs[1], ravi) as other:
        await say(one, thread.id)
        seen = await heard(other)
        assert seen["agent"] == {"id": str(emma.id), "name": emma.principal.name}
        assert (seen["conversation_id"], seen["typing"]) == (str(thread.id), False)
        await say(one, thread.id, typing=True)
        assert (await heard(other))["typing"] is True
        # A second tab of the same agent is another one; it is told who is there already.
        async with console(programs[1], emma) as tab:
            assert (await heard(tab))["conversation_id"] == str(thread.id)
            await say(tab, thread.id)
            second = await heard(other)
            assert second["agent"]["id"] == str(emma.id)
            assert second["tab"] != seen["tab"]
        assert (await heard(other)) == second | {"conversation_id": None, "typing": False}


async def test_another_workspace_hears_nothing_and_nonsense_ends_nothing(
    programs: list[Programs], workspace: Workspace, thread: Thread, database: Database
) -> None:
    elsewhere = await make_workspace(database, "Elsewhere")
    async with database.system() as tx:
        await tx.execute("UPDATE agents SET password_hash = %s", (await hash_password(PASSWORD),))
    async with AsyncExitStack() as stack:
        one, other, stranger = [
            await stack.enter_async_context(console(programs[0], person))
            for person in (workspace.agent, workspace.agent2, elsewhere.agent)
        ]
        for text in ("not json", '{"type": "presence", "data": {"conversation_id": 7}}'):
            await one.connection.send_str(text)
        await say(one, thread.id)
        assert (await heard(other))["conversation_id"] == str(thread.id)
        await say(stranger, thread.id)
        assert (await heard(stranger))["agent"]["id"] == str(elsewhere.agent.id)


def presence(workspace_id: UUID, conversation_id: UUID | None, tab: UUID) -> Presence:
    return Presence(
        workspace_id=workspace_id,
        tab=tab,
        agent_id=new_id(),
        name="Emma",
        conversation_id=conversation_id,
        typing=False,
    )


def test_who_says_nothing_more_is_forgotten_and_workspaces_are_apart() -> None:
    present, ours, theirs = Present(), new_id(), new_id()
    silent, talking, left = new_id(), new_id(), new_id()
    present.hear(presence(ours, new_id(), silent), 0)
    present.hear(presence(ours, new_id(), talking), FORGET_SECONDS)
    present.hear(presence(theirs, new_id(), new_id()), FORGET_SECONDS)
    present.hear(presence(ours, new_id(), left), FORGET_SECONDS)
    present.hear(presence(ours, None, left), FORGET_SECONDS)
    assert [each.tab for each in present.of(ours, FORGET_SECONDS + 1)] == [talking]


@pytest.mark.parametrize("text", ["", "[]", '{"type": "presence"}', '{"type": "other", "data": {}}', "x" * 400])
def test_nonsense_says_nothing(text: str) -> None:
    assert read_said(text) is None


def test_a_socket_that_talks_without_end_is_not_heard() -> None:
    patience = Patience()
    assert sum(patience.allows() for _ in range(1000)) < 30
