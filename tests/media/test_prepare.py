"""Files are made fit for the channel before they leave, or refused with what to do."""

import io
import random
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import FormData
from PIL import Image

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.db.pool import Database
from madoguchi.media import ffmpeg, jobs
from tests.support.live import Answer, Programs, running_programs
from tests.support.threads import Thread, make_thread, receive
from tests.support.world import Workspace

MB = 1024 * 1024


@pytest.fixture(autouse=True)
def no_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


class Desk:
    """Somebody who attaches files in an open conversation."""

    def __init__(self, web: Programs, workspace: Workspace, thread: Thread, database: Database) -> None:
        self.client = web.client(workspace.agent)
        self.thread = thread
        self.database = database

    async def upload(self, data: bytes, content_type: str, name: str = "file.bin") -> str:
        form = FormData()
        form.add_field("file", io.BytesIO(data), filename=name, content_type=content_type)
        answer = await self.client.ask("POST", "/media", data=form)
        assert answer.status == 201, answer.body
        return str(answer.body["id"])

    async def send(self, kind: str, data: bytes, content_type: str, **more: Any) -> Answer:
        media_id = await self.upload(data, content_type, more.pop("name", "file.bin"))
        body = {"type": kind, "media_id": media_id, **more}
        return await self.client.post(f"/conversations/{self.thread.id}/messages", body)

    async def bytes_of(self, answer: Answer) -> bytes:
        assert answer.status == 201, answer.body
        url = answer.body["attachments"][0]["url"].removeprefix("/api/v1")
        base = self.client._base
        async with self.client._session.get(f"{base}/api/v1{url}", headers=self.client._headers) as got:
            return await got.read()

    async def rows(self) -> int:
        async with self.database.system() as tx:
            row = await (await tx.execute("SELECT count(*) AS n FROM media")).fetchone()
        assert row
        return int(row["n"])


@pytest.fixture
async def desk(web: Programs, workspace: Workspace, database: Database, inbox: InboxConfig) -> Desk:
    thread = await make_thread(database, inbox)
    await receive(database, thread, "hello")
    return Desk(web, workspace, thread, database)


def picture(form: str, mode: str = "RGB", size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 1).save(out, form, **options)
    return out.getvalue()


def noise(size: tuple[int, int], form: str) -> bytes:
    raw = random.Random(1).randbytes(size[0] * size[1] * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", size, raw).save(out, form, **({"quality": 100} if form == "JPEG" else {}))
    return out.getvalue()


def refusal(answer: Answer) -> str:
    assert answer.status == 422, answer.body
    assert answer.body["errors"][0]["field"] == "media_id"
    return str(answer.body["errors"][0]["message"])


# --- pictures -------------------------------------------------------------------------------------


async def test_a_picture_that_fits_leaves_as_it_is(desk: Desk) -> None:
    for form in ("JPEG", "PNG"):
        data = picture(form)
        answer = await desk.send("image", data, f"image/{form.lower()}")
        assert await desk.bytes_of(answer) == data
    assert await desk.rows() == 2


@pytest.mark.parametrize(
    ("form", "content_type", "options"),
    [
        ("GIF", "image/gif", {"mode": "P"}),
        ("WEBP", "image/webp", {}),
        ("BMP", "image/bmp", {}),
        ("TIFF", "image/tiff", {}),
        ("JPEG", "image/jpeg", {"mode": "CMYK"}),
        ("JPEG", "image/jpeg", {"mode": "L"}),
        ("PNG", "image/png", {"mode": "I;16"}),
        ("PNG", "image/png", {"mode": "P"}),
    ],
)
async def test_others_are_converted_and_kept(desk: Desk, form: str, content_type: str, options: dict[str, Any]) -> None:
    answer = await desk.send("image", picture(form, **options), content_type, name="flower.x")
    made = Image.open(io.BytesIO(await desk.bytes_of(answer)))
    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (64, 48))
    attachment = answer.body["attachments"][0]
    assert (attachment["content_type"], attachment["name"]) == ("image/jpeg", "flower.jpg")
    assert await desk.rows() == 2, "what was uploaded is kept beside it"


