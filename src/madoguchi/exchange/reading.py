"""A CSV file as people have them: its encoding and delimiter found out, its records one by one, broken ones named by their line."""

import codecs
import csv
from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TextIO

from charset_normalizer import from_bytes

# Ours → Python's. What Excel in Japan writes as "Shift_JIS" is Windows' code page 932.
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "windows-1252": "cp1252",
    "gb18030": "gb18030",
    "big5": "big5",
    "euc-kr": "cp949",
}
DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 256 * 1024
_PIECE = 1024 * 1024
_LONGEST_SHOWN = 500
# A quote that is opened and not closed within so many lines was never meant to be one.
_LONGEST_RECORD = 100
# Python's name for a byte that the encoding does not know.
_UNDECODED = range(0xDC80, 0xDD00)


class Record(NamedTuple):
    """`fault`: quotes, or undecoded; the cells are then the line as it stands."""

    line: int
    cells: list[str]
    fault: str | None = None


def find_encoding(path: Path) -> str:
    """The first that reads the whole file, by its mark, as UTF-8, or as it looks; `utf-8` when nothing fits."""
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\x1b$" in head and _reads(path, "iso-2022-jp"):
        return "iso-2022-jp"
    if head.startswith(codecs.BOM_UTF8) or _reads(path, "utf-8"):
        return "utf-8"
    looks = from_bytes(head, cp_isolation=list(ENCODINGS.values())[2:]).best()
    likely = [
        name
        for name, python in ENCODINGS.items()
        if looks and codecs.lookup(python).name == codecs.lookup(looks.encoding).name
    ]
    return next((name for name in [*likely, "shift_jis", "euc-jp", "windows-1252"] if _reads(path, name)), "utf-8")


def _reads(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(ENCODINGS[encoding])()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def find_delimiter(path: Path, encoding: str) -> str:
    """The one that the first lines have most often, the same number in each of them before all."""
    with open_text(path, encoding) as file:
        lines = [line for line in islice(file, 10) if line.strip()]

    def fitness(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in lines)
        number, times = max(counts.items(), key=lambda item: (item[0] > 0, item[1]), default=(0, 0))
        return times if number else 0, number

    return max(DELIMITERS, key=fitness)


def open_text(path: Path, encoding: str) -> TextIO:
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    return path.open(encoding=ENCODINGS[encoding], errors=errors, newline="")


def records(file: TextIO, delimiter: str) -> Iterator[Record]:
    """Every record that is not blank, in order."""
    lines = _Lines(file)
    while True:
        lines.begin()
        try:
            cells = next(csv.reader(lines, delimiter=delimiter, strict=True))
        except StopIteration:
            return
        except csv.Error:
            yield Record(lines.first, [lines.give_back().rstrip("\r\n")], "quotes")
            continue
        if any(cell.strip() for cell in cells):
            undecoded = any(
                ord(character) in _UNDECODED or character == "�"
                for cell in cells
                if not cell.isascii()
                for character in cell
            )
            yield Record(lines.first, cells, "undecoded" if undecoded else None)


def shown(cell: str) -> str:
    """What can be written as JSON: bytes that the encoding does not know become the sign for them."""
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "�")[:_LONGEST_SHOWN]


class _Lines:
    """The lines of one record; when it is broken, all but its first are given back, so that one bad quote costs one line."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._at = 0

    @property
    def first(self) -> int:
        return self._at - len(self._taken) + 1

    def begin(self) -> None:
        self._taken.clear()

    def give_back(self) -> str:
        first, *others = self._taken
        self._waiting.extendleft(reversed(others))
        self._at -= len(others)
        self._taken = [first]
        return first

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self._taken) == _LONGEST_RECORD:
            raise csv.Error("a quote is not closed")
        line = self._waiting.popleft() if self._waiting else next(self._file)
        self._at += 1
        self._taken.append(line)
        return line
