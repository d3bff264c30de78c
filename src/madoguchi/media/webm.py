"""What browsers record: Opus in WebM (Matroska). Read as far as its packets, to put them into another container."""

from collections.abc import Iterator

from msgspec import Struct

# Elements by their ids (RFC 9559); those that hold others are walked into.
_SEGMENT, _CLUSTER, _GROUP, _TRACKS, _TRACK = 0x18538067, 0x1F43B675, 0xA0, 0x1654AE6B, 0xAE
_HOLDERS = {_SEGMENT, _CLUSTER, _GROUP, _TRACKS, _TRACK}
_TRACK_NUMBER, _TRACK_CODEC, _TRACK_PRIVATE = 0xD7, 0x86, 0x63A2
_BLOCKS = {0xA3, 0xA1}
_LACING = 0x06


class NotWebm(Exception):  # noqa: N818 - a fact about a file
    """No WebM with Opus alone in it, or cut off where it must not be."""


class Sound(Struct, frozen=True):
    """`private` is Opus' own header, as its encoder wrote it."""

    private: bytes
    packets: list[bytes]


def read_opus(data: bytes) -> Sound:
    """Raises NotWebm. A recording that ends in the middle of a packet keeps what came before it."""
    if not data.startswith(b"\x1a\x45\xdf\xa3"):
        raise NotWebm("this is no WebM")
    track, codec, private, found = 0, b"", b"", list[bytes]()
    tracks: dict[int, tuple[bytes, bytes]] = {}
    for element, start, end in _elements(data, 0, len(data)):
        if element == _TRACK:
            track, codec, private = 0, b"", b""
        elif element == _TRACK_NUMBER:
            track = int.from_bytes(data[start:end], "big")
        elif element == _TRACK_CODEC:
            codec = data[start:end]
        elif element == _TRACK_PRIVATE:
            private = data[start:end]
        elif element in _BLOCKS:
            found += _packet(data[start:end], tracks)
        if track and codec:
            tracks[track] = (codec, private)
    if not found:
        raise NotWebm("there is no Opus sound in this")
    return Sound(next(iter(tracks.values()))[1], found)


def _packet(block: bytes, tracks: dict[int, tuple[bytes, bytes]]) -> list[bytes]:
    number, at = _number(block, 0, keep_marker=False)
    codec, _ = tracks.get(number, (b"", b""))
    if codec != b"A_OPUS" or len(tracks) > 1 or len(block) < at + 3:
        raise NotWebm("there is something else than one track of Opus in this")
    if block[at + 2] & _LACING:
        raise NotWebm("its packets are laced")
    return [block[at + 3 :]]


def _elements(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(id, first byte, behind the last byte) of every element, holders before what they hold."""
    while at < end:
        try:
            element, at = _number(data, at, keep_marker=True)
            size, at = _number(data, at, keep_marker=False)
        except IndexError:
            return
        # A recorder that does not know the length yet writes "unknown": until the holder's end.
        behind = end if size < 0 else at + size
        if element in _HOLDERS:
            yield element, at, min(behind, end)
        elif behind <= end:
            yield element, at, behind
            at = behind


def _number(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """Matroska's numbers say in their first bits how many bytes they have. -1: all bits are one, unknown."""
    first = data[at]
    length = 9 - first.bit_length()
    if length > 8 or at + length > len(data):
        raise IndexError(at)
    value = int.from_bytes(data[at : at + length], "big")
    if not keep_marker:
        mask = (1 << 7 * length) - 1
        value = -1 if value & mask == mask else value & mask
    return value, at + length
