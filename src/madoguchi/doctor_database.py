"""The doctor's questions to a database that answers."""

from collections.abc import Iterator

import psycopg

from madoguchi.core.errors import StartError
from madoguchi.db.installation import check_secret_key
from madoguchi.db.migrate import current_of, pending_after
from madoguchi.db.server import check_server, facts_of
from madoguchi.doctor import Finding, check_clock
from madoguchi.settings import Settings, secret_key_of


def examine(connection: psycopg.Connection, settings: Settings) -> Iterator[Finding]:
    facts = facts_of(connection)
    try:
        check_server(facts)
    except StartError as error:
        yield Finding("database", "broken", str(error), "Use another server, or the embedded one.")
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
        return Finding("schema", "broken", str(error))
    if missing:
        return Finding(
            "schema", "attention", f"{len(missing)} revisions behind", "`madoguchi serve` or `migrate` applies them."
        )
    return Finding("schema", "good", "up to date")


def _secret_key(connection: psycopg.Connection, settings: Settings) -> Finding:
    try:
        check_secret_key(connection, secret_key_of(settings), remember=False)
    except StartError as error:
        return Finding(
            "secret key", "broken", str(error), "Find the key of the first installation: there is no other way."
        )
    return Finding("secret key", "good", "fits this database")
