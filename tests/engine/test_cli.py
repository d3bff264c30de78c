"""The command line: what it answers, and that every refusal is one clear line with exit code 1."""

import json
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from madoguchi.cli.common import database, load
from madoguchi.cli.serve import default_web_workers
from madoguchi.db.server import connect
from madoguchi.launch import Plan, arguments_of, plan_of
from tests.engine.conftest import clean_environment, madoguchi
from tests.support.ports import free_port

COMMANDS = ("demo", "serve", "worker", "init", "migrate", "backup", "restore", "simulate", "doctor")
_OWNER = ("init", "--workspace", "みなと珈琲", "--email", "aoi@example.com", "--password-stdin", "--json")


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line it said, having checked that it is one."""
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("madoguchi: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    return done.stderr


def test_help_names_every_command() -> None:
    done = madoguchi("--help")
    assert done.returncode == 0
    assert all(f"│ {command} " in done.stdout for command in COMMANDS)


def test_help_needs_none_of_the_heavy_libraries() -> None:
    heavy = ("psycopg", "pydantic", "sqlalchemy", "litestar", "aiohttp", "alembic")
    code = f"import sys, madoguchi.cli; sys.exit(any(name in sys.modules for name in {heavy!r}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_supervisor_needs_none_of_them_either() -> None:
    heavy = ("psycopg", "pydantic", "sqlalchemy", "litestar", "aiohttp", "alembic", "typer", "structlog", "asyncio")
    code = f"import sys, madoguchi.launch; sys.exit(any(name in sys.modules for name in {heavy!r}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_version() -> None:
    assert madoguchi("--version").stdout.strip() == version("madoguchi")


@pytest.mark.parametrize(
    "wrong",
    [("nothing",), ("serve", "--port", "many"), ("serve", "--port", "70000"), ("init",), ("serve", "--workers", "0")],
)
def test_wrong_use_is_exit_code_2(wrong: tuple[str, ...]) -> None:
    assert madoguchi(*wrong).returncode == 2


def test_a_taken_port(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = refused(madoguchi("serve", "--port", str(port), "--data", str(folder)))
    assert f"Port {port} on 127.0.0.1 is taken" in line
    assert "--port" in line


def test_a_taken_port_of_the_simulators(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"Port {port}" in refused(madoguchi("demo", "--no-open", "--port", str(port - 1), "--data", str(folder)))
        assert f"Port {port}" in refused(madoguchi("simulate", "--port", str(port), "--data", str(folder)))


@pytest.mark.parametrize("command", [("serve",), ("demo", "--no-open"), ("migrate",), ("simulate",)])
def test_a_data_folder_that_cannot_be_written(folder: Path, command: tuple[str, ...]) -> None:
    (folder / "file").touch()
    line = refused(madoguchi(*command, "--data", str(folder / "file" / "data")))
    assert "cannot be written" in line
    assert "--data" in line


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MADOGUCHI_LOG", "xml"),
        ("MADOGUCHI_DATABASE_URL", "mysql://host/name"),
        ("MADOGUCHI_PUBLIC_URL", "my-host"),
        ("MADOGUCHI_SECRET_KEY", "short"),
        ("MADOGUCHI_S3_URL", "my-pail"),
        ("MADOGUCHI_NATS_URL", "my-host:1"),
    ],
)
def test_a_setting_that_is_not_right(variable: str, value: str) -> None:
    line = refused(madoguchi("serve", **{variable: value}))
    assert f"{variable} is not right" in line
    assert value not in line


def test_a_database_that_does_not_answer(folder: Path) -> None:
    address = f"postgresql://somebody:verysecret@127.0.0.1:{free_port()}/none"
    done = madoguchi(
        "serve", "--port", str(free_port()), "--data", str(folder),
        MADOGUCHI_DATABASE_URL=address, MADOGUCHI_SECRET_KEY="a-key-long-enough",
    )  # fmt: skip
    line = refused(done)
    assert "The database cannot be reached" in line
    assert "verysecret" not in line


def test_a_database_of_ones_own_needs_a_key(folder: Path) -> None:
    line = refused(madoguchi("serve", "--data", str(folder), MADOGUCHI_DATABASE_URL="postgresql://host/name"))
    assert "MADOGUCHI_SECRET_KEY is not set" in line


def test_a_wrong_secret_key(folder: Path, dsn: str) -> None:
    given = {"MADOGUCHI_DATABASE_URL": uri(dsn)}
    owner = (*_OWNER, "--data", str(folder))
    assert (
        madoguchi(*owner, given="a good password\n", MADOGUCHI_SECRET_KEY="the-first-key-of-all", **given).returncode
        == 0
    )
    serve = ("serve", "--port", str(free_port()), "--data", str(folder))
    line = refused(madoguchi(*serve, MADOGUCHI_SECRET_KEY="quite-another-key!", **given))
    assert "MADOGUCHI_SECRET_KEY is not the key" in line


def test_a_worker_needs_a_database_to_share(folder: Path) -> None:
    assert "MADOGUCHI_DATABASE_URL" in refused(madoguchi("worker", "--data", str(folder)))


def test_migrate_answers_what_it_did(folder: Path) -> None:
    first = madoguchi("migrate", "--json", "--data", str(folder))
    again = madoguchi("migrate", "--json", "--data", str(folder))
    assert json.loads(first.stdout)["applied"][0] == "0001"
    assert json.loads(again.stdout) == {**json.loads(first.stdout), "applied": []}


def test_init_makes_the_first_workspace_and_refuses_a_second(folder: Path, dsn: str) -> None:
    given = {"MADOGUCHI_DATABASE_URL": uri(dsn), "MADOGUCHI_SECRET_KEY": "a-key-long-enough"}
    done = madoguchi(*_OWNER, "--data", str(folder), given="a good password\n", **given)
    made = json.loads(done.stdout)
    assert made.keys() == {"workspace_id", "agent_id", "api_token"}
    assert made["api_token"].startswith("mdg_")
    with connect(dsn) as connection:
        connection.execute("SELECT set_config('madoguchi.workspace', '*', false)")
        assert connection.execute("SELECT workspace_id::text, role, email FROM agents").fetchall() == [
            (made["workspace_id"], "owner", "aoi@example.com")
        ]
    assert "has a workspace already" in refused(
        madoguchi(*_OWNER, "--data", str(folder), given="a good password\n", **given)
    )


def test_init_refuses_a_poor_password(folder: Path, dsn: str) -> None:
    given = {"MADOGUCHI_DATABASE_URL": uri(dsn), "MADOGUCHI_SECRET_KEY": "a-key-long-enough"}
    assert "at least 10 characters" in refused(madoguchi(*_OWNER, "--data", str(folder), given="short\n", **given))


def test_init_without_a_terminal_needs_to_be_told_where_the_password_is(folder: Path) -> None:
    done = madoguchi(*[option for option in _OWNER if option != "--password-stdin"], "--data", str(folder))
    assert done.returncode == 2
    assert "--password-stdin" in done.stderr


def test_commands_share_the_database_of_one_that_runs(folder: Path) -> None:
    settings = load(folder)
    with database(settings) as first, database(settings) as second:
        assert first == second


def test_doctor_finds_a_healthy_installation(folder: Path, dsn: str) -> None:
    given = {"MADOGUCHI_DATABASE_URL": uri(dsn), "MADOGUCHI_SECRET_KEY": "a-key-long-enough"}
    done = madoguchi("doctor", "--json", "--data", str(folder), "--port", str(free_port()), **given)
    answer = json.loads(done.stdout)
    states = {check["check"]: check["state"] for check in answer["checks"]}
    assert (done.returncode, answer["ok"]) == (0, True), answer
    assert {states[name] for name in ("database", "database role", "schema", "secret key", "clock", "port")} == {"good"}


def test_doctor_finds_what_is_broken_and_says_what_to_do(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        given = {"MADOGUCHI_DATABASE_URL": "postgresql://127.0.0.1:1/none", "MADOGUCHI_SECRET_KEY": "a-key-long-enough"}
        done = madoguchi("doctor", "--json", "--data", str(folder), "--port", str(other.getsockname()[1]), **given)
    broken = {
        check["check"]: check["advice"] for check in json.loads(done.stdout)["checks"] if check["state"] == "broken"
    }
    assert done.returncode == 1
    assert broken.keys() == {"database", "port"}
    assert all(broken.values())


def test_web_processes_leave_room_for_the_rest() -> None:
    assert [default_web_workers(cores) for cores in (1, 2, 3, 4, 8)] == [1, 1, 1, 2, 4]


def test_a_plan_survives_its_command_line() -> None:
    plan = Plan(host="::1", port=1234, web=0, demo=True, no_open=True, log_file=Path("a b"), farewell="終了 -- x")
    assert plan_of(arguments_of(plan)) == plan
    assert plan_of(arguments_of(Plan())) == Plan()


def uri(dsn: str) -> str:
    """The same database as an address: settings take nothing else."""
    from urllib.parse import quote

    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(dsn)
    return f"postgresql://{parts['user']}@/{parts['dbname']}?host={quote(str(parts['host']), safe='')}"


def test_no_setting_of_ours_leaks_into_a_test() -> None:
    assert not [name for name in clean_environment() if name.startswith("MADOGUCHI_")]
