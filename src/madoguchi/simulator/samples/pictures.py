"""Small drawings written as PNG with nothing but zlib."""

import math
import struct
import zlib
from collections.abc import Callable

Colour = tuple[int, int, int]
WIDTH, HEIGHT = 480, 360


def png(width: int, height: int, pixel: Callable[[int, int], Colour]) -> bytes:
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows.extend(pixel(x, y))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + _chunk(b"IEND", b"")
    )


def coffee() -> bytes:
    """A cup seen from above on a wooden table."""
    return png(WIDTH, HEIGHT, _coffee_pixel)


def harbour() -> bytes:
    """The harbour at dusk: sky, sun, hills and water."""
    return png(WIDTH, HEIGHT, _harbour_pixel)


def _coffee_pixel(x: int, y: int) -> Colour:
    from_centre = math.hypot(x - 240, y - 176)
    if from_centre < 84:
        swirl = math.sin(from_centre / 7 + 2 * math.atan2(y - 176, x - 240))
        cream = max(0.0, swirl) * max(0.0, 1 - from_centre / 70)
        return _mix((84, 48, 28), (226, 190, 150), cream)
    if from_centre < 98:
        return (250, 246, 238)
    if math.hypot(x - 336, y - 150) < 30 and math.hypot(x - 336, y - 150) > 17:
        return (244, 238, 228)
    if from_centre < 150:
        return _mix((232, 224, 210), (214, 204, 188), (from_centre - 98) / 52)
    if math.hypot(x - 246, y - 190) < 156:
        return (122, 84, 54)
    grain = 0.5 + 0.5 * math.sin(y / 9 + 3 * math.sin(x / 90) + math.sin(y / 37))
    plank = 0.12 if y % 90 < 3 else 0.0
    return _mix(_mix((164, 116, 76), (186, 138, 94), grain), (70, 44, 26), plank * 3)


def _harbour_pixel(x: int, y: int) -> Colour:
    horizon, hills = 214, 190 - 26 * math.sin(x / 74) - 14 * math.sin(x / 31 + 1)
    if y < horizon:
        if math.hypot(x - 330, y - 150) < 34 and y < hills:
            return (255, 226, 170)
        if y > hills:
            return _mix((74, 66, 102), (104, 84, 112), (y - hills) / 60)
        return _mix((62, 84, 148), (246, 166, 122), y / horizon)
    glitter = math.sin(x / 5 + 4 * math.sin(y / 6)) * math.exp(-(((x - 330) / 60) ** 2))
    water = _mix((214, 140, 118), (34, 52, 96), (y - horizon) / (HEIGHT - horizon))
    return _mix(water, (255, 226, 170), max(0.0, glitter) * 0.8)


def _mix(a: Colour, b: Colour, share: float) -> Colour:
    share = min(1.0, max(0.0, share))
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
