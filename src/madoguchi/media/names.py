"""File names as strangers give them: kept readable, never able to mean a path or a header."""

import mimetypes
import unicodedata
from urllib.parse import quote

_MAX_LENGTH = 200
_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "audio/ogg": ".ogg",
    "video/mp4": ".mp4",
}


def clean_name(name: str) -> str:
    """The last part, without control and direction-changing characters: text that turns round hides an `.exe`."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}).strip(" .")
    if len(kept) <= _MAX_LENGTH:
        return kept
    stem, dot, extension = kept.rpartition(".")
    return (
        f"{stem[: _MAX_LENGTH - len(extension) - 1]}.{extension}" if dot and len(extension) < 16 else kept[:_MAX_LENGTH]
    )


def name_or_default(name: str, content_type: str, media_id: str) -> str:
    if name:
        return name
    return f"{content_type.partition('/')[0]}-{media_id[-8:]}{mimetypes.guess_extension(content_type) or ''}"


def disposition(kind: str, name: str) -> str:
    """RFC 6266: a plain name for old readers, the true one beside it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "replace").decode()
    plain = "".join(c if c.isalnum() or c in " ._-()" else "_" for c in plain)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def with_ending(name: str, content_type: str) -> str:
    """The same name for another format of the same thing."""
    stem, dot, _ = name.rpartition(".")
    return f"{stem if dot else name}{_ENDINGS.get(content_type, '')}"
