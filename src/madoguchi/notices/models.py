"""What owners and supervisors have to hear about."""

from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from madoguchi.core.times import Timestamp

Level = Literal["news", "attention", "trouble"]


class NoticeInbox(Struct, frozen=True):
    id: UUID
    name: str
    channel: str


class NoticeOut(Struct, frozen=True, kw_only=True):
    """`kind` says what happened, `data` with what: names, states, reasons. The words are the reader's own."""

    id: UUID
    kind: str
    level: Level
    inbox: NoticeInbox | None
    data: dict[str, Any]
    created_at: Timestamp
    dismissed_at: Timestamp | None


class NoticeNews(Struct, frozen=True):
    """What the live sequence says of a notice; those who may read it ask for it."""

    id: UUID
    kind: str
    dismissed: bool


class Dismissed(Struct, frozen=True):
    """How many notices were put away."""

    count: int
