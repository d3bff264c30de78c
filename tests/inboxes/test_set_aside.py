"""What could not be processed is shown to those who can do something about it, and processed again on their word."""

from uuid import UUID

from psycopg.types.json import Jsonb

from madoguchi.channels.base import InboxConfig
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.web import Web
from tests.support.world import Workspace


async def set_aside(database: Database, inbox: InboxConfig, body: bytes = b'{"broken": \xff\x00') -> UUID:
    now, ingest_id, aside_id = clock.now(), new_id(), new_id()
    async with database.system() as tx:
        await tx.execute(
            "INSERT INTO ingest_log VALUES (%s, %s, %s, %s, %s, %s)",
            (inbox.workspace_id, ingest_id, inbox.id, now, Jsonb({}), body),
        )
        await tx.execute(
            "INSERT INTO set_aside (workspace_id, id, inbox_id, ingest_id, reason, detail, created_at)"
            " VALUES (%s, %s, %s, %s, 'unreadable', 'broken JSON', %s)",
            (inbox.workspace_id, aside_id, inbox.id, ingest_id, now),
        )
    return aside_id


async def test_it_is_listed_with_its_beginning(
    web: Web, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    made = [await set_aside(database, inbox) for _ in range(3)]
    client = await web.client(workspace.supervisor)
    page = (await client.get("set-aside", params={"limit": 2})).json()
    assert [item["id"] for item in page["items"]] == [str(made[2]), str(made[1])]
    assert page["items"][0]["body"].startswith('{"broken": ')
    rest = (await client.get(f"inboxes/{inbox.id}/set-aside", params={"cursor": page["next_cursor"]})).json()
    assert [item["id"] for item in rest["items"]] == [str(made[0])]


async def test_replay_puts_it_back_in_the_queue(
    web: Web, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    aside_id = await set_aside(database, inbox)
    client = await web.client(workspace.owner)
    assert (await client.post(f"set-aside/{aside_id}/replay")).status_code == 202
    async with database.system() as tx:
        queued = await (await tx.execute("SELECT id FROM ingest_queue")).fetchall()
    assert len(queued) == 1
    assert (await client.get("set-aside")).json()["items"] == []
    resolved = (await client.get("set-aside", params={"resolved": True})).json()["items"]
    assert resolved[0]["resolved_at"]
    assert (await client.post(f"set-aside/{aside_id}/replay")).status_code == 409
    assert (await client.post(f"set-aside/{new_id()}/replay")).status_code == 404


async def test_agents_do_not_see_it(web: Web, workspace: Workspace, inbox: InboxConfig, database: Database) -> None:
    aside_id = await set_aside(database, inbox)
    client = await web.client(workspace.agent)
    assert (await client.get("set-aside")).status_code == 403
    assert (await client.get(f"inboxes/{inbox.id}/set-aside")).status_code == 403
    assert (await client.post(f"set-aside/{aside_id}/replay")).status_code == 403
