"""Who may do what to whom, and what a disabled agent leaves behind."""

import asyncio

import httpx
import pytest

from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.web import Web
from tests.support.world import Workspace

NEW = {"name": "New", "email": "new@example.com"}


async def test_an_initial_password_is_shown_once_and_works(web: Web, workspace: Workspace) -> None:
    owner = await web.client(workspace.owner)
    made = (await owner.post("agents", json=NEW)).json()
    assert made["role"] == "agent"
    assert made["created_at"].endswith("Z")
    await web.signed_in("new@example.com", made["initial_password"])
    assert "initial_password" not in (await owner.get(f"agents/{made['id']}")).json()


async def test_a_given_password_is_not_repeated(web: Web, workspace: Workspace) -> None:
    owner = await web.client(workspace.owner)
    answer = await owner.post("agents", json={**NEW, "password": "correct horse battery"})
    assert answer.json()["initial_password"] is None
    assert "horse" not in answer.text


async def test_an_address_is_taken_once(web: Web, workspace: Workspace) -> None:
    owner = await web.client(workspace.owner)
    answers = [
        await owner.post("agents", json={**NEW, "email": email}) for email in ("a@example.com", " A@Example.com ")
    ]
    assert [answer.status_code for answer in answers][:1] == [201]
    assert answers[1].status_code in {409, 422}
    made = (await owner.post("agents", json=NEW)).json()
    clash = await owner.patch(f"agents/{made['id']}", json={"email": "A@example.com"})
    assert clash.status_code == 409
    assert clash.json()["errors"][0]["field"] == "email"


@pytest.mark.parametrize(
    ("who", "role", "status"),
    [
        ("owner", "owner", 201),
        ("owner", "supervisor", 201),
        ("owner", "agent", 201),
        ("supervisor", "agent", 201),
        ("supervisor", "supervisor", 403),
        ("supervisor", "owner", 403),
        ("agent", "agent", 403),
    ],
)
async def test_who_may_add_whom(web: Web, workspace: Workspace, who: str, role: str, status: int) -> None:
    client = await web.client(getattr(workspace, who))
    assert (await client.post("agents", json={**NEW, "role": role})).status_code == status


async def test_everyone_changes_their_own_name_but_not_their_role(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.agent)
    address = f"agents/{workspace.agent.id}"
    assert (await client.patch(address, json={"name": "Emma W", "locale": "ja"})).json()["locale"] == "ja"
    assert (await client.patch(address, json={"role": "owner"})).status_code == 403
    assert (await client.patch(address, json={"status": "disabled"})).status_code == 403
    assert (await client.patch(f"agents/{workspace.agent2.id}", json={"name": "X"})).status_code == 403


async def test_a_supervisor_does_not_touch_owners(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.supervisor)
    owner = f"agents/{workspace.owner.id}"
    assert (await client.patch(owner, json={"password": "a new password"})).status_code == 403
    assert (await client.delete(owner)).status_code == 403
    assert (await client.patch(f"agents/{workspace.supervisor.id}", json={"role": "owner"})).status_code == 403
    assert (await client.patch(f"agents/{workspace.agent.id}", json={"role": "supervisor"})).status_code == 403
    assert (await client.patch(f"agents/{workspace.agent.id}", json={"name": "Emma W"})).status_code == 200


@pytest.mark.parametrize("change", [{"status": "disabled"}, {"role": "agent"}])
async def test_the_last_owner_stays(web: Web, workspace: Workspace, change: dict[str, str]) -> None:
    client = await web.client(workspace.owner)
    answer = await client.patch(f"agents/{workspace.owner.id}", json=change)
    assert answer.status_code == 409
    assert (await client.delete(f"agents/{workspace.owner.id}")).status_code == 409


async def test_two_owners_who_remove_each_other_leave_one(web: Web, workspace: Workspace, database: Database) -> None:
    owner = await web.client(workspace.owner)
    await owner.patch(f"agents/{workspace.agent.id}", json={"role": "owner"})
    other = await web.client(workspace.agent)
    await asyncio.gather(
        owner.delete(f"agents/{workspace.agent.id}"),
        other.delete(f"agents/{workspace.owner.id}"),
    )
    async with database.system() as tx:
        rows = await (await tx.execute("SELECT 1 FROM agents WHERE role = 'owner' AND status = 'active'")).fetchall()
    assert len(rows) == 1


