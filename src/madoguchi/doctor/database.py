"""The doctor's questions to the database server, the schema and the key."""

from collections.abc import Iterator
from contextlib import closing

import psycopg

from madoguchi.core.errors import StartError
from madoguchi.db.installation import check_secret_key
from madoguchi.db.migrate import current_of, pending_after
from madoguchi.db.server import OLDEST, check_server, connect, facts_of
from madoguchi.doctor.finding import Finding
from madoguchi.doctor.machine import check_clock
from madoguchi.settings import Settings, key_file_of, secret_key_of

_FIND_THE_KEY = "Find the key of the first installation (a backup with a passphrase has it): there is no other way."


def check_database(dsn: str, settings: Settings) -> Iterator[Finding]:
    """Reaches the server as `serve` would."""
    try:
        connection = connect(dsn)
    except StartError as error:
        yield Finding("database", "broken", str(error), "Start the server, or correct MADOGUCHI_DATABASE_URL.")
        return
    with closing(connection):
        yield from _examine(connection, settings)


def check_at_rest(settings: Settings) -> Iterator[Finding]:
    """An embedded server that is not running is left so."""
    from madoguchi.db.postgres_process import binaries

    try:
        binaries()
    except StartError as error:
        yield Finding("database", "broken", str(error), "Install Madoguchi again: its PostgreSQL comes with it.")
        return
    yield Finding("database", "good", "embedded PostgreSQL, not running now; `madoguchi serve` starts it")
    if (settings.data_dir / "postgres").exists() and _key_is_gone(settings):
        yield _gone(settings)


def _examine(connection: psycopg.Connection, settings: Settings) -> Iterator[Finding]:
    facts = facts_of(connection)
    try:
        check_server(facts)
    except StartError as error:
        advice = f"Use a server from {OLDEST} on and a database made with ENCODING 'UTF8', or the embedded one."
        yield Finding("database", "broken", str(error), advice)
        return
    yield Finding("database", "good", f"PostgreSQL {facts.version // 10_000}.{facts.version % 10_000}")
    yield _role(superuser=facts.superuser)
    yield _clock(connection)
    schema = _schema(connection)
    yield schema
    if schema.state == "good":
        yield _secret_key(connection, settings)


def _role(*, superuser: bool) -> Finding:
    if superuser:
        advice = "Use a role without SUPERUSER and BYPASSRLS: row-level security does not hold this one."
        return Finding("database role", "broken", "a superuser", advice)
    return Finding("database role", "good", "row-level security holds it")


def _clock(connection: psycopg.Connection) -> Finding:
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    return check_clock(row[0] if row else 0.0)


def _schema(connection: psycopg.Connection) -> Finding:
    try:
        missing = pending_after(current_of(connection))
    except StartError as error:
        return Finding("schema", "broken", str(error), "Install the Madoguchi that was used last, or a newer one.")
    if missing:
        return Finding(
            "schema", "attention", f"{len(missing)} revisions behind", "`madoguchi serve` or `migrate` applies them."
        )
    return Finding("schema", "good", "up to date")


def _secret_key(connection: psycopg.Connection, settings: Settings) -> Finding:
    if _key_is_gone(settings):
        return _gone(settings)
    try:
        check_secret_key(connection, secret_key_of(settings), remember=False)
    except StartError as error:
        return Finding("secret key", "broken", str(error), _FIND_THE_KEY)
    return Finding("secret key", "good", "fits this database")


def _key_is_gone(settings: Settings) -> bool:
    """Asking for it would make another one."""
    return settings.embedded and not settings.secret_key and not key_file_of(settings).exists()


def _gone(settings: Settings) -> Finding:
    return Finding("secret key", "broken", f"{key_file_of(settings)} is not there any more", _FIND_THE_KEY)
