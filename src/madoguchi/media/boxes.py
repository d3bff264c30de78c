"""The codecs in an MP4 or 3GP file, read from its boxes without decoding anything (ISO 14496-12)."""

import struct
from collections.abc import Iterator

_HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
_NAMES = {
    b"avc1": "h264",
    b"avc3": "h264",
    b"hvc1": "hevc",
    b"hev1": "hevc",
    b"mp4v": "mpeg4",
    b"s263": "h263",
    b"av01": "av1",
    b"vp09": "vp9",
    b"mp4a": "aac",
    b"samr": "amr",
    b"sawb": "amr",
    b"Opus": "opus",
    b"alac": "alac",
    b"ac-3": "ac3",
    b"ec-3": "ac3",
}
_DEPTH = 8


def codecs(data: bytes) -> list[str]:
    """In the order of the tracks; one nobody knows by its own four letters. Empty where there is nothing to read."""
    found = list[str]()
    for kind, start, end in _boxes(data, 0, len(data), 0):
        if kind == b"stsd" and end - start >= 16:
            name = data[start + 12 : start + 16]
            found.append(_NAMES.get(name, name.decode("ascii", "replace").strip()))
    return found


def _boxes(data: bytes, at: int, end: int, depth: int) -> Iterator[tuple[bytes, int, int]]:
    while at + 8 <= end and depth < _DEPTH:
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= end:
            (size,), head = struct.unpack_from(">Q", data, at + 8), 16
        elif size == 0:
            size = end - at
        if size < head:
            return
        behind = min(at + size, end)
        if kind in _HOLDERS:
            yield from _boxes(data, at + head, behind, depth + 1)
        else:
            yield kind, at + head, behind
        at += size
