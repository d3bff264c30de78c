"""Files that came with customers' messages: registered with the message, fetched by a job at once."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.jobs import defer_many
from madoguchi.media.jobs import fetch
from madoguchi.media.names import clean_name

Q = load_queries(__file__, "inbound.sql")


class NewMedia(Struct, frozen=True):
    """`reference` is what the channel needs to fetch the file."""

    workspace_id: UUID
    message_id: UUID
    inbox_id: UUID
    position: int
    name: str
    content_type: str
    size: int | None
    sha256: str | None
    reference: dict[str, Any]


async def do_register_inbound(tx: Connection, rows: list[NewMedia]) -> None:
    """Write the files down as pending and defer their fetching, in the transaction of their messages."""
    if not rows:
        return
    ids = [new_id() for _ in rows]
    await tx.execute(
        Q.register,
        {
            "workspaces": [row.workspace_id for row in rows],
            "ids": ids,
            "messages": [row.message_id for row in rows],
            "positions": [row.position for row in rows],
            "inboxes": [row.inbox_id for row in rows],
            "names": [clean_name(row.name) for row in rows],
            "content_types": [row.content_type for row in rows],
            "sizes": [row.size for row in rows],
            "sha256s": [row.sha256 for row in rows],
            "references": [msgspec.json.encode(row.reference).decode() for row in rows],
            "now": clock.now(),
        },
    )
    jobs = [{"workspace_id": str(row.workspace_id), "media_id": str(id_)} for row, id_ in zip(rows, ids, strict=True)]
    await defer_many(tx, fetch, jobs)
