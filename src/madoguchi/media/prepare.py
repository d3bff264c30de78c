"""A file made fit for a channel before it is sent: decoded, put into another container or format, or refused in words.

What the channel takes stands in its manifest (`capabilities.media`). The original is kept beside what was made of it.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.rows import DictRow

from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Invalid
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.media import boxes, ffmpeg, ogg, pictures, webm
from madoguchi.media.intake import take
from madoguchi.media.names import with_ending
from madoguchi.media.storage import Storage

Q = load_queries(__file__, "prepare.sql")

# Decoding needs memory: never more than two at once in a process.
_LANES = asyncio.Semaphore(2)
# A picture or a recording larger than this is not worth the memory.
_MOST_TO_CONVERT = 64 * 1024 * 1024
_OGG = {"audio/ogg", "video/ogg"}
_HEIC = {"image/heic", "image/heif", "image/avif"}


class Prepared(Struct, frozen=True):
    """Which file to send; `content_type` None when there is no such upload."""

    id: UUID
    content_type: str | None
    is_new: bool = False


class Made(Struct, frozen=True):
    data: bytes
    content_type: str


async def do_prepare(
    tx: Connection, storage: Storage, workspace_id: UUID, media_id: UUID, kind: str, rules: Mapping[str, Any]
) -> Prepared:
    """The file to send as `kind` (image, video, audio, voice, sticker): this one, or a new one made of it.

    What cannot be judged here is left to the channel's own check. Raises Invalid naming `media_id`.
    """
    row = await (await tx.execute(Q.upload, {"workspace_id": workspace_id, "id": media_id})).fetchone()
    if row is None or kind == "document" or row["size"] > _MOST_TO_CONVERT:
        return Prepared(media_id, None if row is None else row["content_type"])
    async with _LANES:
        made = await _made(storage, row, kind, rules)
        if made is None:
            return Prepared(media_id, row["content_type"])
        return Prepared(await _keep(tx, storage, row, made), made.content_type, is_new=True)


async def _made(storage: Storage, row: DictRow, kind: str, rules: Mapping[str, Any]) -> Made | None:
    content_type = row["content_type"]
    if kind in {"image", "sticker"}:
        return await _picture(await _read(storage, row), content_type, rules, sticker=kind == "sticker")
    if kind in {"audio", "voice"}:
        return await _sound(await _read(storage, row), content_type, rules, voice=kind == "voice")
    if kind == "video":
        return await _film(await _read(storage, row), content_type, rules)
    return None


async def _read(storage: Storage, row: DictRow) -> bytes:
    return b"".join([chunk async for chunk in storage.read(row["storage_key"])])


async def _picture(data: bytes, content_type: str, rules: Mapping[str, Any], *, sticker: bool) -> Made | None:
    if content_type in _HEIC:
        raise _refusal("HEIC pictures cannot be sent. Save it as JPEG and attach it again.")
    if not content_type.startswith("image/"):
        return None
    try:
        made = await asyncio.to_thread(pictures.acceptable, data, rules, sticker=sticker)
    except pictures.Unreadable as unreadable:
        raise _refusal(_WHY[unreadable.rule]) from unreadable
    return Made(made.data, made.content_type) if made else None


async def _sound(data: bytes, content_type: str, rules: Mapping[str, Any], *, voice: bool) -> Made | None:
    allowed = rules["voice_content_types"] if voice else rules["content_types"]
    if content_type in _OGG:
        head = ogg.read_head(data)
        if head is not None and head.channels == ogg.MONO:
            return None
        if head is not None:
            return Made(ogg.to_mono(data), "audio/ogg")
    elif content_type in {"audio/webm", "video/webm"}:
        try:
            sound = await asyncio.to_thread(webm.read_opus, data)
        except webm.NotWebm:
            pass  # not what a browser records: ffmpeg may know it
        else:
            pages = ogg.write_opus(sound.packets, ogg.opus_head(sound.private))
            return Made(await asyncio.to_thread(b"".join, pages), "audio/ogg")
    elif content_type in allowed:
        return None
    made = await ffmpeg.to_voice(data)
    if made is None and content_type in rules["content_types"] and content_type not in _OGG:
        return None  # it plays as it is, only not as a voice note
    if made is None:
        raise _refusal(_NO_FFMPEG_SOUND if not ffmpeg.is_there() else _WHY["broken"])
    return Made(made, "audio/ogg")


async def _film(data: bytes, content_type: str, rules: Mapping[str, Any]) -> Made | None:
    found = boxes.codecs(data)
    fits = content_type in rules["content_types"] and len(data) <= rules["max_bytes"]
    if fits and found and set(found) <= set(rules["codecs"]):
        return None
    made = await ffmpeg.to_film(data)
    if made is not None:
        return Made(made, "video/mp4")
    if fits and found:
        raise _refusal(
            f"A video needs {' and '.join(rules['codec_names'])}; this has {', '.join(found)}. Convert it to MP4."
        )
    if fits and not found:
        raise _refusal(_WHY["broken"])
    return None


async def _keep(tx: Connection, storage: Storage, row: DictRow, made: Made) -> UUID:
    media_id = new_id()
    key = f"{row['workspace_id']}/{media_id}"

    async def chunks() -> Any:
        yield made.data

    taken = await take(storage, key, chunks(), lambda _head: made.content_type)
    values = {
        "workspace_id": row["workspace_id"],
        "id": media_id,
        "original_id": row["id"],
        "name": with_ending(row["name"], made.content_type),
        "content_type": made.content_type,
        "size": taken.size,
        "sha256": taken.sha256,
        "width": taken.width,
        "height": taken.height,
        "storage_key": key,
        "now": clock.now(),
    }
    try:
        await tx.execute(Q.insert_made, values)
    except BaseException:
        await storage.delete(key)
        raise
    return media_id


def _refusal(message: str) -> Invalid:
    return Invalid(message, errors=[FieldError("media_id", message)])


_NO_FFMPEG_SOUND = (
    "This kind of sound cannot be sent as it is. Save it as MP3, M4A or Ogg with Opus (one channel) and attach it again;"
    " with ffmpeg on the server it would be converted by itself."
)
_WHY = {
    "broken": "The file is damaged: it cannot be opened. Save it anew and attach it again.",
    "unknown": "This is no picture that can be opened. Save it as JPEG or PNG and attach it again.",
    "too_many_pixels": "The picture has more than 64 million pixels. Make it smaller and attach it again.",
}
