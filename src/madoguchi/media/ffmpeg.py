"""Sound and film made acceptable by ffmpeg, where the machine has it. It is no part of the product."""

import asyncio
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

_SECONDS = 120
# Nothing from the network, whatever a file refers to.
_COMMON = ("-hide_banner", "-loglevel", "error", "-nostdin", "-protocol_whitelist", "file,pipe", "-y")
_VOICE = ("-vn", "-map_metadata", "-1", "-ac", "1", "-c:a", "libopus", "-b:a", "32k", "-f", "ogg")
_FILM = (
    *("-map", "0:v:0", "-map", "0:a:0?", "-map_metadata", "-1", "-c:v", "libx264", "-profile:v", "main"),
    *("-pix_fmt", "yuv420p", "-bf", "0", "-vf", "scale='min(1280,iw)':-2", "-crf", "27", "-c:a", "aac", "-ac", "2"),
    *("-b:a", "96k", "-movflags", "+faststart", "-f", "mp4"),
)


def is_there() -> bool:
    return shutil.which("ffmpeg") is not None


async def to_voice(data: bytes) -> bytes | None:
    """Ogg with Opus, one channel; None when it cannot be read."""
    return await _run(data, _VOICE)


async def to_film(data: bytes) -> bytes | None:
    """MP4 with H.264 and AAC; None when it cannot be read."""
    return await _run(data, _FILM)


async def _run(data: bytes, options: tuple[str, ...]) -> bytes | None:
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="madoguchi-") as folder:
        given, made = Path(folder) / "given", Path(folder) / "made"
        await asyncio.to_thread(given.write_bytes, data)
        process = await asyncio.create_subprocess_exec(
            program, *_COMMON, "-i", str(given), *options, str(made),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            status = await asyncio.wait_for(process.wait(), _SECONDS)
        except BaseException as error:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            if isinstance(error, TimeoutError):
                return None
            raise
        return await asyncio.to_thread(made.read_bytes) if status == 0 and made.exists() else None
