"""The schema: applied once, by whoever comes first."""

import sys
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.rows import dict_row

from madoguchi.core.errors import StartError
from madoguchi.db import migrate
from madoguchi.db.embedded import EmbeddedServer
from madoguchi.db.installation import check_secret_key
from madoguchi.db.server import ServerFacts, check_server, connect, facts_of
from tests.engine.conftest import Run

_MIGRATE = "import sys; from madoguchi.db.migrate import migrate; print(migrate(sys.argv[1]))"


def test_two_nodes_at_once_apply_everything_once(folder: Path, start: Run) -> None:
    with EmbeddedServer(folder, durable=False) as server:
        nodes = [start(sys.executable, "-c", _MIGRATE, server.dsn) for _ in range(3)]
        said = sorted(node.communicate(timeout=60)[0].strip() for node in nodes)
        assert [node.returncode for node in nodes] == [0, 0, 0]
        assert said == sorted(["[]", "[]", str(migrate.revisions())])
        assert migrate.current(server.dsn) == migrate.newest()


def test_a_second_time_there_is_nothing_to_do(dsn: str) -> None:
    assert migrate.migrate(dsn) == []
    assert migrate.pending(dsn) == []


async def test_readiness_knows_whether_the_schema_is_current(dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        assert await migrate.is_current(connection)
        await connection.execute("UPDATE alembic_version SET version_num = '0001'")
        assert not await migrate.is_current(connection)
        await connection.execute("DROP TABLE alembic_version")
        assert not await migrate.is_current(connection)


def test_a_database_of_a_newer_madoguchi_is_left_alone(dsn: str) -> None:
    with connect(dsn) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StartError, match=r"newer Madoguchi \(9999\)"):
        migrate.migrate(dsn)


def test_the_history_is_one_line_named_by_its_files() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [migrate.newest()]
    assert [revision.revision for revision in script.walk_revisions()][::-1] == migrate.revisions()


def test_the_jobs_tables_come_with_the_schema(dsn: str) -> None:
    with connect(dsn) as connection:
        assert connection.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL").fetchone() == (True,)


@pytest.mark.parametrize(("version", "shown"), [(150_008, "15"), (90_624, "9")])
def test_too_old_a_server_is_refused_in_one_sentence(version: int, shown: str) -> None:
    with pytest.raises(StartError) as refused:
        check_server(ServerFacts(version, "UTF8", superuser=False))
    assert str(refused.value) == f"The database is PostgreSQL {shown}; Madoguchi needs version 16 or newer."


def test_another_encoding_is_refused() -> None:
    with pytest.raises(StartError, match="encoded in SQL_ASCII"):
        check_server(ServerFacts(180_000, "SQL_ASCII", superuser=False))


def test_the_embedded_server_passes(dsn: str) -> None:
    with connect(dsn) as connection:
        facts = facts_of(connection)
    check_server(facts)
    assert not facts.superuser


def test_a_server_that_is_not_there_is_one_line() -> None:
    with pytest.raises(StartError, match="The database cannot be reached") as refused:
        connect("postgresql://somebody:verysecret@127.0.0.1:1/nothing")
    assert "\n" not in str(refused.value)
    assert "verysecret" not in str(refused.value)


def test_another_secret_key_than_the_first_is_refused(dsn: str) -> None:
    with connect(dsn) as connection:
        check_secret_key(connection, "the-first-key-of-all")
        check_secret_key(connection, "the-first-key-of-all")
        with pytest.raises(StartError, match="MADOGUCHI_SECRET_KEY is not the key"):
            check_secret_key(connection, "quite-another-key!")
