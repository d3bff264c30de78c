"""What a telephone makes of the bytes of a short message, and the other way round."""

_ROWS = (
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
)
_LETTERS = "".join(_ROWS)
_SECOND = dict(zip("\f^{}\\[~]|€", (10, 20, 40, 41, 47, 60, 61, 62, 64, 101), strict=True))
_FIRST = {code: letter for letter, code in _SECOND.items()}


def to_bytes(text: str) -> tuple[int, bytes]:
    """data_coding and the bytes."""
    coded = b""
    for letter in text:
        if letter in _SECOND:
            coded += bytes((27, _SECOND[letter]))
        elif letter in _LETTERS:
            coded += bytes((_LETTERS.index(letter),))
        else:
            return 8, text.encode("utf-16-be")
    return 0, coded


def to_text(coding: int, content: bytes) -> str:
    if coding == 8:
        return content.decode("utf-16-be", "replace")
    if coding == 3:
        return content.decode("latin-1")
    text, second = "", False
    for code in content:
        if second:
            text, second = text + _FIRST.get(code, " "), False
        elif code == 27:
            second = True
        else:
            text += _LETTERS[code % 128]
    return text


def in_parts(text: str, reference: int) -> list[tuple[int, int, bytes]]:
    """esm_class, data_coding and bytes of each part, as a telephone sends them."""
    coding, content = to_bytes(text)
    if len(content) <= (140 if coding == 8 else 160):
        return [(0, coding, content)]
    step = 134 if coding == 8 else 152
    pieces = [content[start : start + step] for start in range(0, len(content), step)]
    head = bytes((5, 0, 3, reference % 256, len(pieces)))
    return [(0x40, coding, head + bytes((number,)) + piece) for number, piece in enumerate(pieces, 1)]


def counted(text: str) -> tuple[str, int]:
    """The alphabet (gsm, ucs2) and in how many parts the text comes; a letter never lies in two of them."""
    coding, _ = to_bytes(text)
    alone, joined = (70, 67) if coding == 8 else (160, 153)
    sizes = [len(letter.encode("utf-16-be")) // 2 if coding == 8 else 1 + (letter in _SECOND) for letter in text]
    parts, filled = 1, 0
    if sum(sizes) > alone:
        for size in sizes:
            if filled + size > joined:
                parts, filled = parts + 1, 0
            filled += size
    return ("ucs2" if coding == 8 else "gsm"), parts
