"""Two workspaces never meet, through any endpoint (invariant 8)."""

from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.web import Web
from tests.support.world import Workspace, make_inbox, make_workspace


class Neighbours:
    """A workspace with one of everything, and an owner of another one."""

    def __init__(self, ours: Workspace, theirs: Workspace, ids: dict[str, str]) -> None:
        self.ours = ours
        self.theirs = theirs
        self.ids = ids


@pytest.fixture
async def neighbours(web: Web, database: Database, workspace: Workspace, inbox: InboxConfig) -> Neighbours:
    owner = await web.client(workspace.owner)
    token = (await owner.post(f"agents/{workspace.agent.id}/tokens", json={"name": "t"})).json()["id"]
    media = (await owner.post("media", files={"file": ("a.txt", b"ours", "text/plain")})).json()["id"]
    aside = await set_aside(database, inbox)
    ids = {
        "agent_id": str(workspace.agent.id),
        "token_id": token,
        "media_id": media,
        "inbox_id": str(inbox.id),
        "set_aside_id": aside,
    }
    return Neighbours(workspace, await make_workspace(database, "Elsewhere"), ids)


async def set_aside(database: Database, inbox: InboxConfig) -> str:
    now, ingest_id, aside_id = clock.now(), new_id(), new_id()
    async with database.system() as tx:
        await tx.execute(
            "INSERT INTO ingest_log VALUES (%s, %s, %s, %s, '{}', '{}')", (inbox.workspace_id, ingest_id, inbox.id, now)
        )
        await tx.execute(
            "INSERT INTO set_aside (workspace_id, id, inbox_id, ingest_id, reason, detail, created_at)"
            " VALUES (%s, %s, %s, %s, 'failed', 'ours', %s)",
            (inbox.workspace_id, aside_id, inbox.id, ingest_id, now),
        )
    return str(aside_id)


THINGS: list[tuple[str, str, Any]] = [
    ("GET", "agents/{agent_id}", None),
    ("PATCH", "agents/{agent_id}", {"name": "Taken"}),
    ("PATCH", "agents/{agent_id}", {"password": "taken over now"}),
    ("DELETE", "agents/{agent_id}", None),
    ("GET", "agents/{agent_id}/tokens", None),
    ("POST", "agents/{agent_id}/tokens", {"name": "stolen"}),
    ("DELETE", "agents/{agent_id}/tokens/{token_id}", None),
    ("GET", "inboxes/{inbox_id}", None),
    ("PATCH", "inboxes/{inbox_id}", {"name": "Taken"}),
    ("DELETE", "inboxes/{inbox_id}", None),
    ("POST", "inboxes/{inbox_id}/check", None),
    ("POST", "inboxes/{inbox_id}/templates/sync", None),
    ("POST", "set-aside/{set_aside_id}/replay", None),
    ("GET", "media/{media_id}", None),
    ("POST", "media/{media_id}/retry", None),
]


@pytest.mark.parametrize(("method", "path", "body"), THINGS)
async def test_what_is_ours_is_not_there_for_others(
    web: Web, neighbours: Neighbours, method: str, path: str, body: Any
) -> None:
    theirs = await web.client(neighbours.theirs.owner)
    answer = await theirs.request(method, path.format(**neighbours.ids), json=body)
    assert answer.status_code == 404, answer.text
    assert "Emma" not in answer.text


@pytest.mark.parametrize("path", ["inboxes", "set-aside", "templates", "inboxes/{inbox_id}/set-aside"])
async def test_lists_show_ones_own(web: Web, neighbours: Neighbours, path: str) -> None:
    theirs = await web.client(neighbours.theirs.owner)
    answer = await theirs.get(path.format(**neighbours.ids))
    assert answer.json()["items"] == []


async def test_the_list_of_agents_is_ones_own(web: Web, neighbours: Neighbours) -> None:
    theirs = await web.client(neighbours.theirs.owner)
    listed = {agent["id"] for agent in (await theirs.get("agents")).json()["items"]}
    assert str(neighbours.theirs.owner.id) in listed
    assert neighbours.ids["agent_id"] not in listed


async def test_a_cursor_of_ours_leads_others_nowhere(web: Web, neighbours: Neighbours) -> None:
    ours, theirs = await web.client(neighbours.ours.owner), await web.client(neighbours.theirs.owner)
    cursor = (await ours.get("agents", params={"limit": 1})).json()["next_cursor"]
    listed = (await theirs.get("agents", params={"cursor": cursor})).json()["items"]
    assert neighbours.ids["agent_id"] not in {agent["id"] for agent in listed}


async def test_a_token_cannot_claim_another_workspace(web: Web, neighbours: Neighbours) -> None:
    # The workspace's id stands in front of a token: changing it must not lead anywhere.
    import base64

    raw = base64.urlsafe_b64decode(neighbours.theirs.owner.token.removeprefix("mdg_") + "==")
    forged = base64.urlsafe_b64encode(neighbours.ours.id.bytes + raw[16:]).rstrip(b"=").decode()
    client = await web.client()
    client.headers["Authorization"] = f"Bearer mdg_{forged}"
    assert (await client.get("me")).status_code == 401


async def test_the_same_account_may_be_connected_by_both(web: Web, neighbours: Neighbours, database: Database) -> None:
    other = await make_inbox(database, neighbours.theirs.id)
    theirs = await web.client(neighbours.theirs.owner)
    assert [each["id"] for each in (await theirs.get("inboxes")).json()["items"]] == [str(other.id)]


async def test_idempotency_keys_do_not_meet(web: Web, neighbours: Neighbours) -> None:
    key = {"Idempotency-Key": "shared"}
    new = {"name": "New", "email": "new@example.com"}
    answers = [
        await (await web.client(each.owner)).post("agents", json=new, headers=key)
        for each in (neighbours.ours, neighbours.theirs)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]
