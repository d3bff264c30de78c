"""Two seconds of sunrise as a playable MP4.

H.264 allows a macroblock to carry its samples uncompressed (I_PCM). That makes an encoder
out of a bit writer, which is all a sample of 128 by 96 needs.
"""

import struct
from functools import cache

MB_COLUMNS, MB_ROWS = 8, 6
WIDTH, HEIGHT = MB_COLUMNS * 16, MB_ROWS * 16
FRAMES, RATE = 12, 6
TIMESCALE = 600
PROFILE, COMPATIBILITY, LEVEL = 66, 0xC0, 20
I_PCM = 25


class _Bits:
    """Most significant bit first, with the Exp-Golomb codes of H.264."""

    def __init__(self) -> None:
        self._bits: list[str] = []

    def u(self, value: int, width: int) -> "_Bits":
        self._bits.append(f"{value:0{width}b}")
        return self

    def ue(self, value: int) -> "_Bits":
        code = f"{value + 1:b}"
        self._bits.append("0" * (len(code) - 1) + code)
        return self

    def align(self) -> "_Bits":
        used = sum(map(len, self._bits)) % 8
        self._bits.append("0" * (-used % 8))
        return self

    def end(self) -> bytes:
        """Close with the stop bit."""
        self._bits.append("1")
        self.align()
        return self.bytes()

    def bytes(self) -> bytes:
        joined = "".join(self._bits)
        return int(joined, 2).to_bytes(len(joined) // 8, "big") if joined else b""


def sunrise() -> bytes:
    samples = [_frame(n) for n in range(FRAMES)]
    head = _box(b"ftyp", b"isom" + struct.pack(">I", 512) + b"isomiso2avc1mp41")
    # The movie box has the same length whatever offset it names, so measure it first.
    offset = len(head) + len(_movie(samples, 0)) + 8
    return head + _movie(samples, offset) + _box(b"mdat", b"".join(samples))


def _frame(number: int) -> bytes:
    slice_header = _Bits().ue(0).ue(7).ue(0).u(0, 4).ue(number % 2).u(0, 1).u(0, 1).ue(0).ue(1)
    payload = bytearray()
    pending = slice_header
    for row in range(MB_ROWS):
        for column in range(MB_COLUMNS):
            payload += pending.ue(I_PCM).align().bytes()
            payload += _macroblock(row, column, number)
            pending = _Bits()
    payload += b"\x80"
    nal = b"\x65" + _escape(bytes(payload))
    return struct.pack(">I", len(nal)) + nal


def _macroblock(row: int, column: int, number: int) -> bytes:
    luma = bytes(_luma(column * 16 + x, row * 16 + y, number) for y in range(16) for x in range(16))
    warm = row < MB_ROWS * 2 // 3
    blue, red = (108 - number, 150 + number) if warm else (140, 118)
    return luma + bytes([blue]) * 64 + bytes([red]) * 64


@cache
def _luma(x: int, y: int, number: int) -> int:
    sun_y = 66 - 3 * number
    if y < 64 and (x - 64) ** 2 + (y - sun_y) ** 2 < 196:
        return 226
    if y < 64:
        return 70 + y + 3 * number
    return 60 + ((x * 7 + y * 13 + number * 5) % 17) * 2 + number


def _escape(payload: bytes) -> bytes:
    """Emulation prevention: no start code may appear inside a unit."""
    out, zeros = bytearray(), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def _sps() -> bytes:
    bits = _Bits().u(PROFILE, 8).u(COMPATIBILITY, 8).u(LEVEL, 8)
    bits.ue(0).ue(0).ue(2).ue(1).u(0, 1).ue(MB_COLUMNS - 1).ue(MB_ROWS - 1)
    return b"\x67" + _escape(bits.u(1, 1).u(1, 1).u(0, 1).u(0, 1).end())


def _pps() -> bytes:
    bits = _Bits().ue(0).ue(0).u(0, 1).u(0, 1).ue(0).ue(0).ue(0).u(0, 1).u(0, 2)
    # Quantiser offsets are signed codes of zero, then: deblocking control present.
    return b"\x68" + _escape(bits.ue(0).ue(0).ue(0).u(1, 1).u(0, 1).u(0, 1).end())


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


def _movie(samples: list[bytes], offset: int) -> bytes:
    length = FRAMES * TIMESCALE // RATE
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    header = struct.pack(">IIIIIHHII", 0, 0, TIMESCALE, length, 0x10000, 0x100, 0, 0, 0)
    track = struct.pack(">IIIIIIIHHHH", 0, 0, 1, 0, length, 0, 0, 0, 0, 0, 0)
    size = struct.pack(">II", WIDTH << 16, HEIGHT << 16)
    media = struct.pack(">IIIIHH", 0, 0, TIMESCALE, length, 0x55C4, 0)
    handler = struct.pack(">I4sIII", 0, b"vide", 0, 0, 0) + b"video\x00"
    return _box(
        b"moov",
        _full(b"mvhd", 0, header, matrix, bytes(24), struct.pack(">I", 2)),
        _box(
            b"trak",
            _full(b"tkhd", 3, track, matrix, size),
            _box(
                b"mdia",
                _full(b"mdhd", 0, media),
                _full(b"hdlr", 0, handler),
                _box(b"minf", _full(b"vmhd", 1, bytes(8)), _references(), _table(samples, offset)),
            ),
        ),
    )


def _references() -> bytes:
    return _box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1), _full(b"url ", 1)))


def _table(samples: list[bytes], offset: int) -> bytes:
    sps, pps = _sps(), _pps()
    config = bytes([1, PROFILE, COMPATIBILITY, LEVEL, 0xFF, 0xE1])
    config += struct.pack(">H", len(sps)) + sps + b"\x01" + struct.pack(">H", len(pps)) + pps
    entry = bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HH", WIDTH, HEIGHT)
    entry += struct.pack(">IIIH", 0x480000, 0x480000, 0, 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    sizes = b"".join(struct.pack(">I", len(s)) for s in samples)
    return _box(
        b"stbl",
        _full(b"stsd", 0, struct.pack(">I", 1), _box(b"avc1", entry, _box(b"avcC", config))),
        _full(b"stts", 0, struct.pack(">III", 1, len(samples), TIMESCALE // RATE)),
        _full(b"stsc", 0, struct.pack(">IIII", 1, 1, len(samples), 1)),
        _full(b"stsz", 0, struct.pack(">II", 0, len(samples)), sizes),
        _full(b"stco", 0, struct.pack(">II", 1, offset)),
    )
