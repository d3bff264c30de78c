"""The file of a message, made fit for its channel before the message is written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import msgspec

from madoguchi.channels import registry
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.media.prepare import do_prepare
from madoguchi.media.storage import Storage
from madoguchi.outbound.drafts import MEDIA_TYPES, MessageDraft

Q = load_queries(__file__, "prepare.sql")


class Place(NamedTuple):
    """Where the message goes: one of the two."""

    conversation_id: UUID | None = None
    inbox_id: UUID | None = None


@asynccontextmanager
async def prepared(
    tx: Connection, storage: Storage, workspace_id: UUID, place: Place, draft: MessageDraft
) -> AsyncIterator[MessageDraft]:
    """The draft with a file that the channel takes. When what is done with it fails, nothing of it stays."""
    if draft.type not in MEDIA_TYPES or draft.media_id is None:
        yield draft
        return
    values = {"workspace_id": workspace_id, **place._asdict()}
    row = await (await tx.execute(Q.channel_of, values)).fetchone()
    channel = registry.channels().get(row["channel"]) if row else None
    rules = channel.manifest.capabilities.media.get(draft.type) if channel else None
    if rules is None:
        yield draft
        return
    kind = "voice" if draft.voice else draft.type
    made = await do_prepare(tx, storage, workspace_id, draft.media_id, kind, rules)
    # What could not become a voice note is sound all the same.
    voice = draft.voice and made.content_type in rules.get("voice_content_types", ())
    try:
        yield msgspec.structs.replace(draft, media_id=made.id, voice=voice)
    except BaseException:
        if made.is_new:
            await storage.delete(f"{workspace_id}/{made.id}")
        raise