async def test_what_is_transparent_stays_so(desk: Desk) -> None:
    answer = await desk.send("image", picture("WEBP", "RGBA"), "image/webp")
    made = Image.open(io.BytesIO(await desk.bytes_of(answer)))
    assert (made.format, made.mode) == ("PNG", "RGBA")


async def test_a_picture_lying_on_its_side_is_turned(desk: Desk) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    answer = await desk.send("image", picture("WEBP", size=(64, 48), exif=exif), "image/webp")
    assert Image.open(io.BytesIO(await desk.bytes_of(answer))).size == (48, 64)


async def test_at_the_limit_and_one_byte_above(desk: Desk) -> None:
    data = picture("JPEG")
    whole = data + b"\0" * (5 * MB - len(data))
    assert len(await desk.bytes_of(await desk.send("image", whole, "image/jpeg"))) == 5 * MB
    smaller = await desk.bytes_of(await desk.send("image", whole + b"\0", "image/jpeg"))
    assert len(smaller) <= 5 * MB


async def test_a_large_photo_is_made_smaller(desk: Desk) -> None:
    data = noise((2600, 2000), "PNG")
    assert len(data) > 5 * MB
    made = await desk.bytes_of(await desk.send("image", data, "image/png"))
    assert len(made) <= 5 * MB
    assert Image.open(io.BytesIO(made)).format == "JPEG"


async def test_damaged_and_foreign_pictures_are_refused_with_words(desk: Desk) -> None:
    cut = noise((200, 200), "JPEG")[:5000]
    assert "damaged" in refusal(await desk.send("image", cut, "image/jpeg"))
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64
    assert "HEIC" in refusal(await desk.send("image", heic, "image/heic"))
    pdf = b"%PDF-1.7\n" + b"x" * 64
    assert "application/pdf" in refusal(await desk.send("image", pdf, "application/pdf"))
    before = await desk.rows()
    assert before == 3, "nothing was made of them"


async def test_a_bomb_is_not_unpacked(desk: Desk) -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < MB
    assert "million pixels" in refusal(await desk.send("image", out.getvalue(), "image/png"))


async def test_stickers(desk: Desk) -> None:
    answer = await desk.send("sticker", picture("PNG", "RGBA", (300, 100)), "image/png")
    made = await desk.bytes_of(answer)
    assert (Image.open(io.BytesIO(made)).size, len(made) <= 102_400) == ((512, 512), True)
    still = picture("WEBP", size=(512, 512))
    padded = still + b"\0" * (102_400 - len(still))
    assert (await desk.bytes_of(await desk.send("sticker", padded, "image/webp")) == padded) is True
    remade = await desk.bytes_of(await desk.send("sticker", padded + b"\0", "image/webp"))
    assert len(remade) < 102_400


