"""The schema, brought up to date. Safe when several nodes start at once: one works, the others wait and find it done."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection

from madoguchi.core.errors import StartError
from madoguchi.db.server import connect

_FOLDER = Path(__file__).with_name("migrations")
# Any number will do as long as every version of Madoguchi uses this one.
_LOCK = 0x6D616467


def migrate(dsn: str, to: str | None = None) -> list[str]:
    """Apply what is missing, up to and with `to`; returns the revisions applied, oldest first. Raises StartError."""
    with connect(dsn) as connection, _alone(connection):
        missing = [revision for revision in pending_after(current_of(connection)) if to is None or revision <= to]
        if missing:
            _upgrade(dsn, missing[-1])
        return missing


def current(dsn: str) -> str | None:
    """The revision the database has, or None for an empty one."""
    with connect(dsn) as connection:
        return current_of(connection)


def pending(dsn: str) -> list[str]:
    return pending_after(current(dsn))


async def is_current(connection: AsyncConnection[Any]) -> bool:
    """For /readyz: cheap enough to ask each time."""
    found = await connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL AS there")
    if not _value(await found.fetchone()):
        return False
    found = await connection.execute("SELECT version_num FROM alembic_version")
    return bool(_value(await found.fetchone()) == newest())


def revisions() -> list[str]:
    """In order. The history is one line and its files are named by it, so no import of Alembic is needed to know it."""
    return sorted(file.stem.partition("_")[0] for file in (_FOLDER / "versions").glob("[0-9]*.py"))


def newest() -> str:
    return revisions()[-1]


def pending_after(revision: str | None) -> list[str]:
    known = revisions()
    if revision is None:
        return known
    if revision not in known:
        raise StartError(
            f"The database has the schema of a newer Madoguchi ({revision}); install that version or newer."
        )
    return known[known.index(revision) + 1 :]


def run_sql_file(revision_file: str) -> None:
    """For a revision: run the `.sql` file beside it, as written (no bind parameters, so that % means %)."""
    from alembic import op

    statements = Path(revision_file).with_suffix(".sql").read_text(encoding="utf-8")
    run_sql(op.get_bind(), statements)


def run_sql(bind: Any, statements: str) -> None:
    bind.connection.driver_connection.execute(statements)


@contextmanager
def _alone(connection: psycopg.Connection) -> Iterator[None]:
    # A session lock: it lasts over the transactions of the upgrade and falls with the connection if we are killed.
    connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def _upgrade(dsn: str, to: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    config = Config()
    config.set_main_option("script_location", os.fspath(_FOLDER).replace("%", "%%"))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    finally:
        engine.dispose()


def current_of(connection: psycopg.Connection) -> str | None:
    there = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    if not _value(there):
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(_value(found)) if found else None


def _value(row: Any) -> Any:
    """The one column of a row, whatever the row factory makes of it."""
    if not row:
        return None
    return next(iter(row.values())) if isinstance(row, dict) else row[0]
