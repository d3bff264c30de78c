"""The faults of an installation, each really made, and what the doctor says of it."""

import asyncio
import os
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from madoguchi.backup.save import Source, save
from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import first_id_at
from madoguchi.db.installation import note_backup
from madoguchi.db.pool import dedicated
from madoguchi.doctor import Finding, examine
from madoguchi.doctor.address import check_certificate, check_mail_certificate, check_reachable
from madoguchi.doctor.database import check_at_rest, check_database
from madoguchi.doctor.machine import check_data_folder
from madoguchi.doctor.work import check_work
from madoguchi.inboxes.health import check
from madoguchi.settings import Settings
from tests.support.certificates import HERE, Authority
from tests.support.meta import sign, text_message, webhook
from tests.support.ports import free_port
from tests.support.web import Web
from tests.support.world import SECRET_KEY, Workspace, make_mailbox


async def work(dsn: str, *, running: bool = True) -> dict[str, Finding]:
    """The last finding of each kind; each that is not good says what to do."""
    found = await asyncio.to_thread(check_work, dsn, running=running)
    assert all(bool(each.advice) == (each.state != "good") for each in found)
    return {each.check: each for each in found}


def database(dsn: str, settings: Settings | None = None) -> dict[str, Finding]:
    return {
        each.check: each for each in check_database(dsn, settings or Settings(database_url=dsn, secret_key=SECRET_KEY))
    }


@asynccontextmanager
async def lanes_at_work(dsn: str, *workers: int) -> AsyncIterator[None]:
    connection = await dedicated(dsn)
    for worker in workers:
        await connection.execute("SELECT pg_advisory_lock_shared(7300, %s)", (worker,))
    try:
        yield
    finally:
        await connection.close()


