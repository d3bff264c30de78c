"""Width and height of a picture from its first bytes, so that the screen can keep its place before it is loaded."""

import struct
from collections.abc import Callable

# A JPEG's size stands behind its preview and colour profile.
HEAD_BYTES = 256 * 1024

Size = tuple[int, int]

_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset(range(0xD0, 0xDA)) | {0x01}
_EXIF_ORIENTATION = 0x0112
_FIRST_TURNED = 5  # orientations 5 to 8 stand on their side


def dimensions(head: bytes, content_type: str) -> Size | None:
    """Pixels as shown, or None when they cannot be found. Never raises, whatever the bytes are."""
    reader = _READERS.get(content_type)
    if reader is None:
        return None
    try:
        size = reader(head)
    except (struct.error, IndexError, ValueError):
        return None
    return size if size and all(0 < side < 1 << 20 for side in size) else None


def _png(head: bytes) -> Size:
    width, height = struct.unpack_from(">II", head, 16)
    return width, height


def _gif(head: bytes) -> Size:
    width, height = struct.unpack_from("<HH", head, 6)
    return width, height


def _webp(head: bytes) -> Size | None:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None


def _jpeg(head: bytes) -> Size | None:
    at, turned = 2, False
    while at + 9 < len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return (height, width) if turned else (width, height)
        length = int.from_bytes(head[at + 2 : at + 4], "big")
        if marker == 0xE1 and head[at + 4 : at + 10] == b"Exif\0\0":
            turned = _orientation(head[at + 10 : at + 2 + length]) >= _FIRST_TURNED
        at += 2 + max(length, 2)
    return None


def _orientation(exif: bytes) -> int:
    order = "<" if exif[:2] == b"II" else ">"
    (directory,) = struct.unpack_from(f"{order}I", exif, 4)
    (count,) = struct.unpack_from(f"{order}H", exif, directory)
    for index in range(min(count, 64)):
        tag, _kind, _count, value = struct.unpack_from(f"{order}HHIH", exif, directory + 2 + 12 * index)
        if tag == _EXIF_ORIENTATION:
            return int(value)
    return 1


_READERS: dict[str, Callable[[bytes], Size | None]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/jpeg": _jpeg,
}
