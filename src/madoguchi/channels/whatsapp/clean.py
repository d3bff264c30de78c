"""Reads the JSON of strangers so that nothing in it can hurt what comes after.

PostgreSQL refuses NUL characters and lone surrogates in text and jsonb, JSON knows no NaN, and deep nesting ends in a
stack overflow somewhere: all of it is taken out here, once.
"""

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

from madoguchi.channels.events import NO_TIME

ID_LIMIT = 512  # longer ones are no ids, and would not fit into an index
_DEPTH_LIMIT = 32
_SURROGATE = re.compile("[\ud800-\udfff]")
_EARLIEST = datetime(2009, 1, 1, tzinfo=UTC).timestamp()  # WhatsApp's first year
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


class Malformed(Exception):  # noqa: N818
    """An element lacks what its kind needs; the others of its batch are not touched by it."""


def load(body: bytes) -> Any:
    """Decode more patiently than the standard asks: broken UTF-8, control characters, NaN, huge numbers.

    Raises ValueError or RecursionError when it is no JSON at all.
    """
    text = body.decode("utf-8-sig", "replace")
    return clean(json.loads(text, strict=False, parse_int=_integer, parse_constant=lambda _: None))


def clean(value: Any, depth: int = 0) -> Any:
    """The same value, fit for PostgreSQL and JSON."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, dict | list):
        return value
    if depth >= _DEPTH_LIMIT:
        return None
    if isinstance(value, dict):
        return {clean_text(str(key)): clean(item, depth + 1) for key, item in value.items()}
    return [clean(item, depth + 1) for item in value]


def clean_text(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text.replace("\0", ""))


def moment(given: Any) -> datetime:
    """A provider's Unix time (text or number). Missing, unreadable or absurd → NO_TIME."""
    try:
        seconds = float(given)
        return datetime.fromtimestamp(seconds, UTC) if _EARLIEST <= seconds < _LATEST else NO_TIME
    except (TypeError, ValueError, OverflowError):
        return NO_TIME


def identifier(value: str | None, what: str) -> str:
    """Raises Malformed unless it can serve as a key."""
    if not value or len(value) > ID_LIMIT:
        raise Malformed(f"{what} is missing or too long")
    return value


def optional_id(value: str | None) -> str | None:
    return value if value and len(value) <= ID_LIMIT else None


def string(value: Any, key: str) -> str | None:
    """`value[key]` where that is a text (or a number) and not empty."""
    found = value.get(key) if isinstance(value, dict) else None
    if isinstance(found, int | float) and not isinstance(found, bool):
        found = str(found)
    return found if isinstance(found, str) and found else None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)
