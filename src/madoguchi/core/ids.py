"""Identifiers: UUIDv7, so that keys grow with time and indexes stay warm at their right edge."""

import secrets
import uuid
from datetime import UTC, datetime

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    return uuid7()


def new_id_at(moment: datetime, number: int = 0) -> uuid.UUID:
    """A new id that sorts as if it had been made then; `number` (mod 4,096) orders those of the same millisecond."""
    milliseconds = max(0, int(moment.timestamp() * 1000))
    random = secrets.randbits(62)
    return uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | ((number & 0xFFF) << 64) | (0b10 << 62) | random)


def moment_of(identifier: uuid.UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)


def first_id_at(moment: datetime) -> uuid.UUID:
    """The smallest UUIDv7 of that millisecond: the lower bound of "created since"."""
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))