async def test_a_moving_sticker_may_be_larger(desk: Desk) -> None:
    frames = [Image.new("RGB", (512, 512), shade) for shade in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    moving = out.getvalue() + b"\0" * (200_000 - len(out.getvalue()))
    assert (await desk.bytes_of(await desk.send("sticker", moving, "image/webp")) == moving) is True
    too_large = moving + b"\0" * (512_001 - len(moving))
    assert "512000" in refusal(await desk.send("sticker", too_large, "image/webp"))


# --- sound and film -------------------------------------------------------------------------------


def box(kind: bytes, *parts: bytes) -> bytes:
    inside = b"".join(parts)
    return struct.pack(">I4s", len(inside) + 8, kind) + inside


def track(codec: bytes) -> bytes:
    entry = struct.pack(">II", 0, 1) + box(codec, b"\0" * 78)
    return box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", box(b"stsd", entry)))))


def film(*codecs: bytes) -> bytes:
    return box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + box(b"moov", *map(track, codecs)) + box(b"mdat", b"\0" * 32)


async def test_films_need_the_codecs_that_are_taken(desk: Desk) -> None:
    for good in ((b"avc1", b"mp4a"), (b"avc1",)):
        data = film(*good)
        assert await desk.bytes_of(await desk.send("video", data, "video/mp4")) == data
    assert "hevc" in refusal(await desk.send("video", film(b"hvc1", b"mp4a"), "video/mp4"))
    assert "opus" in refusal(await desk.send("video", film(b"avc1", b"Opus"), "video/mp4"))
    assert "damaged" in refusal(await desk.send("video", box(b"ftyp", b"isom\0\0\2\0mp41") + b"\0" * 40, "video/mp4"))


async def test_films_at_the_limit(desk: Desk) -> None:
    data = film(b"avc1", b"mp4a")
    whole = data + b"\0" * (16 * MB - len(data))
    assert (await desk.send("video", whole, "video/mp4")).status == 201
    assert "16777216" in refusal(await desk.send("video", whole + b"\0", "video/mp4"))


async def test_sound_that_cannot_be_converted_is_refused_with_what_to_do(desk: Desk) -> None:
    wave = b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + b"\0" * 40
    assert "ffmpeg" in refusal(await desk.send("audio", wave, "audio/wav"))
    vorbis = b"OggS\0\2" + b"\0" * 20 + b"\x01\x1e\x01vorbis" + b"\0" * 23
    assert "Opus" in refusal(await desk.send("audio", vorbis, "audio/ogg"))


async def test_with_ffmpeg_it_is_converted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def to_voice(_data: bytes) -> bytes:
        return b"OggS made"

    monkeypatch.setattr(ffmpeg, "to_voice", to_voice)
    wave = b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + b"\0" * 40
    answer = await desk.send("audio", wave, "audio/wav", name="call.wav")
    assert await desk.bytes_of(answer) == b"OggS made"
    assert answer.body["attachments"][0]["name"] == "call.ogg"


async def test_the_picture_of_a_header_is_converted_too(desk: Desk) -> None:
    """A BMP cannot head a message; what goes out is a picture that can."""
    cards = [
        {"header": {"type": "image"}, "display_text": "Open", "url": f"https://example.com/{number}"}
        for number in (1, 2)
    ]
    for shown in (
        {"kind": "buttons", "header": {"type": "image"}, "body": "Which?", "buttons": [{"id": "a", "title": "A"}]},
        {"kind": "carousel", "body": "Look", "cards": cards},
    ):
        uploads = [await desk.upload(picture("BMP"), "image/bmp") for _ in range(2)]
        places = shown.get("cards", [shown])
        for place, media_id in zip(places, uploads, strict=False):
            place["header"]["media_id"] = media_id  # type: ignore[index]
        answer = await desk.client.post(
            f"/conversations/{desk.thread.id}/messages", {"type": "interactive", "interactive": shown}
        )
        assert answer.status == 201, answer.body
        async with desk.database.system() as tx:
            found = await (
                await tx.execute("SELECT content_type FROM media WHERE message_id = %s", (answer.body["id"],))
            ).fetchall()
        assert {row["content_type"] for row in found} <= {"image/jpeg", "image/png"}
        assert len(found) == len(places)


async def test_a_recording_of_safari_goes_as_sound(desk: Desk) -> None:
    data = film(b"mp4a")
    answer = await desk.send("audio", data, "audio/mp4", voice=True)
    assert await desk.bytes_of(answer) == data
    assert "voice" not in answer.body["data"]


# --- what nobody uses -----------------------------------------------------------------------------


async def test_uploads_that_went_with_nothing_are_deleted_after_a_day(
    desk: Desk, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await desk.send("image", picture("GIF", "P"), "image/gif")
    await desk.upload(b"never sent", "text/plain")
    assert await jobs.do_clean(context) == 0
    later = clock.now() + jobs.UNUSED * 1.01
    monkeypatch.setattr(clock, "now", lambda: later)
    assert await jobs.do_clean(context) == 1
    assert await desk.rows() == 2, "what was sent and what it was made of"
    assert await desk.bytes_of(sent)
