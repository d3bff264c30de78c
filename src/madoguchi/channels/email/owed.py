"""Mails of a mailbox that the server did not give us: remembered until it does, so that those behind them come.

They stand in the mailbox's cursor as `owed`, by their keys (IMAP's numbers, digests of POP3's ids): `{tries, next}`, `next` in
seconds since 1970. All functions return a new cursor.
"""

from typing import Any

from madoguchi.channels.events import ProviderError
from madoguchi.core import clock

CODE = "mail_owed"
_FIRST_SECONDS = 60.0
_LONGEST_SECONDS = 3600.0
_TELL_AFTER = 3  # tries: what passes by itself is nobody's business
_MOST_NAMED = 5

Cursor = dict[str, Any]


def owe(cursor: Cursor, key: str) -> Cursor:
    """Once more, or for the first time; the pauses grow to an hour."""
    owed = keys(cursor)
    tries = int(owed.get(key, {}).get("tries", 0)) + 1
    pause = min(_FIRST_SECONDS * 4 ** (tries - 1), _LONGEST_SECONDS)
    owed[key] = {"tries": tries, "next": clock.timestamp() + pause}
    return {**cursor, "owed": owed}


def settle(cursor: Cursor, key: str) -> Cursor:
    owed = {other: each for other, each in keys(cursor).items() if other != key}
    rest = {name: value for name, value in cursor.items() if name != "owed"}
    return {**rest, "owed": owed} if owed else rest


def keys(cursor: Cursor) -> dict[str, Any]:
    return dict(cursor.get("owed", {}))


def due(cursor: Cursor) -> list[str]:
    now = clock.timestamp()
    return [key for key, each in keys(cursor).items() if each["next"] <= now]


def trouble(cursor: Cursor) -> ProviderError | None:
    """What the inbox's owner should know; None while there is nothing."""
    lasting = [key for key, each in keys(cursor).items() if each["tries"] >= _TELL_AFTER]
    if not lasting:
        return None
    named = ", ".join(lasting[:_MOST_NAMED]) + (" …" if len(lasting) > _MOST_NAMED else "")
    return ProviderError(CODE, "", "Mail not fetched", f"{len(lasting)} (UID {named})")
