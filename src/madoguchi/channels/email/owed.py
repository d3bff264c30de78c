"""Mails of a mailbox that the server did not give us: remembered until it does, so that those behind them come.

They stand in the mailbox's cursor as `owed`, by their numbers: `{tries, next}`, `next` in seconds since 1970. All functions
return a new cursor.
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


def owe(cursor: Cursor, uid: int) -> Cursor:
    """Once more, or for the first time; the pauses grow to an hour."""
    owed = dict(cursor.get("owed", {}))
    tries = int(owed.get(str(uid), {}).get("tries", 0)) + 1
    pause = min(_FIRST_SECONDS * 4 ** (tries - 1), _LONGEST_SECONDS)
    owed[str(uid)] = {"tries": tries, "next": clock.timestamp() + pause}
    return {**cursor, "owed": owed}


def settle(cursor: Cursor, uid: int) -> Cursor:
    owed = {key: each for key, each in cursor.get("owed", {}).items() if key != str(uid)}
    rest = {key: value for key, value in cursor.items() if key != "owed"}
    return {**rest, "owed": owed} if owed else rest


def due(cursor: Cursor) -> list[int]:
    now = clock.timestamp()
    return sorted(int(uid) for uid, each in cursor.get("owed", {}).items() if each["next"] <= now)


def trouble(cursor: Cursor) -> ProviderError | None:
    """What the inbox's owner should know; None while there is nothing."""
    lasting = sorted(int(uid) for uid, each in cursor.get("owed", {}).items() if each["tries"] >= _TELL_AFTER)
    if not lasting:
        return None
    named = ", ".join(str(uid) for uid in lasting[:_MOST_NAMED]) + (" …" if len(lasting) > _MOST_NAMED else "")
    return ProviderError(CODE, "", "Mail not fetched", f"{len(lasting)} (UID {named})")
