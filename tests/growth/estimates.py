"""What the planner expects each named query to cost, whoever asks it and with whatever parameters."""

import re
from typing import Any

import psycopg

from tests.growth.spy import named_queries

_PARAMETER = re.compile(r"%\((\w+)\)[sbt]")


def costs_of(dsn: str) -> dict[str, float]:
    """Query → its cost by the statistics as they are."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT set_config('madoguchi.workspace', '*', false)")
        found = {name: _cost(connection, statement) for statement, name in named_queries().items()}
    return {name: cost for name, cost in found.items() if cost is not None}


def _cost(connection: psycopg.Connection, statement: str) -> float | None:
    """None for what is not planned: LOCK, NOTIFY and the like."""
    numbers: dict[str, int] = {}
    text = _PARAMETER.sub(lambda match: f"${numbers.setdefault(match[1], len(numbers) + 1)}", statement)
    if not re.match(r"\s*(--[^\n]*\n\s*)*(select|with|insert|update|delete)\b", text, re.IGNORECASE):
        return None
    explain: Any = "EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + text.replace("%%", "%")
    row = connection.execute(explain).fetchone()
    return float(row[0][0]["Plan"]["Total Cost"]) if row else None
