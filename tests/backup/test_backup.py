"""A backup taken while people write is one moment of the installation, and what is restored from it never sends."""

import asyncio
import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from madoguchi.backup.sealed import CannotOpen, SealedReader, SealedWriter
from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.core.secrets import SecretBox
from madoguchi.db.pool import Connection
from tests.engine.conftest import clean_environment, madoguchi
from tests.support.world import SECRET_KEY

_ADMIN = "MADOGUCHI_TEST_ADMIN_DSN"
_PASSPHRASE = "窓口 and a half"


@pytest.fixture
def empty() -> Iterator[str]:
    """A database with nothing in it, not even a schema."""
    name = f"restored_{new_id().hex[-12:]}"
    with psycopg.connect(os.environ[_ADMIN], autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER madoguchi").format(sql.Identifier(name))
        )
    yield psycopg.conninfo.make_conninfo(os.environ[_ADMIN], user="madoguchi", dbname=name)
    with psycopg.connect(os.environ[_ADMIN], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


class Command:
    """The command line on a database of the test's, with a folder of its own."""

    def __init__(self, dsn: str, folder: Path, *, key: str = SECRET_KEY) -> None:
        parts = psycopg.conninfo.conninfo_to_dict(dsn)
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._environment = clean_environment(
            MADOGUCHI_DATABASE_URL=f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}",
            **({"MADOGUCHI_SECRET_KEY": key} if key else {}),
        )

    async def __call__(
        self, *arguments: object, passphrase: str = "", largest: int = 0
    ) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(self.run, *arguments, passphrase=passphrase, largest=largest)

    def run(self, *arguments: object, passphrase: str = "", largest: int = 0) -> subprocess.CompletedProcess[str]:
        given = {"MADOGUCHI_BACKUP_PASSPHRASE": passphrase} if passphrase else {}
        code = "from madoguchi.cli import main; main()"
        if largest:
            code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest})); {code}"
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments), "--data", str(self.folder)],
            env={**self._environment, **given},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def original(context: Context, tmp_path: Path) -> Command:
    return Command(context.db.dsn, tmp_path)


@pytest.fixture
def copy(empty: str, tmp_path: Path) -> Command:
    return Command(empty, tmp_path / "copy")


async def _remember_key(tx: Connection) -> None:
    await tx.execute(
        "INSERT INTO installation (key, value) VALUES ('secret_key_check', %s) ON CONFLICT DO NOTHING",
        (SecretBox(SECRET_KEY).check_value(),),
    )


async def _pair(tx: Connection, inbox: InboxConfig, status: str = "queued") -> None:
    """A message and its queue row, always together: a backup that has one without the other is not one moment."""
    message, conversation, now = new_id(), new_id(), clock.now()
    await tx.execute(
        "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, status, author_kind,"
        " created_at) VALUES (%s, %s, %s, %s, 'out', 'text', %s, %s, 'agent', %s)",
        (inbox.workspace_id, message, conversation, inbox.id, "雨\tand \\ a\nnew line", status, now),
    )
    await tx.execute(
        "INSERT INTO outbox (workspace_id, message_id, inbox_id, conversation_id, slot, sending, due_at)"
        " VALUES (%s, %s, %s, %s, 1, %s, %s)",
        (inbox.workspace_id, message, inbox.id, conversation, status == "sending", now),
    )


async def _file(context: Context, inbox: InboxConfig, content: bytes) -> str:
    media = new_id()
    key = f"{inbox.workspace_id}/{media}"
    await context.storage.write(key, content)
    async with context.db.system() as tx:
        await tx.execute(
            "INSERT INTO media (workspace_id, id, state, size, storage_key, created_at)"
            " VALUES (%s, %s, 'stored', %s, %s, %s)",
            (inbox.workspace_id, media, len(content), key, clock.now()),
        )
    return key


@contextlib.asynccontextmanager
async def _writers(context: Context, inbox: InboxConfig) -> AsyncIterator[list[int]]:
    written = [0]

    async def write() -> None:
        while True:
            async with context.db.system() as tx:
                await _pair(tx, inbox)
            written[0] += 1

    tasks = [asyncio.create_task(write()) for _ in range(3)]
    try:
        yield written
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _all(dsn: str, statement: str) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        await connection.execute("SELECT set_config('madoguchi.workspace', '*', false)")
        return await (await connection.execute(statement)).fetchall()


@pytest.mark.parametrize("passphrase", ["", _PASSPHRASE])
async def test_a_backup_under_load_is_one_moment_and_never_sends(
    original: Command, copy: Command, context: Context, inbox: InboxConfig, empty: str, tmp_path: Path, passphrase: str
) -> None:
    content = os.urandom(3_000_000)
    key = await _file(context, inbox, content)
    async with context.db.system() as tx:
        await _remember_key(tx)
        for status in ("queued", "sending", "scheduled"):
            await _pair(tx, inbox, status)
    backup = tmp_path / "all.mdg"
    async with _writers(context, inbox) as written:
        while written[0] < 50:
            await asyncio.sleep(0.01)
        before = written[0]
        done = await original("backup", backup, "--json", passphrase=passphrase)
        assert written[0] > before, "nobody had to wait for the backup"
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["media"] == 1
    assert json.loads(done.stdout)["encrypted"] is bool(passphrase)
    assert (key.encode() in backup.read_bytes()) is not bool(passphrase)
    assert backup.stat().st_mode & 0o077 == 0

    restored = await copy("restore", backup, "--verify", "--json", passphrase=passphrase)
    assert restored.returncode == 0, restored.stderr
    answer = json.loads(restored.stdout)
    assert answer["checks"]
    assert all(check["same"] for check in answer["checks"])
    assert answer["held_back"] >= before
    assert await _all(empty, "SELECT status, error, count(*) FROM messages GROUP BY 1, 2") == [
        ("uncertain", {"code": "restored"}, answer["held_back"])
    ]
    assert await _all(empty, "SELECT count(*) FROM outbox") == [(0,)]
    assert await _all(empty, "SELECT DISTINCT text FROM messages") == [("雨\tand \\ a\nnew line",)]
    assert (copy.folder / "media" / key).read_bytes() == content


