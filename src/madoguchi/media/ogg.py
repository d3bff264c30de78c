"""Opus in Ogg (RFC 3533, RFC 7845): written page by page, and read as far as a check needs."""

import struct
from collections.abc import Iterable, Iterator

from msgspec import Struct

MONO = 1
_RATE = 48_000
_SERIAL = 0x4D474348
_PAGE_PACKETS = 50  # about a second of sound on each page
_SEGMENTS = 255
_FIRST, _LAST = 2, 4
_PRE_SKIP = 312
# Samples at 48 kHz in one frame, by the configuration in a packet's first byte.
_SILK, _HYBRID, _CELT = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)


class OpusHead(Struct, frozen=True):
    channels: int
    pre_skip: int


def opus_head(data: bytes) -> OpusHead | None:
    """None where it is no Opus header."""
    if len(data) < 19 or not data.startswith(b"OpusHead"):
        return None
    return OpusHead(data[9], struct.unpack_from("<H", data, 10)[0])


def read_head(head: bytes) -> OpusHead | None:
    """The Opus header on the first page of an Ogg file; None where something else is inside."""
    if len(head) < 28 or not head.startswith(b"OggS"):
        return None
    return opus_head(head[27 + head[26] :])


def to_mono(data: bytes) -> bytes:
    """The same file, said to have one channel: its decoder mixes the two."""
    at = 27 + data[26]
    page = bytearray(data[: at + sum(data[27:at])])
    page[at + 9] = MONO
    page[22:26] = bytes(4)
    page[22:26] = struct.pack("<I", checksum(bytes(page)))
    return bytes(page) + data[len(page) :]


def write_opus(packets: Iterable[bytes], head: OpusHead | None) -> Iterator[bytes]:
    """The pages of a mono file. A decoder for one channel plays packets of two as well: they need no encoding anew."""
    pre_skip = head.pre_skip if head else _PRE_SKIP
    yield _page([b"OpusHead" + struct.pack("<BBHIhB", 1, MONO, pre_skip, _RATE, 0, 0)], 0, 0, _FIRST)
    yield _page([b"OpusTags" + struct.pack("<I", 9) + b"madoguchi" + struct.pack("<I", 0)], 0, 1, 0)
    number, position, waiting, segments = 2, 0, list[bytes](), 0
    for packet in packets:
        needed = len(packet) // 255 + 1
        if waiting and (len(waiting) >= _PAGE_PACKETS or segments + needed > _SEGMENTS):
            yield _page(waiting, position, number, 0)
            number, waiting, segments = number + 1, [], 0
        waiting.append(packet)
        segments += needed
        position += samples(packet)
    yield _page(waiting, position, number, _LAST)


def samples(packet: bytes) -> int:
    """How long a packet plays, in samples at 48 kHz."""
    if not packet:
        return 0
    config, count = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = _SILK[config & 3]
    elif config < 16:
        frame = _HYBRID[config & 1]
    else:
        frame = _CELT[config & 3]
    frames = 1 if count == 0 else 2
    if count == 3:
        frames = packet[1] & 63 if len(packet) > 1 else 0
    return frame * frames


def _page(packets: list[bytes], position: int, number: int, flags: int) -> bytes:
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    head = b"OggS" + struct.pack("<BBqIII", 0, flags, position, _SERIAL, number, 0) + bytes([len(lacing)]) + lacing
    page = head + b"".join(packets)
    return page[:22] + struct.pack("<I", checksum(page)) + page[26:]


def checksum(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8) & 0xFFFFFFFF ^ _TABLE[value >> 24 ^ byte]
    return value


def _entry(index: int) -> int:
    value = index << 24
    for _ in range(8):
        value = (value << 1) ^ 0x04C11DB7 if value & 0x80000000 else value << 1
    return value & 0xFFFFFFFF


_TABLE = [_entry(index) for index in range(256)]
