"""Sound and film made acceptable by the real ffmpeg: what goes in is made by it too, what comes out it has to understand."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from madoguchi.media import ffmpeg

_TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1:sample_rate=44100")
_STEREO = ("-ac", "2")
_PICTURE = ("-f", "lavfi", "-i", "testsrc=size=320x240:rate=10:duration=1")

SOUNDS = {
    "AAC in MP4": (*_TONE, *_STEREO, "-c:a", "aac", "-f", "mp4"),
    "MP3": (*_TONE, *_STEREO, "-c:a", "libmp3lame", "-f", "mp3"),
    "Opus in WebM": (*_TONE, *_STEREO, "-c:a", "libopus", "-f", "webm"),
    "Vorbis in Ogg": (*_TONE, *_STEREO, "-c:a", "libvorbis", "-f", "ogg"),
    "WAV": (*_TONE, *_STEREO, "-c:a", "pcm_s16le", "-f", "wav"),
    "FLAC": (*_TONE, "-ac", "1", "-ar", "16000", "-c:a", "flac", "-f", "flac"),
}
FILMS = {
    "VP9 in WebM": (*_PICTURE, "-c:v", "libvpx-vp9", "-f", "webm"),
    "MPEG-4 part 2 in AVI": (*_PICTURE, "-c:v", "mpeg4", "-f", "avi"),
    "H.265 and AAC in MP4": (*_PICTURE, *_TONE, "-c:v", "libx265", "-c:a", "aac", "-f", "mp4"),
    "H.264 with B-frames in MKV": (*_PICTURE, *_TONE, "-c:v", "libx264", "-bf", "3", "-c:a", "aac", "-f", "matroska"),
}


@pytest.fixture(scope="module", autouse=True)
def _there() -> None:
    assert shutil.which("ffmpeg"), "ffmpeg is missing: `make test` installs it as root on Debian; else install it"


@pytest.mark.parametrize("kind", SOUNDS)
async def test_any_sound_becomes_a_voice_note(kind: str, tmp_path: Path) -> None:
    made = await ffmpeg.to_voice(_make(tmp_path, SOUNDS[kind]))
    assert made
    (stream,) = _streams(tmp_path, made)
    assert (stream["codec_name"], stream["channels"]) == ("opus", 1)
    assert made.startswith(b"OggS")


@pytest.mark.parametrize("kind", FILMS)
async def test_any_film_becomes_one_that_phones_play(kind: str, tmp_path: Path) -> None:
    made = await ffmpeg.to_film(_make(tmp_path, FILMS[kind]))
    assert made
    video, *sound = _streams(tmp_path, made)
    assert (video["codec_name"], video["has_b_frames"], video["pix_fmt"]) == ("h264", 0, "yuv420p")
    assert [each["codec_name"] for each in sound] == (["aac"] if "AAC" in kind or "MKV" in kind else [])


async def test_what_is_no_sound_or_film_gives_nothing(tmp_path: Path) -> None:
    assert await ffmpeg.to_voice(b"no sound at all") is None
    assert await ffmpeg.to_film(_make(tmp_path, SOUNDS["WAV"])) is None, "a film without a picture"


async def test_a_playlist_cannot_fetch_from_elsewhere(tmp_path: Path) -> None:
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:1/secret.ts\n#EXT-X-ENDLIST\n"
    assert await ffmpeg.to_voice(playlist) is None


def _make(folder: Path, options: tuple[str, ...]) -> bytes:
    made = folder / "given"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *options, str(made)], check=True)
    return made.read_bytes()


def _streams(folder: Path, data: bytes) -> list[dict[str, Any]]:
    file = folder / "made"
    file.write_bytes(data)
    asked = ["ffprobe", "-loglevel", "error", "-show_streams", "-of", "json", str(file)]
    found = subprocess.run(asked, check=True, capture_output=True)
    return list(json.loads(found.stdout)["streams"])
