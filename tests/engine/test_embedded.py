"""The embedded PostgreSQL: starts, stops, survives, refuses."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from madoguchi.core.errors import StartError
from madoguchi.db.embedded import EmbeddedServer, is_locked, running_dsn
from madoguchi.db.postgres_process import live_processes, open_the_way, server_tag
from tests.engine.conftest import Run, eventually, is_gone

# Start a server as another process would, say its pid, and wait to be killed.
_HOLDER = """
import sys, time
from pathlib import Path
from madoguchi.db.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[EmbeddedServer, Path]]:
    data = Path(tempfile.mkdtemp(prefix="mdg"))
    with EmbeddedServer(data) as server:
        yield server, data
    shutil.rmtree(data, ignore_errors=True)


def test_what_was_written_is_there_after_a_restart(folder: Path) -> None:
    with EmbeddedServer(folder) as server, psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'みなと珈琲' AS name")
    with EmbeddedServer(folder) as server, psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT name FROM kept").fetchone() == ("みなと珈琲",)


def test_the_products_role_is_held_by_row_level_security(folder: Path) -> None:
    with EmbeddedServer(folder) as server, psycopg.connect(server.dsn) as connection:
        row = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == ("madoguchi", False, False, False, False)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("server_encoding", "UTF8"),
        ("listen_addresses", ""),
        ("log_error_verbosity", "terse"),
        ("log_parameter_max_length_on_error", "0"),
    ],
)
def test_it_is_durable_private_and_discreet(shared: tuple[EmbeddedServer, Path], setting: str, value: str) -> None:
    server, _ = shared
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT current_setting(%s)", (setting,)).fetchone() == (value,)


def test_text_is_ordered_and_cased_as_unicode_everywhere_alike(shared: tuple[EmbeddedServer, Path]) -> None:
    server, _ = shared
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT upper('ñ ж'), lower('ÀÉ')").fetchone() == ("Ñ Ж", "àé")


def test_others_cannot_reach_the_data_or_the_socket(shared: tuple[EmbeddedServer, Path]) -> None:
    cluster = shared[1] / "postgres"
    assert cluster.stat().st_mode & 0o077 == 0
    sockets = [path for path in cluster.iterdir() if path.is_socket()]
    assert sockets
    assert all(path.stat().st_mode & 0o077 == 0 for path in sockets)