async def test_a_disabled_agent_gives_back_the_conversations(
    web: Web, workspace: Workspace, database: Database
) -> None:
    conversation_id = await assigned_conversation(database, workspace)
    owner = await web.client(workspace.owner)
    assert (await owner.delete(f"agents/{workspace.agent.id}")).status_code == 204
    async with database.system() as tx:
        row = await (await tx.execute("SELECT assignee_id, claim FROM conversations")).fetchone()
        events = await (await tx.execute("SELECT type, subject_id FROM events")).fetchall()
        audit = await (await tx.execute("SELECT action, data FROM audit_entries ORDER BY id")).fetchall()
        tokens = await (
            await tx.execute("SELECT 1 FROM api_tokens WHERE agent_id = %s", (workspace.agent.id,))
        ).fetchall()
    assert row == {"assignee_id": None, "claim": 8}
    assert {"type": "conversation.updated", "subject_id": conversation_id} in events
    assert {"type": "agent.updated", "subject_id": workspace.agent.id} in events
    assert {"action": "agent.disabled", "data": {"conversations": 1}} in audit
    assert tokens == []
    listed = (await owner.get("agents", params={"status": "disabled"})).json()["items"]
    assert [agent["id"] for agent in listed] == [str(workspace.agent.id)]


async def assigned_conversation(database: Database, workspace: Workspace) -> object:
    now, inbox, contact, conversation = clock.now(), new_id(), new_id(), new_id()
    async with database.system() as tx:
        await tx.execute(
            "INSERT INTO inboxes (workspace_id, id, channel, name, credentials, webhook_key, slot, created_at, updated_at)"
            " VALUES (%s, %s, 'whatsapp', 'Shop', '', 'k', 0, %s, %s)",
            (workspace.id, inbox, now, now),
        )
        await tx.execute(
            "INSERT INTO contacts (workspace_id, id, created_at, updated_at) VALUES (%s, %s, %s, %s)",
            (workspace.id, contact, now, now),
        )
        await tx.execute(
            "INSERT INTO conversations (workspace_id, id, inbox_id, contact_id, assignee_id, claim, last_activity_id,"
            " created_at, updated_at) VALUES (%s, %s, %s, %s, %s, 7, %s, %s, %s)",
            (workspace.id, conversation, inbox, contact, workspace.agent.id, new_id(), now, now),
        )
    return conversation


async def test_pages_follow_each_other(web: Web, workspace: Workspace) -> None:
    client = await web.client(workspace.agent)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await client.get("agents", params={"limit": 3, "cursor": cursor})).json()
        seen += [agent["name"] for agent in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["Aoi", "Ken", "Emma", "Ravi"]


async def test_own_tokens_and_those_of_others(web: Web, workspace: Workspace) -> None:
    agent, owner = await web.client(workspace.agent), await web.client(workspace.owner)
    mine, other = f"agents/{workspace.agent.id}/tokens", f"agents/{workspace.agent2.id}/tokens"
    assert (await agent.post(mine, json={"name": "shop"})).json()["token"].startswith("mdg_")
    assert (await agent.get(other)).status_code == 403
    assert (await agent.post(other, json={"name": "shop"})).status_code == 403
    assert (await owner.post(other, json={"name": "shop"})).status_code == 201
    listed = await agent.get(mine)
    assert {token["name"] for token in listed.json()["items"]} == {"test", "shop"}
    assert "mdg_" not in listed.text


async def limited(web: Web, workspace: Workspace, *scopes: str) -> httpx.AsyncClient:
    owner = await web.client(workspace.owner)
    made = await owner.post(f"agents/{workspace.owner.id}/tokens", json={"name": "limited", "scopes": list(scopes)})
    assert made.status_code == 201, made.text
    client = await web.client()
    client.headers["Authorization"] = f"Bearer {made.json()['token']}"
    return client


async def test_a_limited_token_does_no_more_than_it_says(web: Web, workspace: Workspace) -> None:
    client = await limited(web, workspace, "agents:read")
    assert (await client.get("agents")).status_code == 200
    assert (await client.get("me")).status_code == 200
    assert (await client.post("agents", json=NEW)).status_code == 403
    refused = await client.get("inboxes")
    assert refused.status_code == 403
    assert refused.json()["scope"] == "inboxes:read"
    for path in ("channels", "set-aside", "templates", "contacts", "events", f"conversations/{new_id()}/messages"):
        assert (await client.get(path)).status_code == 403, path


async def test_a_limited_token_cannot_make_a_wider_one(web: Web, workspace: Workspace) -> None:
    client = await limited(web, workspace, "agents:write")
    address = f"agents/{workspace.owner.id}/tokens"
    assert (await client.post(address, json={"name": "wide"})).status_code == 403
    assert (await client.post(address, json={"name": "wide", "scopes": ["inboxes:write"]})).status_code == 403
    assert (await client.post(address, json={"name": "same", "scopes": ["agents:write"]})).status_code == 201


async def test_an_unknown_scope_is_named(web: Web, workspace: Workspace) -> None:
    owner = await web.client(workspace.owner)
    answer = await owner.post(
        f"agents/{workspace.owner.id}/tokens", json={"name": "x", "scopes": ["agents:read", "root"]}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "scopes.1"
