"""Row-level security backs up the queries: invariant 8, attacked in plain SQL."""

import psycopg
import pytest

from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.world import Workspace, make_workspace

_WITHOUT_TENANT = {"installation", "alembic_version"}


async def test_a_transaction_sees_its_own_workspace_only(database: Database, workspace: Workspace) -> None:
    other = await make_workspace(database, "Elsewhere")
    async with database.workspace(workspace.id) as tx:
        rows = await (await tx.execute("SELECT workspace_id FROM agents")).fetchall()
    assert {row["workspace_id"] for row in rows} == {workspace.id}
    async with database.workspace(other.id) as tx:
        cursor = await tx.execute("UPDATE agents SET name = 'taken' WHERE id = %s", (workspace.agent.id,))
    assert cursor.rowcount == 0


async def test_a_row_of_another_workspace_cannot_be_written(database: Database, workspace: Workspace) -> None:
    other = await make_workspace(database, "Elsewhere")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with database.workspace(other.id) as tx:
            await tx.execute(
                "INSERT INTO contacts (workspace_id, id, created_at, updated_at) VALUES (%s, %s, %s, %s)",
                (workspace.id, new_id(), clock.now(), clock.now()),
            )


async def test_without_a_workspace_there_is_nothing(dsn: str, workspace: Workspace) -> None:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        row = await (await connection.execute("SELECT count(*) FROM agents")).fetchone()
    assert row == (0,)


async def test_the_tenant_does_not_outlive_its_transaction(database: Database, workspace: Workspace) -> None:
    async with database.workspace(workspace.id) as tx:
        await tx.execute("SELECT 1")
    async with database._pool.connection() as connection:
        row = await (await connection.execute("SELECT count(*) AS n FROM agents")).fetchone()
    assert row == {"n": 0}


async def test_every_table_has_the_tenant_first_in_every_key_and_is_guarded(database: Database) -> None:
    async with database.system() as tx:
        tables = await (
            await tx.execute(
                "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS guarded FROM pg_class c"
                " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'"
                " AND c.relname NOT LIKE 'procrastinate%'"
            )
        ).fetchall()
        keys = await (
            await tx.execute(
                "SELECT k.conrelid::regclass::text AS relname, k.conname, a.attname FROM pg_constraint k"
                " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
                " WHERE k.contype IN ('p', 'u', 'f') AND k.connamespace = 'public'::regnamespace"
                " AND k.conrelid::regclass::text NOT LIKE 'procrastinate%'"
            )
        ).fetchall()
    tenant_tables = {t["relname"] for t in tables} - _WITHOUT_TENANT
    assert len(tenant_tables) > 20
    assert [t["relname"] for t in tables if t["relname"] in tenant_tables and not t["guarded"]] == []
    assert [k for k in keys if k["relname"] in tenant_tables and k["attname"] != "workspace_id"] == []
