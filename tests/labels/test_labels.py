"""Labels: offered by supervisors, worn by conversations, renamed and taken off everywhere at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.db.pool import Database
from madoguchi.labels import service
from madoguchi.labels.models import LabelPatch
from tests.support.live import Programs, running_programs
from tests.support.threads import make_thread
from tests.support.world import Workspace


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


async def test_a_supervisor_makes_them_and_everybody_sees_them(web: Programs, workspace: Workspace) -> None:
    ken, emma = web.client(workspace.supervisor), web.client(workspace.agent)
    made = await ken.post("/labels", {"name": "VIP", "colour": "purple", "category": "customer"})
    assert (made.status, made.body["colour"]) == (201, "purple")
    await ken.post("/labels", {"name": "返金"})
    assert [each["name"] for each in (await emma.get("/labels")).body["items"]] == ["返金", "VIP"]
    first = (await emma.get("/labels", limit=1)).body
    rest = (await emma.get("/labels", limit=1, cursor=first["next_cursor"])).body
    assert ([each["name"] for each in rest["items"]], rest["next_cursor"]) == (["VIP"], None)
    assert (await emma.post("/labels", {"name": "mine"})).status == 403
    assert (await emma.delete(f"/labels/{made.body['id']}")).status == 403
    for body in ({"name": "VIP"}, {"name": " "}, {"name": "x", "colour": "#ff0000"}):
        assert (await ken.post("/labels", body)).status == 422, body


async def test_a_new_name_and_a_removal_reach_every_conversation(
    web: Programs, workspace: Workspace, database: Database, inbox: InboxConfig
) -> None:
    ken = web.client(workspace.supervisor)
    vip = (await ken.post("/labels", {"name": "VIP"})).body
    a, b = await make_thread(database, inbox), await make_thread(database, inbox)
    await ken.patch(f"/conversations/{a.id}", {"labels": ["VIP", "refund"]})
    await ken.patch(f"/conversations/{b.id}", {"labels": ["VIP", "Gold"]})
    assert (await ken.patch(f"/labels/{vip['id']}", {"name": "Gold"})).body["colour"] == "grey"
    assert (await ken.get(f"/conversations/{a.id}")).body["labels"] == ["Gold", "refund"]
    assert (await ken.get(f"/conversations/{b.id}")).body["labels"] == ["Gold"]
    assert len((await ken.get("/conversations", label="Gold")).body["items"]) == 2
    assert (await ken.delete(f"/labels/{vip['id']}")).status == 204
    assert (await ken.get(f"/conversations/{a.id}")).body["labels"] == ["refund"]
    assert (await ken.patch(f"/labels/{vip['id']}", {"name": "x"})).status == 404


async def test_screens_hear_of_a_change(web: Programs, workspace: Workspace) -> None:
    ken = web.client(workspace.supervisor)
    seq = (await ken.get("/me")).body["seq"]
    made = (await ken.post("/labels", {"name": "VIP", "colour": "red"})).body
    events = (await ken.get("/events", since=seq)).body["items"]
    assert [(each["type"], each["data"]) for each in events] == [("label.updated", made)]


@pytest.mark.parametrize("change", ["rename", "remove"])
async def test_a_label_changed_everywhere_waits_for_a_contact_that_is_being_deleted(
    web: Programs, workspace: Workspace, database: Database, inbox: InboxConfig, change: str
) -> None:
    """Both take contacts before conversations; the other way round each would wait for the other."""
    ken, principal = web.client(workspace.supervisor), workspace.supervisor.principal
    vip = (await ken.post("/labels", {"name": "VIP"})).body
    thread = await make_thread(database, inbox)
    await ken.patch(f"/conversations/{thread.id}", {"labels": ["VIP"]})
    await ken.patch(f"/contacts/{thread.contact_id}", {"labels": ["VIP"]})

    async def everywhere() -> None:
        async with database.workspace(workspace.id) as tx:
            if change == "rename":
                await service.do_change(tx, principal, UUID(vip["id"]), LabelPatch(name="Gold"))
            else:
                await service.do_remove(tx, principal, UUID(vip["id"]))

    async with database.workspace(workspace.id) as tx:
        key = (workspace.id, thread.contact_id)
        await tx.execute("SELECT 1 FROM contacts WHERE workspace_id = %s AND id = %s FOR UPDATE", key)
        other = asyncio.create_task(everywhere())
        await somebody_waits(database, other)
        await tx.execute("DELETE FROM contacts WHERE workspace_id = %s AND id = %s", key)
    await asyncio.wait_for(other, 30)
    assert (await ken.get("/conversations")).body["items"] == []


async def somebody_waits(database: Database, task: "asyncio.Task[Any]") -> None:
    """Until the task's transaction waits for a lock."""
    async with asyncio.timeout(30):
        while not task.done():
            async with database.system() as tx:
                found = await tx.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
                if await found.fetchone():
                    return
            await asyncio.sleep(0.02)
    await task