async def test_the_restored_database_is_as_guarded_as_the_first(
    original: Command, copy: Command, context: Context, inbox: InboxConfig, empty: str, tmp_path: Path
) -> None:
    assert (await original("backup", tmp_path / "all.mdg")).returncode == 0
    assert (await copy("restore", tmp_path / "all.mdg")).returncode == 0
    state = (
        "SELECT relname, relrowsecurity, relforcerowsecurity, (SELECT string_agg(tgname::text || tgenabled::text, ',' ORDER BY tgname)"
        " FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal) FROM pg_class c"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    assert await _all(empty, state) == await _all(context.db.dsn, state)


async def test_refusals_are_one_line(
    original: Command, copy: Command, context: Context, inbox: InboxConfig, empty: str, tmp_path: Path
) -> None:
    plain, sealed = tmp_path / "plain.mdg", tmp_path / "sealed.mdg"
    async with context.db.system() as tx:
        await _remember_key(tx)
    await _file(context, inbox, os.urandom(2_500_000))
    assert "secret key is not in it" in (await original("backup", plain)).stdout
    assert (await original("backup", sealed, passphrase=_PASSPHRASE)).returncode == 0
    damaged, cut = tmp_path / "damaged.mdg", tmp_path / "cut.mdg"
    for name, source in (("plain", plain), ("sealed", sealed)):
        content = bytearray(source.read_bytes())
        content[1_500_000] ^= 1
        damaged.with_name(f"damaged-{name}").write_bytes(content)
        cut.with_name(f"cut-{name}").write_bytes(content[:-20])
    other_key = Command(empty, tmp_path / "other", key="quite another key!")
    attempts = [
        (original, ("backup", plain), "", "exists already"),
        (original, ("restore", plain), "", "not empty"),
        (copy, ("restore", sealed), "", "is encrypted"),
        (copy, ("restore", sealed), "guess", "passphrase is wrong"),
        (copy, ("restore", tmp_path / "none"), "", "is not there"),
        (copy, ("restore", tmp_path / "damaged-plain"), "", "damaged"),
        (copy, ("restore", tmp_path / "damaged-sealed"), _PASSPHRASE, "damaged"),
        (copy, ("restore", tmp_path / "cut-plain"), "", "damaged"),
        (copy, ("restore", tmp_path / "cut-sealed"), _PASSPHRASE, "damaged"),
        (other_key, ("restore", plain), "", "not the key"),
    ]
    for command, arguments, passphrase, expected in attempts:
        done = await command(*arguments, passphrase=passphrase)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert done.stderr.startswith("madoguchi: ")
        assert done.stderr.count("\n") == 1
        assert expected in done.stderr
    # After all those the target is still empty, and takes the whole one.
    assert (await copy("restore", plain, "--verify")).returncode == 0
    assert (await copy("restore")).returncode == 2


async def test_a_full_disk_leaves_no_half_file(
    original: Command, context: Context, inbox: InboxConfig, tmp_path: Path
) -> None:
    await _file(context, inbox, os.urandom(3_000_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    done = await original("backup", tmp_path / "all.mdg", largest=1_000_000)
    assert resource.getrlimit(resource.RLIMIT_FSIZE) == before
    assert done.returncode == 1
    assert done.stderr.startswith("madoguchi: ")
    assert "cannot be written" in done.stderr
    assert not any(await asyncio.to_thread(lambda: list(tmp_path.glob("all.mdg*"))))


def test_an_embedded_installation_moves_with_its_key(folder: Path) -> None:
    first, second, backup = folder / "first", folder / "second", folder / "all.mdg"
    owner = ("--workspace", "みなと珈琲", "--email", "aoi@example.com", "--password-stdin", "--json")
    made = madoguchi("init", *owner, "--data", str(first), given="a good password\n")
    assert made.returncode == 0, made.stderr
    secret = {"MADOGUCHI_BACKUP_PASSPHRASE": _PASSPHRASE}
    assert madoguchi("backup", str(backup), "--data", str(first), **secret).returncode == 0
    done = madoguchi(
        "restore", str(backup), "--verify", "--passphrase-stdin", "--data", str(second), given=f"{_PASSPHRASE}\n"
    )
    assert done.returncode == 0, done.stderr
    assert "tables/workspaces" in done.stdout
    assert (second / "secret.key").read_bytes() == (first / "secret.key").read_bytes()
    assert (second / "secret.key").stat().st_mode & 0o077 == 0
    again = madoguchi("init", *owner, "--data", str(second), given="a good password\n")
    assert again.returncode == 1
    assert "already" in again.stderr


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a socket's is limited."""
    made = Path(tempfile.mkdtemp(prefix="mdg"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])
def test_a_sealed_file_is_read_at_any_place(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    with (tmp_path / "f").open("wb") as raw, SealedWriter(raw, "secret") as out:
        out.write(content)
    with (tmp_path / "f").open("rb") as found:
        assert SealedReader(found, "secret").readall() == content
        found.seek(0)
        reader = SealedReader(found, "secret")
        reader.seek(-min(size, 10), 2)
        assert reader.readall() == content[-min(size, 10) :]
        found.seek(0)
        with pytest.raises(CannotOpen):
            SealedReader(found, "Secret")
