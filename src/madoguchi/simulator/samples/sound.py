"""A quiet voice note: an Ogg stream of Opus frames, each of which says "silence"."""

import struct

SILENT_FRAME = b"\xf8\xff\xfe"  # one mono full-band frame of 20 ms
FRAMES_PER_SECOND = 50
SAMPLES_PER_FRAME = 960
FRAMES_PER_PAGE = 50
_POLYNOMIAL = 0x04C11DB7
BEGIN, END = 2, 4


def ogg_opus(seconds: float) -> bytes:
    frames = round(seconds * FRAMES_PER_SECOND)
    pages = [
        _page([b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48000, 0, 0)], 0, 0, BEGIN),
        _page([b"OpusTags" + struct.pack("<I", 9) + b"simulator" + struct.pack("<I", 0)], 0, 1, 0),
    ]
    for first in range(0, frames, FRAMES_PER_PAGE):
        count = min(FRAMES_PER_PAGE, frames - first)
        position = (first + count) * SAMPLES_PER_FRAME
        last = END if first + count == frames else 0
        pages.append(_page([SILENT_FRAME] * count, position, len(pages), last))
    return b"".join(pages)


def _page(packets: list[bytes], position: int, sequence: int, flags: int) -> bytes:
    # Every packet here is shorter than 255 bytes, so one lacing value each is enough.
    header = b"OggS" + struct.pack("<BBqII", 0, flags, position, 0x4D41444F, sequence)
    table = bytes([len(packets), *(len(p) for p in packets)])
    body = b"".join(packets)
    checksum = struct.pack("<I", _crc(header + bytes(4) + table + body))
    return header + checksum + table + body


def _crc(data: bytes) -> int:
    """Ogg's CRC-32: not reflected, starting from zero, unlike zlib's."""
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            high = register & 0x80000000
            register = ((register << 1) ^ (_POLYNOMIAL if high else 0)) & 0xFFFFFFFF
    return register
