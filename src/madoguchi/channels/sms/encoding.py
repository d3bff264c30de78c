"""How a text travels: in which alphabet, in how many parts, and where it may be cut."""

import re
from collections.abc import Callable, Iterator
from typing import Literal

from msgspec import Struct

from madoguchi.channels.sms.alphabet import septets

Alphabet = Literal["gsm", "ucs2"]

# One message alone, and each of several: the header with the parts' numbers takes 6 bytes, or 7 with a 16-bit reference.
_ALONE = {"gsm": 160, "ucs2": 70}
_EACH = {("gsm", 6): 153, ("gsm", 7): 152, ("ucs2", 6): 67, ("ucs2", 7): 66}

# One such character takes the whole text out of the GSM alphabet and doubles its price.
_PLAINER = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u2032": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2026": "...", "\u2022": "*",
    "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "\u200b": "", "\ufeff": "", "\t": " ",
    "\u00b4": "'", "`": "'", "\u00ab": '"', "\u00bb": '"',
})  # fmt: skip

# What must not be torn apart: a letter with its marks, joined emoji, skin tones, a flag's two letters.
_MARK = "[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff\u3099\u309a\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
_CLUSTER = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|.{_MARK}*(?:\u200d.{_MARK}*)*", re.DOTALL)


class Plan(Struct, frozen=True):
    """`used` and `room` are septets or UTF-16 units; `room` is what the parts hold together."""

    alphabet: Alphabet
    parts: tuple[str, ...]
    used: int
    room: int


def plainer(text: str) -> str:
    """Typographic quotes, dashes and blanks as plain ones, where that lets the whole text travel in the GSM alphabet."""
    simple = text.translate(_PLAINER)
    return simple if septets(simple) is not None else text


def plan(text: str, header: Literal[6, 7] = 6) -> Plan:
    alphabet: Alphabet = "gsm" if septets(text) is not None else "ucs2"
    size = _septets if alphabet == "gsm" else _units
    used = size(text)
    if used <= _ALONE[alphabet]:
        return Plan(alphabet, (text,), used, _ALONE[alphabet])
    most = _EACH[alphabet, header]
    parts = tuple(_cut(text, most, size))
    return Plan(alphabet, parts, used, most * len(parts))


def _septets(text: str) -> int:
    return septets(text) or 0


def _units(text: str) -> int:
    return len(text.encode("utf-16-be", "surrogatepass")) // 2


def _cut(text: str, most: int, size: Callable[[str], int]) -> Iterator[str]:
    part, used = "", 0
    for piece in _pieces(text, most, size):
        needed = size(piece)
        if used + needed > most:
            yield part
            part, used = "", 0
        part += piece
        used += needed
    yield part


def _pieces(text: str, most: int, size: Callable[[str], int]) -> Iterator[str]:
    """Clusters; one that fits in no part (a letter under a hundred marks) is cut between its characters."""
    for found in _CLUSTER.finditer(text):
        cluster = found.group()
        yield from (cluster,) if size(cluster) <= most else cluster
