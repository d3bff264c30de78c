"""Facts the database keeps about this installation."""

import secrets
from datetime import datetime
from typing import Any

import psycopg

from madoguchi.core.errors import StartError
from madoguchi.core.secrets import SecretBox

_CHECK = "secret_key_check"
_SET_UP = "set_up"
_BACKUP = "last_backup"
_TOKEN_LENGTH = 32


def check_secret_key(connection: psycopg.Connection, secret_key: str, *, remember: bool = True) -> None:
    """Remember the key's check value the first time; afterwards raise StartError when another key is given."""
    ours = SecretBox(secret_key).check_value()
    if remember:
        connection.execute(
            "INSERT INTO installation (key, value) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING", (_CHECK, ours)
        )
    kept = connection.execute("SELECT value FROM installation WHERE key = %s", (_CHECK,)).fetchone()
    if kept and kept[0] != ours:
        raise StartError(
            "MADOGUCHI_SECRET_KEY is not the key this database was set up with; secrets of the inboxes cannot be read."
        )


def offer_set_up(connection: psycopg.Connection, secret_key: str) -> str | None:
    """The token that lets its bearer make the first workspace, the same on every node and at every start until one has
    been made; then None."""
    connection.execute("SELECT set_config('madoguchi.workspace', '*', false)")
    if connection.execute("SELECT 1 FROM workspaces LIMIT 1").fetchone():
        return None
    connection.execute(
        "INSERT INTO installation (key, value) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING",
        (_SET_UP, secrets.token_hex(16)),
    )
    kept = connection.execute("SELECT value FROM installation WHERE key = %s", (_SET_UP,)).fetchone()
    return set_up_token(SecretBox(secret_key), kept[0]) if kept else None


def set_up_token(box: SecretBox, nonce: str) -> str:
    return box.sign(_SET_UP, nonce.encode())[:_TOKEN_LENGTH]


async def note_backup(dsn: str, made: datetime) -> None:
    """For whoever asks how old the last backup is."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(
            "INSERT INTO installation (key, value) VALUES (%s, %s)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (_BACKUP, made.isoformat()),
        )


async def last_backup(connection: psycopg.AsyncConnection[dict[str, Any]]) -> datetime | None:
    cursor = await connection.execute("SELECT value FROM installation WHERE key = %s", (_BACKUP,))
    row = await cursor.fetchone()
    return datetime.fromisoformat(row["value"]) if row else None
