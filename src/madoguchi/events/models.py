"""The live sequence as the API shows it."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct


class Deleted(Struct, frozen=True):
    """What stands for a thing that is gone by now."""

    id: UUID
    deleted: bool = True


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
