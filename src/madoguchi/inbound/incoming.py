"""One event on its way through the pipeline, with where it came from."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.events import Event


class Incoming(Struct, frozen=True):
    inbox: InboxConfig
    ingest_id: UUID
    index: int
    event: Event

    @property
    def workspace_id(self) -> UUID:
        return self.inbox.workspace_id


class Aside(NamedTuple):
    """An event that is set aside for an admin, with the reason in words."""

    incoming: Incoming
    reason: str  # unreadable, unknown or failed
    detail: str


class Collision(Exception):  # noqa: N818
    """Somebody else created the same contact or conversation meanwhile: read again, and it is there."""


def as_json(rows: Sequence[Mapping[str, object]]) -> str:
    """A batch as one parameter, for json_to_recordset()."""
    return msgspec.json.encode(rows).decode()


def columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    """Rows to columns, for unnest(); keeps the width when there are no rows."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
