"""Named queries: SQL written as SQL, in `queries.sql` beside its domain.

A file is a list of `-- name: find_contact` lines, each followed by one statement with `%(name)s` parameters.
`Q = load_queries(__file__)` gives `Q.find_contact`. A test prepares every one of them against the schema. What several
statements share stands once, under `-- part: filters`, and is put where a line says `-- use: filters`.
"""

import re
from pathlib import Path
from typing import LiteralString

_NAME = re.compile(r"^-- (name|part): (\w+)$", re.MULTILINE)
_USE = re.compile(r"^\s*-- use: (\w+)$", re.MULTILINE)


class Queries:
    """The statements of one file, as attributes."""

    def __init__(self, statements: dict[str, str], source: Path) -> None:
        self._statements = statements
        self._source = source

    def __getattr__(self, name: str) -> LiteralString:
        try:
            return self._statements[name]
        except KeyError:
            message = f"{self._source} has no query named {name}"
            raise AttributeError(message) from None

    def items(self) -> list[tuple[str, str]]:
        return sorted(self._statements.items())


def load_queries(module_file: str, name: str = "queries.sql") -> Queries:
    source = Path(module_file).with_name(name)
    pieces = _NAME.split(source.read_text(encoding="utf-8"))
    found: dict[str, dict[str, str]] = {"name": {}, "part": {}}
    for kind, title, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        found[kind][title] = text.strip().removesuffix(";")
    parts = found["part"]
    return Queries({title: _USE.sub(lambda m: parts[m[1]], text) for title, text in found["name"].items()}, source)
