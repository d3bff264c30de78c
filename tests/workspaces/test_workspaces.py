"""The first workspace is made once; what is old is forgotten, and nothing else."""

import asyncio
from datetime import timedelta

import pytest
from psycopg.types.json import Jsonb

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, Invalid
from madoguchi.db.pool import Database
from madoguchi.workspaces.jobs import do_clean
from madoguchi.workspaces.service import NewWorkspace, create_first
from tests.support.web import Web
from tests.support.world import Workspace

FIRST = NewWorkspace("Minato Coffee", "Aoi@Example.com", "correct horse battery", locale="ja", time_zone="Asia/Tokyo")


async def test_the_first_owner_can_sign_in(web: Web, context: Context) -> None:
    made = await create_first(context.db, FIRST)
    browser = await web.signed_in("aoi@example.com", FIRST.owner_password)
    me = (await browser.get("me")).json()
    assert me["agent"] | {"created_at": "", "updated_at": ""} == {
        "id": str(made.agent_id),
        "name": "Aoi",
        "email": "aoi@example.com",
        "role": "owner",
        "locale": "ja",
        "status": "active",
        "availability": "offline",
        "created_at": "",
        "updated_at": "",
    }
    assert me["workspace"]["time_zone"] == "Asia/Tokyo"
    assert me["seq"] == 0
    program = await web.client()
    program.headers["Authorization"] = f"Bearer {made.api_token}"
    assert (await program.get("me")).json()["csrf_token"] is None


async def test_there_is_one_first_workspace(database: Database) -> None:
    made = await asyncio.gather(*(create_first(database, FIRST) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(each, Conflict) for each in made) == 3


async def test_a_poor_password_is_refused(database: Database) -> None:
    with pytest.raises(Invalid):
        await create_first(database, NewWorkspace("X", "x@example.com", "short"))


async def test_housekeeping_deletes_what_is_old_and_nothing_else(
    database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    now = clock.now()
    async with database.system() as tx:
        for name, age in (("old", timedelta(hours=49)), ("young", timedelta(hours=47))):
            await tx.execute(
                "INSERT INTO idempotency_keys (workspace_id, principal, key, request_hash, created_at)"
                " VALUES (%s, 'p', %s, '', %s)",
                (workspace.id, name, now - age),
            )
        for digest, expires in ((b"old", now - timedelta(seconds=1)), (b"young", now + timedelta(hours=1))):
            await tx.execute(
                "INSERT INTO sessions VALUES (%s, %s, %s, %s, %s)",
                (workspace.id, digest, workspace.agent.id, now, expires),
            )
        for name, age in (("old", timedelta(days=8)), ("young", timedelta(days=6))):
            await tx.execute(
                "INSERT INTO orphan_receipts VALUES (%s, %s, %s, 'sent', %s, %s, %s)",
                (workspace.id, inbox.id, name, now, now - age, Jsonb({})),
            )
    gone = await do_clean(database)
    found = {name: count for name, count in gone.items() if count}
    assert found == {"sessions": 1, "idempotency_keys": 1, "orphan_receipts": 1}
