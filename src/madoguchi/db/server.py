"""What we ask of any PostgreSQL server before we trust our data to it."""

from typing import NamedTuple

import psycopg

from madoguchi.core.errors import StartError

OLDEST = 16


class ServerFacts(NamedTuple):
    version: int
    """As the server numbers itself: 160004 for 16.4."""
    encoding: str
    superuser: bool
    """Or a role that row-level security does not hold: the second wall between tenants is then missing."""


def connect(dsn: str) -> psycopg.Connection:
    """Raises StartError when nobody answers."""
    try:
        return psycopg.connect(dsn, autocommit=True, connect_timeout=5, application_name="madoguchi")
    except psycopg.Error as error:
        reason = str(error).strip().partition("\n")[0]
        raise StartError(f"The database cannot be reached: {reason}") from None


def facts_of(connection: psycopg.Connection) -> ServerFacts:
    row = connection.execute(
        "SELECT rolsuper OR rolbypassrls, current_setting('server_encoding') FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    superuser, encoding = row or (False, "")
    return ServerFacts(connection.info.server_version, encoding, superuser)


def check_server(facts: ServerFacts) -> None:
    """Raises StartError when the server cannot do what we need."""
    if facts.version < OLDEST * 10_000:
        raise StartError(
            f"The database is PostgreSQL {facts.version // 10_000}; Madoguchi needs version {OLDEST} or newer."
        )
    if facts.encoding != "UTF8":
        raise StartError(f"The database is encoded in {facts.encoding}; Madoguchi needs one made with ENCODING 'UTF8'.")
