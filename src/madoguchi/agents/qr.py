"""A QR code as an SVG picture: version 6 with error correction L, which holds 134 bytes."""

from itertools import pairwise

LONGEST = 134
_SIZE = 41
_BLOCKS, _DATA, _CORRECTION = 2, 68, 18
_ALIGNMENT = 34
_QUIET_ZONE = 4
# The fifteen format bits of correction L with mask 0, which inverts every module whose row and column add up to an even
# number.
_FORMAT = "111011111000100"

Matrix = list[list[bool]]
Place = tuple[int, int]


def svg(text: str) -> str:
    """Raises ValueError for more than 134 bytes."""
    full = _SIZE + 2 * _QUIET_ZONE
    squares = "".join(
        f"M{column + _QUIET_ZONE} {row + _QUIET_ZONE}h1v1h-1z"
        for row, line in enumerate(encode(text.encode()))
        for column, dark in enumerate(line)
        if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {full}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{full}v{full}H0z"/><path d="{squares}"/></svg>'
    )


def encode(data: bytes) -> Matrix:
    """Rows of modules, True for dark."""
    if len(data) > LONGEST:
        raise ValueError(f"at most {LONGEST} bytes fit")
    bits = "".join(f"{word:08b}" for word in _interleaved(_words(data)))
    fixed = _fixed()
    matrix = [[fixed.get((row, column), False) for column in range(_SIZE)] for row in range(_SIZE)]
    path = [place for place in _path() if place not in fixed]
    for (row, column), bit in zip(path, bits.ljust(len(path), "0"), strict=True):
        matrix[row][column] = (bit == "1") ^ ((row + column) % 2 == 0)
    return matrix


def _words(data: bytes) -> list[int]:
    """Mode and length, the bytes, the end mark, and filling up to the capacity."""
    bits = f"0100{len(data):08b}" + "".join(f"{byte:08b}" for byte in data) + "0000"
    words = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    filling = [0xEC, 0x11] * (_BLOCKS * _DATA)
    return words + filling[: _BLOCKS * _DATA - len(words)]


def _interleaved(words: list[int]) -> list[int]:
    """Word by word from each block in turn, the data first."""
    blocks = [words[at : at + _DATA] for at in range(0, len(words), _DATA)]
    corrections = [_correction(block) for block in blocks]
    return [word for group in (blocks, corrections) for turn in zip(*group, strict=True) for word in turn]


def _correction(words: list[int]) -> list[int]:
    """The remainder of the data divided by the Reed-Solomon generator over GF(256)."""
    generator = [1]
    for power in range(_CORRECTION):
        generator = [a ^ _times(b, _EXP[power]) for a, b in zip([*generator, 0], [0, *generator], strict=True)]
    rest = words + [0] * _CORRECTION
    for at in range(len(words)):
        factor = rest[at]
        for offset, value in enumerate(generator):
            rest[at + offset] ^= _times(value, factor)
    return rest[len(words) :]


def _field() -> tuple[list[int], dict[int, int]]:
    powers, value = [], 1
    for _ in range(255):
        powers.append(value)
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return powers, {value: power for power, value in enumerate(powers)}


_EXP, _LOG = _field()


def _times(a: int, b: int) -> int:
    return _EXP[(_LOG[a] + _LOG[b]) % 255] if a and b else 0


def _fixed() -> dict[Place, bool]:
    """The modules that are the same in every code of this kind."""
    found = {(6, at): at % 2 == 0 for at in range(_SIZE)} | {(at, 6): at % 2 == 0 for at in range(_SIZE)}
    for top, left in ((3, 3), (3, _SIZE - 4), (_SIZE - 4, 3)):
        found |= _square(top, left, 4, light={2, 4})
    found |= _square(_ALIGNMENT, _ALIGNMENT, 2, light={1})
    found[_SIZE - 8, 8] = True
    steps = [0, 1, 2, 3, 4, 5, 7, 8]
    first = [(8, column) for column in steps] + [(row, 8) for row in reversed(steps[:-1])]
    second = [(_SIZE - 1 - n, 8) for n in range(7)] + [(8, _SIZE - 8 + n) for n in range(8)]
    return found | {place: bit == "1" for places in (first, second) for place, bit in zip(places, _FORMAT, strict=True)}


def _square(row: int, column: int, reach: int, light: set[int]) -> dict[Place, bool]:
    around = range(-reach, reach + 1)
    return {
        (row + down, column + right): max(abs(down), abs(right)) not in light
        for down in around
        for right in around
        if 0 <= row + down < _SIZE and 0 <= column + right < _SIZE
    }


def _path() -> list[Place]:
    """The modules in the order data fills them: two columns at a time, up and down in turn."""
    columns = [column for column in range(_SIZE - 1, -1, -1) if column != 6]
    found = []
    for turn, pair in enumerate(list(pairwise(columns))[::2]):
        rows = range(_SIZE) if turn % 2 else range(_SIZE - 1, -1, -1)
        found += [(row, column) for row in rows for column in pair]
    return found
