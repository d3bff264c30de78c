"""The blanks in a template's texts: how they are written, where they may stand, and their examples."""

import re
from typing import Any

from madoguchi.channels.whatsapp.broken_rules import Broken, objects

_BLANK = re.compile(r"\{\{([^{}]*)\}\}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_BESIDE = re.compile(r"\}\}[\s\W]{0,1}\{\{")
# One character of these scripts says about as much as half a word of others.
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_NOTHING_BUT_SIGNS = re.compile(r"[\W_]*")


def check_text(broken: Broken, field: str, text: str, *, named: bool, most: int | None = None) -> list[str]:
    """The names of the blanks, in the order of reading, each once."""
    names = list(dict.fromkeys(found.strip() for found in _BLANK.findall(text)))
    if "{{" in _BLANK.sub("", text) or "}}" in _BLANK.sub("", text):
        broken.add(field, "braces", "The braces of a variable do not match; write {{1}} or {{first_name}}.")
    if most is not None and len(names) > most:
        message = f"At most {most} variables are allowed here; there are {len(names)}."
        broken.add(field, "too_many_variables", message, limit=most, given=len(names))
    _check_names(broken, field, names, named=named)
    return names


def _check_names(broken: Broken, field: str, names: list[str], *, named: bool) -> None:
    pattern = _NAME if named else _NUMBER
    wrong = [name for name in names if not pattern.fullmatch(name)]
    if wrong and named:
        message = f"{{{{{wrong[0]}}}}} is not allowed: names have lowercase letters, digits and underscores."
        broken.add(field, "variable_name", message, name=wrong[0])
    elif wrong:
        message = f"{{{{{wrong[0]}}}}} is not allowed: variables are numbered {{{{1}}}}, {{{{2}}}} …"
        broken.add(field, "variable_number", message, name=wrong[0])
    elif not named and {int(name) for name in names} != set(range(1, len(names) + 1)):
        missing = min(set(range(1, len(names) + 2)) - {int(name) for name in names})
        message = f"Variables are numbered without gaps; {{{{{missing}}}}} is missing."
        broken.add(field, "variable_gap", message, number=missing)


def check_places(broken: Broken, field: str, text: str) -> None:
    """Not first, not last, not side by side: Meta refuses what would make the sentence guesswork."""
    blanks = list(_BLANK.finditer(text))
    if not blanks:
        return
    if _NOTHING_BUT_SIGNS.fullmatch(text[: blanks[0].start()]):
        broken.add(field, "variable_first", "A text may not begin with a variable; put words before it.")
    if _NOTHING_BUT_SIGNS.fullmatch(text[blanks[-1].end() :]):
        broken.add(field, "variable_last", "A text may not end with a variable; put words after it.")
    if _BESIDE.search(text):
        broken.add(field, "variables_adjacent", "Two variables may not stand side by side; put words between them.")
    least, words = 2 * len(blanks) + 1, _words(_BLANK.sub(" ", text))
    if words < least:
        message = f"Too few words for the variables: {least} are needed, there are {words}."
        broken.add(field, "too_few_words", message, least=least, given=words)


def _words(text: str) -> int:
    dense = len(_DENSE.findall(text))
    return (dense + 1) // 2 + sum(not _NOTHING_BUT_SIGNS.fullmatch(word) for word in _DENSE.sub(" ", text).split())


def check_examples(
    broken: Broken, field: str, where: str, example: Any, names: list[str], *, named: bool, limit: int
) -> None:
    """`where` is body or header: the part of Meta's keys that says whose example it is."""
    given = _examples(where, example if isinstance(example, dict) else {}, named=named)
    for name in names:
        value = given.get(name)
        if not isinstance(value, str) or not value.strip():
            message = f"{{{{{name}}}}} needs an example, so that Meta sees what it stands for."
            broken.add(f"{field}.{name}", "example_missing", message, name=name)
        elif "{{" in value:
            broken.add(f"{field}.{name}", "example_blank", "An example has real words, no variable.", name=name)
        else:
            broken.length(f"{field}.{name}", value, limit)


def _examples(where: str, example: dict[str, Any], *, named: bool) -> dict[str, Any]:
    if named:
        found = objects(example.get(f"{where}_text_named_params"))
        return {str(each.get("param_name")): each.get("example") for each in found}
    samples = example.get(f"{where}_text")
    if isinstance(samples, list) and samples and isinstance(samples[0], list):
        samples = samples[0]
    values = samples if isinstance(samples, list) else []
    return {str(number): value for number, value in enumerate(values, start=1)}
