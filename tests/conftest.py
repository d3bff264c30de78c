"""One PostgreSQL for the run, one migrated template in it, one clone of the template for each test that asks."""

import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context, open_context
from madoguchi.db.embedded import EmbeddedServer
from madoguchi.db.migrate import migrate
from madoguchi.db.pool import Database
from tests.support.web import Web, running_web
from tests.support.world import SECRET_KEY, Workspace, make_inbox, make_workspace

_ADMIN = "MADOGUCHI_TEST_ADMIN_DSN"
_TEMPLATE = "madoguchi"


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts the server before the workers are forked; they find it in the environment."""
    if _ADMIN in os.environ or config.option.collectonly:
        return
    folder = Path(tempfile.mkdtemp(prefix="mdg"))
    server = EmbeddedServer(folder, durable=False)
    migrate(server.start())
    os.environ[_ADMIN] = server.superuser_dsn

    def stop() -> None:
        os.environ.pop(_ADMIN, None)
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

    config.add_cleanup(stop)


@pytest.fixture
def dsn() -> Iterator[str]:
    """A database of the test's own, migrated and empty; the role is the product's, row-level security holds it."""
    admin = os.environ[_ADMIN]
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER madoguchi").format(
                sql.Identifier(name), sql.Identifier(_TEMPLATE)
            )
        )
    yield psycopg.conninfo.make_conninfo(admin, user="madoguchi", dbname=name)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    async with Database(dsn, size=8) as database:
        yield database


@pytest.fixture
async def context(dsn: str, tmp_path: Path) -> AsyncIterator[Context]:
    async with open_context(
        dsn=dsn, secret_key=SECRET_KEY, media_url=(tmp_path / "media").as_uri(), public_url="http://127.0.0.1:8900"
    ) as context:
        yield context


@pytest.fixture
async def workspace(database: Database) -> Workspace:
    return await make_workspace(database)


@pytest.fixture
async def inbox(database: Database, workspace: Workspace) -> InboxConfig:
    return await make_inbox(database, workspace.id)


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Web]:
    async with running_web(context) as web:
        yield web
