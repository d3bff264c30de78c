"""Bytes to text, whatever the mail says about them.

What is declared is tried first, and strictly; what follows are the mistakes that mail in the wild makes, the commonest
first. `Decoded.rung` says which step held, so that an odd-looking mail can be explained.
"""

import codecs
import re
from typing import NamedTuple

from charset_normalizer import from_bytes

# Names that programs write and Python does not know, and names that are too narrow for what is written under them.
_ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "hz-gb-2312": "hz",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "big5": "cp950",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "ascii",
    "iso-8859-8-i": "iso-8859-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "x-windows-31j": "cp932",
    "euc-jp": "euc_jis_2004",
    "x-euc-jp": "euc_jis_2004",
    "utf8mb4": "utf-8",
    "utf8": "utf-8",
    "unicode": "utf-8",
    "cp-850": "cp850",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# UTF-16 would be seen in almost anything.
_GUESSES = [
    "cp932",
    "euc_jp",
    "gb18030",
    "big5",
    "cp949",
    "cp1251",
    "koi8_r",
    "cp1252",
    "cp1250",
    "cp1253",
    "cp1256",
    "tis_620",
]
_SNIFFED = 64 * 1024
_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\(D|\([BIJH])|([\x0e\x0f])")
# Not text: PostgreSQL refuses the first, JSON the lone halves of a pair.
_UNWANTED = re.compile("[\x00\ud800-\udfff]")


class Decoded(NamedTuple):
    text: str
    rung: str  # declared, alias, jis, bom, utf-8, guessed or replaced


def decode(raw: bytes, declared: str | None = None) -> Decoded:
    """Never raises; the text holds no NUL and no lone surrogate."""
    text, rung = _decode(raw, _plain_name(declared))
    return Decoded(clean(text), rung)


def clean(text: str) -> str:
    return _UNWANTED.sub("", text)


def _decode(raw: bytes, name: str) -> tuple[str, str]:
    if name.startswith(("iso-2022-jp", "iso2022_jp", "csiso2022jp")) or _looks_like_jis(raw, name):
        return _decode_jis(raw)
    for encoding, rung in _candidates(raw, name):
        try:
            return raw.decode(encoding), rung
        except (UnicodeError, LookupError):
            continue
    return _guess(raw)


def _candidates(raw: bytes, name: str) -> list[tuple[str, str]]:
    found = [(encoding, "bom") for mark, encoding in _BOMS if raw.startswith(mark)]
    if name and name not in {"ascii", "us-ascii"}:
        found.append((_ALIASES.get(name, name), "alias" if name in _ALIASES else "declared"))
    return [*found, ("utf-8", "utf-8")]


def _guess(raw: bytes) -> tuple[str, str]:
    if sum(byte > 0x7F for byte in raw) * 3 < len(raw):
        # A few accents among plain letters: too little to guess by, and mostly Western European.
        return raw.decode("cp1252", "replace"), "replaced"
    best = from_bytes(raw[:_SNIFFED], cp_isolation=_GUESSES).best()
    if best is not None:
        try:
            return raw.decode(best.encoding), "guessed"
        except (UnicodeError, LookupError):
            pass
    return raw.decode("cp1252", "replace"), "replaced"


def _plain_name(declared: str | None) -> str:
    """`"UTF-8"; foo` → utf-8. What is no name of an encoding is no declaration."""
    name = (declared or "").strip().strip("\"'").split(";")[0].strip().lower()
    if name in _ALIASES or name.startswith("iso-2022-jp"):
        return name
    try:
        info = codecs.lookup(name) if name else None
    except (LookupError, ValueError):
        return ""
    # "base64", "rot13" and their like are codecs too, and none of a text.
    return info.name if info is not None and getattr(info, "_is_text_encoding", True) else ""


def _looks_like_jis(raw: bytes, name: str) -> bool:
    """Outlook forgets the charset, others declare UTF-8: seven bits with the escapes of JIS are JIS all the same."""
    return (
        name in {"", "ascii", "utf-8", "cp932", "cp1252"} and (b"\x1b$B" in raw or b"\x1b$@" in raw) and raw.isascii()
    )


def _decode_jis(raw: bytes) -> tuple[str, str]:
    try:
        return raw.decode("iso2022_jp"), "declared"
    except UnicodeError:
        return _decode_jis_loosely(raw), "jis"


def _decode_jis_loosely(raw: bytes) -> str:
    """ISO-2022-JP as mailers write it: with NEC's and IBM's characters and half-width kana, which no codec of Python
    takes. Each stretch between escapes is turned into Shift_JIS, whose Windows form (cp932) has all of them.
    """
    pieces: list[str] = []
    mode, position = b"(B", 0
    for escape in _ESCAPE.finditer(raw):
        pieces.append(_decode_stretch(raw[position : escape.start()], mode))
        shift = escape.group(2)
        mode = {b"\x0e": b"(I", b"\x0f": b"(B"}[shift] if shift else escape.group(1)
        position = escape.end()
    pieces.append(_decode_stretch(raw[position:], mode))
    return "".join(pieces)


def _decode_stretch(stretch: bytes, mode: bytes) -> str:
    if mode == b"(I":
        return bytes(byte | 0x80 if byte > 0x20 else byte for byte in stretch).decode("cp932", "replace")
    if mode in {b"$B", b"$@"}:
        return _shifted(stretch).decode("cp932", "replace")
    if mode == b"$(D":
        return (b"\x1b$(D" + stretch + b"\x1b(B").decode("iso2022_jp_1", "replace")
    return stretch.decode("ascii", "replace") if stretch.isascii() else stretch.decode("cp932", "replace")


def _shifted(stretch: bytes) -> bytes:
    """Pairs of JIS X 0208 as Shift_JIS; what is no pair (a line's end without an escape) stays."""
    out = bytearray()
    position = 0
    while position < len(stretch):
        row = stretch[position]
        cell = stretch[position + 1] if position + 1 < len(stretch) else 0
        if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
            out.append(row)
            position += 1
            continue
        lead = ((row - 0x21) >> 1) + 0x81
        out.append(lead if lead <= 0x9F else lead + 0x40)
        out.append(cell + 0x1F + (cell >= 0x60) if row % 2 else cell + 0x7E)
        position += 2
    return bytes(out)