@contextmanager
def web_server(answer: bytes, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 404)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def empty_database(options: str) -> Iterator[str]:
    admin, name = os.environ["MADOGUCHI_TEST_ADMIN_DSN"], f"doctor_{os.urandom(4).hex()}"
    with psycopg.connect(admin, autocommit=True) as connection:
        identifier = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER madoguchi ").format(identifier) + sql.SQL(options))
        yield psycopg.conninfo.make_conninfo(admin, user="madoguchi", dbname=name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def test_a_database_in_another_encoding() -> None:
    with empty_database("ENCODING 'SQL_ASCII' LOCALE_PROVIDER 'libc' LOCALE 'C' TEMPLATE template0") as dsn:
        found = database(dsn)["database"]
    assert found.state == "broken"
    assert "SQL_ASCII" in found.detail
    assert "ENCODING 'UTF8'" in found.advice


def test_a_schema_that_is_behind() -> None:
    with empty_database("") as dsn:
        found = database(dsn)["schema"]
    assert (found.state, "revisions behind" in found.detail, "migrate" in found.advice) == ("attention", True, True)


def test_a_role_that_row_level_security_does_not_hold() -> None:
    found = database(os.environ["MADOGUCHI_TEST_ADMIN_DSN"])["database role"]
    assert (found.state, "SUPERUSER" in found.advice) == ("broken", True)


def test_another_secret_key(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO installation (key, value) VALUES ('secret_key_check', 'of another key')")
    found = database(dsn)["secret key"]
    assert (found.state, "first installation" in found.advice) == ("broken", True)


def test_a_secret_key_that_was_deleted_is_not_made_again(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    found = {each.check: each for each in check_at_rest(Settings(data_dir=tmp_path))}["secret key"]
    assert (found.state, "not there any more" in found.detail) == ("broken", True)
    assert not (tmp_path / "secret.key").exists()


def test_a_data_folder_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert check_data_folder(file).state == "broken"
    assert check_data_folder(file / "data").state == "broken"


def test_an_address_that_leads_nowhere_or_elsewhere() -> None:
    gone = check_reachable(f"http://127.0.0.1:{free_port()}")
    assert (gone.state, "does not answer" in gone.detail, bool(gone.advice)) == ("broken", True, True)
    with web_server(b"<html>another site</html>") as url:
        other = check_reachable(url)
    assert (other.state, "it is not Madoguchi" in other.detail) == ("broken", True)


async def test_an_address_that_leads_here(web: Web) -> None:
    assert (await asyncio.to_thread(check_reachable, web.url)).state == "good"


@pytest.mark.parametrize(("days", "state"), [(-1, "broken"), (5, "attention"), (25, "good")])
def test_certificates_that_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, days: int, state: str) -> None:
    authority = Authority()
    trusted = tmp_path / "authority.pem"
    trusted.write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    tls = authority.serving(tmp_path, HERE, days)
    assert check_mail_certificate(str(tmp_path / "server.pem")).state == state
    with web_server(b'{"status": "ok"}', tls) as url:
        reachable, certificate = check_reachable(url), check_certificate(url)
    if state == "broken":  # it is not good enough to be looked at
        assert (reachable.state, "expired" in reachable.detail, certificate) == ("broken", True, None)
    else:
        assert reachable.state == "good"
        assert certificate is not None
        assert certificate.state == state


def test_a_mail_certificate_that_is_not_there(tmp_path: Path) -> None:
    assert check_mail_certificate(str(tmp_path / "none.pem")).state == "broken"


def test_a_program_that_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MADOGUCHI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MADOGUCHI_PUBLIC_URL", "http://desk.example.invalid")
    found = {each.check: each for each in examine(None, free_port())}
    assert (found["ffmpeg"].state, found["ffmpeg"].advice) == ("attention", "Install ffmpeg.")
    assert found["public URL"].state == "attention"


async def test_workers_that_do_not_run(dsn: str) -> None:
    assert (await work(dsn, running=False))["workers"].state == "good"
    none = (await work(dsn))["workers"]
    assert (none.state, "inbound" in none.detail) == ("broken", True)
    async with lanes_at_work(dsn, 1, 3):
        some = (await work(dsn, running=False))["workers"]
    assert (some.state, some.detail) == ("broken", "nobody does the work of conversational, campaigns")
    async with lanes_at_work(dsn, 1, 2, 3):
        found = await work(dsn)
    assert (found["workers"].state, found["lag"].state) == ("good", "good")


async def test_a_lane_that_is_behind(dsn: str, context: Context, inbox: InboxConfig) -> None:
    async with context.db.system() as tx:
        await tx.execute(
            "INSERT INTO ingest_queue (workspace_id, id, inbox_id, slot) VALUES (%s, %s, %s, 0)",
            (inbox.workspace_id, first_id_at(clock.now() - timedelta(minutes=2)), inbox.id),
        )
    async with lanes_at_work(dsn, 1, 2, 3):
        found = (await work(dsn))["lag"]
    assert (found.state, found.detail.startswith("inbound is 1"), "1 wait" in found.detail) == ("attention", True, True)


async def test_a_provider_that_signs_with_another_secret(dsn: str, web: Web, inbox: InboxConfig) -> None:
    client = await web.client()
    address, body = f"{web.url}/webhooks/{inbox.settings['webhook_key']}", webhook(text_message("hello"))
    assert (await client.post(address, content=body, headers=sign(body))).status_code == 200
    assert (await work(dsn))["webhooks"].state == "good"
    assert (await client.post(address, content=body, headers=sign(body, "another secret"))).status_code == 401
    async with asyncio.timeout(30):
        while (found := (await work(dsn))["webhooks"]).state == "good":
            await asyncio.sleep(0.02)
    assert (found.state, str(inbox.id) in found.detail, "401 (signature wrong)" in found.detail) == (
        "broken",
        True,
        True,
    )
    assert "app secret" in found.advice
    await _change_credentials(dsn)
    assert (await work(dsn))["webhooks"].state == "good"


async def _change_credentials(dsn: str) -> None:
    connection = await dedicated(dsn)
    await connection.execute("UPDATE inboxes SET credentials_at = %s", (clock.now(),))
    await connection.close()


async def test_a_mailbox_that_cannot_send(dsn: str, context: Context, workspace: Workspace) -> None:
    server = {"smtp_host": "127.0.0.1", "smtp_port": free_port(), "smtp_tls": "none"}
    mailbox = await make_mailbox(context.db, workspace.id, settings=server)
    await check(context.db, context.http, context.secrets, workspace.id, mailbox.id)
    found = (await work(dsn))["inbox"]
    assert found.state != "good"
    assert str(mailbox.id) in found.detail


async def test_what_was_set_aside(dsn: str, context: Context, inbox: InboxConfig) -> None:
    now = clock.now()
    async with context.db.system() as tx:
        await tx.execute(
            "INSERT INTO set_aside (workspace_id, id, inbox_id, ingest_id, event_index, reason, detail, created_at)"
            " VALUES (%s, %s, %s, %s, 0, 'failed', 'DataError', %s)",
            (inbox.workspace_id, first_id_at(now), inbox.id, first_id_at(now), now),
        )
    assert (await work(dsn))["set aside"].state == "attention"


async def test_a_backup_that_is_old_or_was_never_made(dsn: str, context: Context, workspace: Workspace) -> None:
    assert (await work(dsn))["backup"].state == "good"
    async with context.db.system() as tx:
        await tx.execute("UPDATE workspaces SET created_at = %s", (datetime.now(UTC) - timedelta(days=30),))
    assert (await work(dsn))["backup"].state == "attention"
    await note_backup(dsn, datetime.now(UTC) - timedelta(days=9))
    old = (await work(dsn))["backup"]
    assert (old.state, "9 days ago" in old.detail) == ("attention", True)


async def test_a_backup_is_noted_when_it_is_made(
    dsn: str, context: Context, workspace: Workspace, tmp_path: Path
) -> None:
    async with context.db.system() as tx:
        await tx.execute("UPDATE workspaces SET created_at = %s", (datetime.now(UTC) - timedelta(days=30),))
    await save(Source(dsn, context.storage, "test", None), tmp_path / "b.mdg", "", lambda *_: None)
    assert (await work(dsn))["backup"].state == "good"
