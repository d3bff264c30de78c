# ruff: noqa: RUF001 - an alphabet of letters that look like others
"""The alphabets of GSM 03.38: one septet for most, two for what stands behind the escape."""

from collections.abc import Iterable

ESCAPE = 0x1B

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}


def _placed(places: str) -> dict[int, str]:
    """`47Ğ 49İ` → {0x47: "Ğ", 0x49: "İ"}."""
    return {int(each[:2], 16): each[2:] for each in places.split()}


# What phones of these countries write behind the escape; the element 0x24 of a header names the table.
_NATIONAL = {
    1: _placed("47Ğ 49İ 53Ş 63ç 67ğ 69ı 73ş"),
    2: _placed("09ç 41Á 49Í 4FÓ 55Ú 61á 69í 6Fó 75ú"),
    3: _placed(
        "05ê 09ç 0BÔ 0Cô 0EÁ 0Fá 12Φ 13Γ 15Ω 16Π 17Ψ 18Σ 19Θ 1FÊ 41À 49Í 4FÓ 55Ú 5BÃ 5CÕ 61Â 69í 6Fó 75ú 7Bã 7Cõ 7Fâ"
    ),
}

_CODES = {character: code for code, character in enumerate(_BASIC) if code != ESCAPE}
_ESCAPED = {character: code for code, character in _EXTENSION.items()}


def septets(text: str) -> int | None:
    """How many the text takes; None when it has characters outside the alphabet."""
    total = 0
    for character in text:
        if character in _CODES:
            total += 1
        elif character in _ESCAPED:
            total += 2
        else:
            return None
    return total


def encode(text: str) -> bytes:
    """One septet in each byte, as SMPP carries them; what the alphabet has not becomes a question mark."""
    coded = bytearray()
    for character in text:
        if character in _ESCAPED:
            coded += bytes((ESCAPE, _ESCAPED[character]))
        else:
            coded.append(_CODES.get(character, _CODES["?"]))
    return bytes(coded)


def decode(coded: Iterable[int], national: int = 0) -> str:
    """An escape that nothing follows is a blank; an escaped code without a meaning is read as if it were not escaped."""
    table = {**_EXTENSION, **_NATIONAL.get(national, {})}
    text: list[str] = []
    escaped = False
    for code in coded:
        place = code & 0x7F
        if escaped:
            text.append(table.get(place) or _BASIC[place].replace("\x1b", " "))
            escaped = False
        elif place == ESCAPE:
            escaped = True
        else:
            text.append(_BASIC[place])
    return "".join(text) + (" " if escaped else "")
