"""A sticker as lossless WebP (VP8L) in three colours: clear, the cup, and its lines.

Only green and alpha vary, each over two values, so every pixel takes two bits and no
transform or back-reference is needed.
"""

import math
import struct

SIDE = 512
CUP_GREEN, LINE_GREEN = 196, 60
RED, BLUE = 232, 64


class _Bits:
    """Least significant bit first, as VP8L wants it."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._buffer = self._length = 0

    def put(self, value: int, bits: int) -> None:
        self._buffer |= value << self._length
        self._length += bits
        while self._length >= 8:
            self._out.append(self._buffer & 0xFF)
            self._buffer >>= 8
            self._length -= 8

    def bytes(self) -> bytes:
        tail = bytes([self._buffer & 0xFF]) if self._length else b""
        return bytes(self._out) + tail


def smiling_cup() -> bytes:
    bits = _Bits()
    bits.put(0x2F, 8)
    bits.put(SIDE - 1, 14)
    bits.put(SIDE - 1, 14)
    bits.put(1, 1)  # alpha is used
    bits.put(0, 3)  # version
    for flag in (0, 0, 0):  # no transform, no colour cache, one set of codes
        bits.put(flag, 1)
    for symbols in ((LINE_GREEN, CUP_GREEN), (RED,), (BLUE,), (0, 255), (0,)):
        _simple_code(bits, symbols)
    for y in range(SIDE):
        for x in range(SIDE):
            drawn, line = _pixel(x, y)
            bits.put(0 if line else 1, 1)
            bits.put(1 if drawn else 0, 1)
    return _riff(bits.bytes())


def _simple_code(bits: _Bits, symbols: tuple[int, ...]) -> None:
    bits.put(1, 1)
    bits.put(len(symbols) - 1, 1)
    wide = symbols[0] > 1
    bits.put(int(wide), 1)
    bits.put(symbols[0], 8 if wide else 1)
    if len(symbols) > 1:
        bits.put(symbols[1], 8)


def _pixel(x: int, y: int) -> tuple[bool, bool]:
    """Whether the pixel is drawn at all, and whether it belongs to a line."""
    if y < 170:
        steam = any(abs(x - c - 14 * math.sin(y / 22)) < 8 for c in (180, 250, 320)) and y > 60
        return steam, steam
    handle = math.hypot((x - 392) / 1.0, (y - 300) / 1.1)
    body = _in_cup(x, y)
    if not body:
        return 46 < handle < 76, handle < 53 or handle > 69
    eyes = math.hypot(x - 195, y - 285) < 16 or math.hypot(x - 305, y - 285) < 16
    smile = abs(math.hypot(x - 250, y - 300) - 62) < 7 and y > 326
    edge = not all(_in_cup(x + dx, y + dy) for dx, dy in ((-8, 0), (8, 0), (0, -8), (0, 8)))
    return True, eyes or smile or edge


def _in_cup(x: int, y: int) -> bool:
    if not 178 < y < 440:
        return False
    narrowing = max(0.0, (y - 330) / 110) ** 2 * 70
    return 110 + narrowing < x < 390 - narrowing


def _riff(data: bytes) -> bytes:
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk
