"""Every named query is valid against the schema: a misspelt column is found here, not at night."""

import re
from pathlib import Path

import psycopg
import pytest

import madoguchi
from madoguchi.db.queries import load_queries

_SOURCES = sorted(Path(madoguchi.__file__).parent.rglob("*.sql"))
_FILES = [path for path in _SOURCES if "migrations" not in path.parts]
_PARAMETER = re.compile(r"%\((\w+)\)[sbt]")


def _prepared(statement: str) -> str:
    """`%(name)s` as psycopg sends it: `$n`, the same number for the same name."""
    numbers: dict[str, int] = {}
    text = _PARAMETER.sub(lambda match: f"${numbers.setdefault(match[1], len(numbers) + 1)}", statement)
    return text.replace("%%", "%")


@pytest.mark.parametrize("path", _FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_queries_fit_the_schema(dsn: str, path: Path) -> None:
    queries = load_queries(str(path), path.name).items()
    assert queries, f"{path} names no query"
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name, statement in queries:
            try:
                connection.execute(f"PREPARE q AS {_prepared(statement)}")
            except psycopg.Error as error:
                pytest.fail(f"{path.parent.name}.{name}: {error}")
            connection.execute("DEALLOCATE q")
