"""What a text is found by: pieces of two or three characters, the same for the text and for the question.

Japanese and Chinese have no blanks between words, so a text is cut into overlapping pieces: pairs where the first character
is one of theirs (or Korean), triples elsewhere. A question is found in a text only if all its whole pieces are; whether it
really stands there is looked up in the text itself (`places`).
"""

import unicodedata
from collections.abc import Iterator

# Kana, ideographs, hangul, and what is written like them.
_FIRST_CJK = 0x2E80
_LAST_CJK = 0xFFFF
_PAIR, _TRIPLE = 2, 3
_START = "\x03"
_HALF_WIDTH_MARKS = "\uff9e\uff9f"
# A text is searched by its beginning; nobody looks for the 20,001st character.
LONGEST = 20_000
_MOST_WORDS = 12


def normal(text: str) -> str:
    """Width, case and blanks do not matter: full-width letters, half-width kana and capitals become their plain form."""
    return " ".join(unicodedata.normalize("NFKC", text[:LONGEST]).casefold().split())


def terms_of(text: str) -> set[str]:
    """Everything `text` (already normal) is found by."""
    found: set[str] = set()
    for word in text.split(" "):
        found.update(_pieces(word))
        found.update(char for char in word if _is_ideograph(char))
        if len(word) >= _PAIR and not _is_cjk(word[0]):
            found.add(_START + word[:_PAIR])
    return found


def words_of(question: str) -> list[str]:
    """The words that all have to stand in a text; those too short to look for are left out."""
    words = list(dict.fromkeys(normal(question).split(" ")))[:_MOST_WORDS]
    return [word for word in words if word and terms_of_word(word)]


def terms_of_word(word: str) -> set[str]:
    """What a text that holds `word` is certainly found by. Empty: too short to look for."""
    whole = {piece for piece in _pieces(word) if len(piece) == (_PAIR if _is_cjk(piece[0]) else _TRIPLE)}
    if whole:
        return whole
    ideographs = {char for char in word if _is_ideograph(char)}
    if ideographs:
        return ideographs
    return {_START + word} if len(word) == _PAIR and not _is_cjk(word[0]) else set()


def _pieces(word: str) -> Iterator[str]:
    for at, char in enumerate(word):
        yield word[at : at + (_PAIR if _is_cjk(char) else _TRIPLE)]


def _is_cjk(char: str) -> bool:
    return _FIRST_CJK <= ord(char) <= _LAST_CJK or ord(char) >= 0x20000


def _is_ideograph(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or ord(char) >= 0x20000


def places(text: str, words: list[str]) -> list[tuple[int, int]]:
    """Where the words stand in the text as it was written: (start, end) in characters, in order, not overlapping."""
    letters, origin = _spread(text[:LONGEST])
    found = []
    for word in words:
        at = letters.find(word)
        while at >= 0:
            found.append((origin[at], origin[at + len(word) - 1] + 1))
            at = letters.find(word, at + len(word))
    return _merged(_whole(found, text))


def _spread(text: str) -> tuple[str, list[int]]:
    """The normal form, and for each of its characters which one of the text it comes from."""
    letters: list[str] = []
    origin: list[int] = []
    for start, cluster in _clusters(text):
        for char in unicodedata.normalize("NFKC", cluster).casefold():
            letters.append(" " if char.isspace() else char)
            origin.append(start)
    return "".join(letters), origin


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """A character with the marks that join it."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not (unicodedata.combining(text[at]) or text[at] in _HALF_WIDTH_MARKS):
            yield start, text[start:at]
            start = at


def _whole(found: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """A mark that joins the last character belongs to it."""
    ends = {start: start + len(cluster) for start, cluster in _clusters(text[:LONGEST])}
    return [(start, ends.get(end - 1, end)) for start, end in found]


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def words_in(text: str, words: list[str]) -> bool:
    """Whether all words stand in it."""
    plain = normal(text)
    return all(word in plain for word in words)
