"""Which of a block's 16,384 documents hold a term: a list while they are few, a bitmap from there on (2 KB, never more)."""

import sys
from array import array
from collections.abc import Iterable

BLOCK = 16_384
_BITMAP = BLOCK // 8


def pack(numbers: set[int]) -> bytes:
    """`numbers` are places within the block."""
    if 2 * len(numbers) < _BITMAP:
        packed = array("H", sorted(numbers))
        if sys.byteorder == "big":
            packed.byteswap()
        return packed.tobytes()
    bits = bytearray(_BITMAP)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return bytes(bits)


def merged(packed: bytes, numbers: set[int]) -> bytes:
    """`packed` with these too. A bitmap takes them without being taken apart: words that everybody writes are in every step."""
    if len(packed) != _BITMAP:
        return pack(unpack(packed) | numbers)
    bits = bytearray(packed)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return bytes(bits)


def unpack(packed: bytes) -> set[int]:
    if len(packed) == _BITMAP:
        return set(_ones(int.from_bytes(packed, "little")))
    numbers = array("H", packed)
    if sys.byteorder == "big":
        numbers.byteswap()
    return set(numbers)


def common(lists: Iterable[bytes]) -> list[int]:
    """The places that all of them have, the newest first. Bitmaps are joined as numbers, which costs next to nothing."""
    bits = -1
    few: set[int] | None = None
    for packed in sorted(lists, key=len):
        if len(packed) == _BITMAP:
            bits &= int.from_bytes(packed, "little")
        else:
            few = unpack(packed) if few is None else few & unpack(packed)
            if not few:
                return []
    if few is not None:
        return sorted((n for n in few if bits >> n & 1), reverse=True)
    return _ones(bits)[::-1] if bits > 0 else []


def _ones(bits: int) -> list[int]:
    text = bin(bits)[:1:-1]
    found, at = [], text.find("1")
    while at >= 0:
        found.append(at)
        at = text.find("1", at + 1)
    return found
