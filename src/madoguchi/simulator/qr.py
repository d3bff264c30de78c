"""A QR code for a short address: version 3, error correction M, which holds 42 bytes."""

from itertools import pairwise
from typing import Protocol

from madoguchi.simulator.samples.pictures import png as draw

SIZE = 29
DATA, CORRECTION = 44, 26
ALIGNMENT = 22
LONGEST = 42
QUIET_ZONE = 4
PIXELS = 8
# The fifteen format bits of correction M with mask 0, which inverts every module whose row and
# column add up to an even number.
FORMAT = "101010000010010"

Matrix = list[list[bool]]


class Put(Protocol):
    def __call__(self, row: int, column: int, *, dark: bool) -> None: ...


def encode(data: bytes) -> Matrix:
    """Rows of modules, True for dark. Raises ValueError for more than 42 bytes."""
    if len(data) > LONGEST:
        raise ValueError(f"at most {LONGEST} bytes fit")
    words = _words(data)
    bits = "".join(f"{word:08b}" for word in words + _correction(words))
    matrix, taken = _patterns()
    for (row, column), bit in zip(_path(taken), bits.ljust(len(bits) + 7, "0"), strict=True):
        matrix[row][column] = (bit == "1") ^ ((row + column) % 2 == 0)
    return matrix


def svg(matrix: Matrix) -> str:
    full = SIZE + 2 * QUIET_ZONE
    squares = "".join(
        f"M{column + QUIET_ZONE} {row + QUIET_ZONE}h1v1h-1z"
        for row, line in enumerate(matrix)
        for column, dark in enumerate(line)
        if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {full}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{full}v{full}H0z"/><path d="{squares}"/></svg>'
    )


def png(matrix: Matrix) -> bytes:
    full = (SIZE + 2 * QUIET_ZONE) * PIXELS

    def pixel(x: int, y: int) -> tuple[int, int, int]:
        row, column = y // PIXELS - QUIET_ZONE, x // PIXELS - QUIET_ZONE
        dark = 0 <= row < SIZE and 0 <= column < SIZE and matrix[row][column]
        return (0, 0, 0) if dark else (255, 255, 255)

    return draw(full, full, pixel)


def _words(data: bytes) -> list[int]:
    """Mode and length, the bytes, the end mark, and filling up to the capacity."""
    bits = f"0100{len(data):08b}" + "".join(f"{byte:08b}" for byte in data) + "0000"
    words = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    filling = [0xEC, 0x11] * DATA
    return words + filling[: DATA - len(words)]


def _correction(words: list[int]) -> list[int]:
    """The remainder of the data divided by the Reed-Solomon generator over GF(256)."""
    generator = [1]
    for power in range(CORRECTION):
        generator = [a ^ _times(b, _EXP[power]) for a, b in zip([*generator, 0], [0, *generator], strict=True)]
    rest = words + [0] * CORRECTION
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


def _patterns() -> tuple[Matrix, Matrix]:
    """The parts that are the same in every code of this version, and which modules they take."""
    matrix = [[False] * SIZE for _ in range(SIZE)]
    taken = [[False] * SIZE for _ in range(SIZE)]

    def put(row: int, column: int, *, dark: bool) -> None:
        if 0 <= row < SIZE and 0 <= column < SIZE:
            matrix[row][column], taken[row][column] = dark, True

    for at in range(SIZE):
        put(6, at, dark=at % 2 == 0)
        put(at, 6, dark=at % 2 == 0)
    for top, left in ((0, 0), (0, SIZE - 7), (SIZE - 7, 0)):
        _square(put, top + 3, left + 3, 4, light={2, 4})
    _square(put, ALIGNMENT, ALIGNMENT, 2, light={1})
    put(SIZE - 8, 8, dark=True)
    for index, (first, second) in enumerate(zip(*_format_places(), strict=True)):
        put(*first, dark=FORMAT[index] == "1")
        put(*second, dark=FORMAT[index] == "1")
    return matrix, taken


def _square(put: Put, row: int, column: int, reach: int, light: set[int]) -> None:
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            put(row + down, column + right, dark=max(abs(down), abs(right)) not in light)


def _format_places() -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    steps = [0, 1, 2, 3, 4, 5, 7, 8]
    first = [(8, c) for c in steps] + [(r, 8) for r in reversed(steps[:-1])]
    second = [(SIZE - 1 - n, 8) for n in range(7)] + [(8, SIZE - 8 + n) for n in range(8)]
    return first, second


def _path(taken: Matrix) -> list[tuple[int, int]]:
    """The free modules in the order data fills them: two columns at a time, up and down in turn."""
    found = []
    columns = [c for c in range(SIZE - 1, -1, -1) if c != 6]
    for turn, (right, left) in enumerate(list(pairwise(columns))[::2]):
        rows = range(SIZE) if turn % 2 else range(SIZE - 1, -1, -1)
        found += [(row, column) for row in rows for column in (right, left) if not taken[row][column]]
    return found
