"""The file of a message, made fit for its channel before the message is written."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from madoguchi.channels import registry
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.media.prepare import Prepared, do_prepare
from madoguchi.media.storage import Storage
from madoguchi.outbound.drafts import MEDIA_TYPES, MessageDraft, named_files, with_files

Q = load_queries(__file__, "prepare.sql")


class Place(NamedTuple):
    """Where the message goes: one of the two."""

    conversation_id: UUID | None = None
    inbox_id: UUID | None = None


@asynccontextmanager
async def prepared(
    tx: Connection, storage: Storage, workspace_id: UUID, place: Place, draft: MessageDraft
) -> AsyncIterator[MessageDraft]:
    """The draft with files that the channel takes. When what is done with it fails, nothing of them stays."""
    values = {"workspace_id": workspace_id, **place._asdict()}
    row = await (await tx.execute(Q.channel_of, values)).fetchone() if _has_files(draft) else None
    channel = registry.channels().get(row["channel"]) if row else None
    if channel is None:
        yield draft
        return
    making = _Making(tx, storage, workspace_id, channel.manifest.capabilities.media)
    try:
        yield await making.whole(draft)
    except BaseException:
        await making.forget()
        raise


def _has_files(draft: MessageDraft) -> bool:
    return (draft.type in MEDIA_TYPES and draft.media_id is not None) or bool(named_files(draft))


class _Making:
    """The files of one draft; knows which of them are new."""

    def __init__(self, tx: Connection, storage: Storage, workspace_id: UUID, rules: Mapping[str, Any]) -> None:
        self._tx = tx
        self._storage = storage
        self._workspace_id = workspace_id
        self._rules = rules
        self._new: list[UUID] = []

    async def whole(self, draft: MessageDraft) -> MessageDraft:
        if draft.type in MEDIA_TYPES and draft.media_id is not None:
            return await self._attached(draft, draft.media_id)
        return with_files(draft, {text: await self._named(text) for _, text in named_files(draft)})

    async def forget(self) -> None:
        for media_id in self._new:
            await self._storage.delete(f"{self._workspace_id}/{media_id}")

    async def _attached(self, draft: MessageDraft, media_id: UUID) -> MessageDraft:
        rules = self._rules.get(draft.type)
        if rules is None:
            return draft
        made = await self._make(media_id, "voice" if draft.voice else draft.type, rules)
        # What could not become a voice note is sound all the same.
        voice = draft.voice and made.content_type in rules.get("voice_content_types", ())
        return msgspec.structs.replace(draft, media_id=made.id, voice=voice)

    async def _named(self, text: str) -> str:
        """A picture or film of a header; what it is for, the channel knows, what it is, the file says."""
        try:
            media_id = UUID(text)
        except ValueError:
            return text  # the channel's check names the field
        values = {"workspace_id": self._workspace_id, "id": media_id}
        row = await (await self._tx.execute(Q.content_type, values)).fetchone()
        kind = row["content_type"].partition("/")[0] if row else ""
        if kind not in {"image", "video"} or kind not in self._rules:
            return text
        return str((await self._make(media_id, kind, self._rules[kind])).id)

    async def _make(self, media_id: UUID, kind: str, rules: Mapping[str, Any]) -> Prepared:
        made = await do_prepare(self._tx, self._storage, self._workspace_id, media_id, kind, rules)
        if made.is_new:
            self._new.append(made.id)
        return made
