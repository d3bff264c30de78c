"""Facts the database keeps about this installation."""

import psycopg

from madoguchi.core.errors import StartError
from madoguchi.core.secrets import SecretBox

_CHECK = "secret_key_check"


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
