"""A mail's header lines, read so that no sender can make us stumble.

Python's own header classes raise on some of what is in the wild; here the raw values are taken and read step by step.
"""

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from itertools import groupby
from typing import NamedTuple

from madoguchi.channels.email.charset import clean, decode

LONGEST = 64 * 1024
_MOST_ADDRESSES = 500
_WORD = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(=\?)")
_FOLD = re.compile(r"\r?\n[ \t]*|[\r\n]")
_ID = re.compile(r"<([^<>\s]{1,990})>")
_BARE_ID = re.compile(r"[^\s<>,;\"]{1,900}@[^\s<>,;\"]{1,90}")
_ADDRESS = re.compile(r"[^\s@<>(),;:\"]+@[^\s@<>(),;:\"]+")
_NO_ID = {"null", "none", "undefined", ""}
# Before mail had dates, and after anybody who reads this.
_EARLIEST, _LATEST = 1990, 2100


class Address(NamedTuple):
    name: str
    address: str  # as written; `key` is what it is compared by

    @property
    def key(self) -> str:
        return self.address.lower()


class Headers:
    """The lines of one part by lower-case name, in their order, decoded on demand."""

    def __init__(self, part: Message) -> None:
        self._lines: dict[str, list[str]] = {}
        for name, value in part.raw_items():
            self._lines.setdefault(str(name).lower(), []).append(str(value)[:LONGEST])

    def raw(self, name: str) -> list[str]:
        return self._lines.get(name, [])

    def text(self, name: str) -> str:
        """The first line of that name as a person reads it; empty when there is none."""
        return next((decode_text(value) for value in self.raw(name)), "")

    def plain(self, name: str) -> str:
        """The first line as a machine reads it: unfolded, trimmed, in lower case."""
        return self.text(name).strip().lower()

    def has(self, name: str) -> bool:
        return name in self._lines

    def addresses(self, *names: str) -> tuple[Address, ...]:
        return tuple(address for name in names for address in read_addresses(self.raw(name)))

    def ids(self, *names: str) -> tuple[str, ...]:
        """Message ids without their brackets, each once, in the order written."""
        found = (each for name in names for value in self.raw(name) for each in read_ids(value))
        return tuple(dict.fromkeys(found))


def _bytes(value: str) -> bytes:
    """The parser keeps bytes that are no ASCII as lone surrogates; this gives them back."""
    return value.encode("utf-8", "surrogateescape")


def unfold(value: str) -> str:
    return _FOLD.sub(" ", value)


def decode_text(value: str) -> str:
    """Encoded words and raw bytes to text; never raises."""
    value = _BETWEEN_WORDS.sub(r"\1\2", unfold(value))
    pieces: list[str] = []
    position = 0
    for words in _runs(value):
        first, last = words[0], words[-1]
        pieces.append(decode(_bytes(value[position : first.start()])).text)
        raw = b"".join(_word_bytes(word) for word in words)
        pieces.append(decode(raw, first.group(1).split("*")[0]).text)
        position = last.end()
    pieces.append(decode(_bytes(value[position:])).text)
    return " ".join("".join(pieces).split()) if pieces else ""


def _runs(value: str) -> Iterator[list[re.Match[str]]]:
    """Neighbouring words of one charset together: a character may be cut in two between them."""
    runs: list[list[re.Match[str]]] = []
    for word in _WORD.finditer(value):
        if runs and runs[-1][-1].end() == word.start() and _charset(runs[-1][-1]) == _charset(word):
            runs[-1].append(word)
        else:
            runs.append([word])
    return iter(runs)


def _charset(word: re.Match[str]) -> str:
    return word.group(1).lower()


def _word_bytes(word: re.Match[str]) -> bytes:
    text = _bytes(word.group(3))
    if word.group(2) in "qQ":
        return quopri.decodestring(text.replace(b"_", b" "), header=False)
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return text


def read_addresses(values: Iterable[str]) -> list[Address]:
    """All addresses with an @; names with an unquoted comma (`Doe, John <j@d.x>`) are put together again."""
    found: list[Address] = []
    for value in values:
        pending: list[str] = []
        for name, address in _pairs(_semicolons_to_commas(unfold(value))):
            match = _ADDRESS.search(address) or _ADDRESS.search(name)
            if match is None:
                pending.append(address or name)
                continue
            full = ", ".join([*(p for p in pending if p), name]) if name != match.group() else ""
            found.append(Address(decode_text(full).strip("\"' "), clean(decode(_bytes(match.group())).text)))
            pending = []
            if len(found) >= _MOST_ADDRESSES:
                return found
    return found


def _pairs(value: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([value], strict=False)  # type: ignore[call-arg, unused-ignore]
    except TypeError:  # a Python from before the stricter reading
        return getaddresses([value])
    except Exception:  # it is a stranger's text, and the library stumbles over some of them
        return [("", match) for match in _ADDRESS.findall(value)]


def _semicolons_to_commas(value: str) -> str:
    """Outlook parts addresses by semicolons; the semicolon that ends a group (`undisclosed:;`) does no harm as comma."""
    if ";" not in value:
        return value
    return "".join("".join(run) if quoted else "".join(run).replace(";", ",") for quoted, run in _quoted_runs(value))


def _quoted_runs(value: str) -> Iterator[tuple[bool, list[str]]]:
    quoted = False
    marked: list[tuple[bool, str]] = []
    for character in value:
        if character == '"':
            quoted = not quoted
        marked.append((quoted, character))
    for is_quoted, run in groupby(marked, key=lambda pair: pair[0]):
        yield is_quoted, [character for _, character in run]


def read_ids(value: str) -> list[str]:
    value = clean(unfold(value).encode("ascii", "ignore").decode())
    found = _ID.findall(value) or _BARE_ID.findall(value)
    return [each for each in found if each.strip().lower() not in _NO_ID]


def read_date(headers: Headers) -> datetime | None:
    """When it was written. A clock ahead of the server that took the mail is not believed; nor is an absurd one."""
    written = _date(headers.raw("date"))
    # "from … by …; Sun, 22 Nov 2026 12:00:00 +0000": the first is the last server's.
    received = _date([value.rpartition(";")[2] for value in headers.raw("received")[:1]])
    if written and received and written > received + timedelta(hours=24):
        return received
    return written or received


def _date(values: list[str]) -> datetime | None:
    return next((moment for value in values if (moment := _moment(value)) is not None), None)


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(unfold(value).strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except Exception:  # any of half a dozen kinds, by version
        return None
    return moment if _EARLIEST <= moment.year < _LATEST else None
