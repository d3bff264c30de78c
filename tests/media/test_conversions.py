"""What ffmpeg itself makes of sound and film that a channel does not take."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.db.pool import Database
from madoguchi.media import boxes, ogg
from tests.media.test_prepare import Desk, refusal
from tests.support.live import running_programs
from tests.support.threads import make_thread, receive
from tests.support.world import Workspace

SINE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1")
BARS = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=1")


@pytest.fixture
async def desk(context: Context, workspace: Workspace, database: Database, inbox: InboxConfig) -> AsyncIterator[Desk]:
    async with running_programs(context) as web:
        thread = await make_thread(database, inbox)
        await receive(database, thread, "hello")
        yield Desk(web, workspace, thread, database)


async def recorded(folder: Path, *options: str) -> bytes:
    made = folder / "recorded"
    process = await asyncio.create_subprocess_exec("ffmpeg", "-loglevel", "error", "-y", *options, str(made))
    assert await process.wait() == 0, options
    return made.read_bytes()


@pytest.mark.parametrize(
    ("content_type", "options"),
    [
        ("audio/wav", ("-ac", "2", "-f", "wav")),
        ("audio/mpeg", ("-ac", "2", "-f", "mp3")),
        ("audio/aac", ("-ac", "2", "-c:a", "aac", "-f", "adts")),
        ("audio/webm", ("-ac", "2", "-c:a", "libopus", "-f", "webm")),
        ("audio/webm", ("-ac", "2", "-c:a", "libvorbis", "-f", "webm")),
        ("audio/ogg", ("-ac", "2", "-c:a", "libvorbis", "-f", "ogg")),
        ("audio/ogg", ("-ac", "2", "-c:a", "libopus", "-f", "ogg")),
    ],
    ids=["wav", "mp3", "aac", "webm-opus", "webm-vorbis", "ogg-vorbis", "ogg-stereo"],
)
async def test_a_recording_becomes_a_voice_message(
    desk: Desk, tmp_path: Path, content_type: str, options: tuple[str, ...]
) -> None:
    data = await recorded(tmp_path, *SINE, *options)
    answer = await desk.send("audio", data, content_type, name="call.x", voice=True)
    made = await desk.bytes_of(answer)
    head = ogg.read_head(made)
    assert head is not None
    assert head.channels == ogg.MONO
    attachment = answer.body["attachments"][0]
    assert (attachment["content_type"], attachment["name"]) == ("audio/ogg", "call.ogg")
    assert answer.body["data"]["voice"] is True
    (tmp_path / "made").write_bytes(made)
    plain = await recorded(tmp_path, "-i", str(tmp_path / "made"), "-f", "s16le", "-ar", "8000")
    assert 0.9 < len(plain) / 16_000 < 1.2, "all of it is there and can be heard"


@pytest.mark.parametrize(
    ("content_type", "options"),
    [
        ("video/mp4", ("-c:v", "mpeg4", "-c:a", "aac", "-f", "mp4")),
        ("video/mp4", ("-c:v", "libx264", "-c:a", "libopus", "-f", "mp4")),
        ("video/webm", ("-c:v", "libvpx", "-c:a", "libvorbis", "-f", "webm")),
    ],
    ids=["mpeg4", "opus-in-mp4", "webm"],
)
async def test_a_film_gets_the_codecs_that_are_taken(
    desk: Desk, tmp_path: Path, content_type: str, options: tuple[str, ...]
) -> None:
    data = await recorded(tmp_path, *BARS, *SINE, *options)
    answer = await desk.send("video", data, content_type, name="clip.x")
    assert set(boxes.codecs(await desk.bytes_of(answer))) == {"h264", "aac"}
    attachment = answer.body["attachments"][0]
    assert (attachment["content_type"], attachment["name"]) == ("video/mp4", "clip.mp4")
    assert await desk.rows() == 2, "what was uploaded is kept beside it"


async def test_what_ffmpeg_cannot_read_is_refused_with_words(desk: Desk, tmp_path: Path) -> None:
    wave = await recorded(tmp_path, *SINE, "-f", "wav")
    assert "damaged" in refusal(await desk.send("audio", wave[:30], "audio/wav"))
    film = await recorded(tmp_path, *BARS, "-c:v", "mpeg4", "-f", "mp4")
    assert "damaged" in refusal(await desk.send("video", film[:60], "video/mp4"))