def test_a_statement_that_fails_leaves_none_of_its_content_in_the_log(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE one (secret text PRIMARY KEY)")
            for _ in range(2):
                try:
                    connection.execute("INSERT INTO one VALUES (%s)", ("とても秘密",))
                except psycopg.Error:
                    break
        # The server's log collector is a process of its own and writes a moment later.
        eventually(lambda: b"duplicate key" in _logs(folder))
    assert "とても秘密".encode() not in _logs(folder)


def _logs(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in (folder / "postgres" / "log").iterdir())


def test_a_second_one_on_the_same_folder_is_refused(folder: Path) -> None:
    with EmbeddedServer(folder):
        assert is_locked(folder)
        with pytest.raises(StartError, match="Another madoguchi uses the data folder"):
            EmbeddedServer(folder).start()
    assert not is_locked(folder)


def test_a_running_one_is_found_by_others(folder: Path) -> None:
    assert running_dsn(folder) is None
    with EmbeddedServer(folder) as server:
        assert running_dsn(folder) == server.dsn
    assert running_dsn(folder) is None


def test_after_the_server_and_its_starter_are_killed_it_recovers(folder: Path, start: Run) -> None:
    holder = start(sys.executable, "-c", _HOLDER, str(folder))
    assert holder.stdout
    pid = int(holder.stdout.readline())
    with psycopg.connect(running_dsn(folder) or "", autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        everybody = live_processes(server_tag(folder / "postgres"))
        for victim in (holder.pid, *everybody):
            with suppress(ProcessLookupError):  # some end by themselves when others do
                os.kill(victim, signal.SIGKILL)
    with EmbeddedServer(folder) as server, psycopg.connect(server.dsn) as connection:
        assert server.pid != pid
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_the_server_goes_down_with_its_killed_starter(folder: Path, start: Run) -> None:
    holder = start(sys.executable, "-c", _HOLDER, str(folder))
    assert holder.stdout
    pid = int(holder.stdout.readline())
    holder.kill()
    # Only Linux tells a process of its parent's death; elsewhere the next start adopts the server.
    eventually(lambda: is_gone(pid) or sys.platform != "linux")


def test_orphans_of_a_killed_postmaster_do_not_stop_the_next_start(folder: Path, start: Run) -> None:
    holder = start(sys.executable, "-c", _HOLDER, str(folder))
    assert holder.stdout
    os.kill(int(holder.stdout.readline()), signal.SIGKILL)
    holder.kill()
    holder.wait()
    with EmbeddedServer(folder) as server, psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_still_runs_is_adopted(folder: Path) -> None:
    first = EmbeddedServer(folder)
    first.start()
    assert first._lock is not None
    # As after a kill where the system does not tell the server of it.
    os.close(first._lock)
    first._lock = None
    second = EmbeddedServer(folder)
    try:
        assert second.start() == first.dsn
        assert second.pid == first.pid
        assert second.alive()
    finally:
        second.stop()
    assert first._process
    first._process.wait(5)
    assert running_dsn(folder) is None


def test_a_stale_pid_file_that_names_somebody_else_is_no_obstacle(folder: Path) -> None:
    with EmbeddedServer(folder):
        pass
    stale = f"{os.getpid()}\n{folder}/postgres\n1\n5432\n{folder}/postgres\n\n  1 1\nready\n"
    (folder / "postgres" / "postmaster.pid").write_text(stale, encoding="ascii")
    with EmbeddedServer(folder) as server:
        assert server.pid != os.getpid()


def test_a_half_made_cluster_is_made_anew(folder: Path) -> None:
    half = folder / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n", encoding="ascii")
    with EmbeddedServer(folder) as server, psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_it_is_revived_at_the_same_address(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        address = server.dsn
        os.kill(server.pid, signal.SIGKILL)
        eventually(lambda: not server.alive())
        server.revive()
        assert server.dsn == address
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_path_too_long_for_a_socket_still_works(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    with EmbeddedServer(deep) as server, psycopg.connect(server.dsn) as connection:
        first = server.dsn
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with EmbeddedServer(deep) as server:
        assert server.dsn == first


def test_data_of_another_version_is_refused_in_one_line(folder: Path) -> None:
    with EmbeddedServer(folder):
        pass
    (folder / "postgres" / "PG_VERSION").write_text("15\n", encoding="ascii")
    with pytest.raises(StartError, match=r"written by PostgreSQL 15, but this Madoguchi brings version 18") as refused:
        EmbeddedServer(folder).start()
    assert "\n" not in str(refused.value)


def test_a_folder_that_cannot_be_written_is_refused_in_one_line(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(StartError, match="cannot be written") as refused:
        EmbeddedServer(folder / "file" / "data").start()
    assert "\n" not in str(refused.value)


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    with EmbeddedServer(folder):
        pass
    with (folder / "postgres" / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write("shared_buffers = 'plenty'\n")
    with pytest.raises(StartError, match=r"does not start: configuration file .* contains errors"):
        EmbeddedServer(folder).start()
    assert not is_locked(folder)


def test_old_log_files_go(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        for hour in range(12):
            (folder / "postgres" / "log" / f"postgresql-20260101-{hour:02}0000.log").touch()
        server.tidy_logs()
        assert len(list((folder / "postgres" / "log").glob("postgresql-*.log"))) == 5


@pytest.mark.parametrize("closed", [0o700, 0o750])
def test_only_passing_through_is_opened(folder: Path, closed: int, capsys: pytest.CaptureFixture[str]) -> None:
    somebodys, ours = folder / "home", folder / "home" / "data"
    ours.mkdir(parents=True)
    for each in (ours, somebodys):
        each.chmod(closed)
    open_the_way(ours)
    open_the_way(ours)
    assert [each.stat().st_mode & 0o777 for each in (somebodys, ours)] == [closed | 0o001] * 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"opened {somebodys} " in said
