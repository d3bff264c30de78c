"""The live sequence as the API shows it."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from madoguchi.core.times import Timestamp


class Deleted(Struct, frozen=True):
    """What stands for a thing that is gone by now."""

    id: UUID
    deleted: bool = True


class InboxNews(Struct, frozen=True):
    """What every agent may know of an inbox; the rest is read at `/inboxes/{id}` by those who may."""

    id: UUID
    channel: str
    name: str
    health: str
    health_detail: str
    held_reason: str | None
    held_at: Timestamp | None
    checked_at: Timestamp | None
    archived_at: Timestamp | None
    updated_at: Timestamp


class EventOut(Struct, frozen=True):
    """`data` is the thing as it is now; several events about one thing carry the same."""

    seq: int
    type: Annotated[str, Meta(examples=["message.created"])]
    data: Any


class EventPage(Struct, frozen=True):
    """`seq` is the newest number of the workspace; go on with `since` = the last item's."""

    items: list[EventOut]
    next_cursor: str | None
    seq: int
