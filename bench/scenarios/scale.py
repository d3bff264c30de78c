"""Lists, counts, a conversation and search in a big workspace, over HTTP, beside what the bare index costs."""

import http.client
import json
import random
import time
from collections.abc import Callable
from typing import Any, LiteralString
from urllib.parse import urlencode
from uuid import UUID

import psycopg

from bench.fill import Big
from bench.product import Product
from madoguchi.db.embedded import running_dsn

_CALLS = 100
_QUESTIONS = (
    "返金", "届きません", "refund", "tracking number", "iPhone", "領収書 invoice", "#1234", "#500007", "ありがとう", "ok",
    "nothing like this", "存在しない言葉", "coffee 写真", "the", "予約",
)  # fmt: skip
_LISTS: dict[str, dict[str, Any]] = {
    "all": {"status": "open"},
    "every status": {},
    "mine": {"view": "mine", "status": "open"},
    "unassigned": {"view": "unassigned", "status": "open"},
    "label, 2 in 100": {"label": "vip", "status": "open"},
    "label, 1 in 20,000": {"label": "rare"},
    "waiting longest": {"status": "open", "sort": "waiting"},
    "window closing": {"status": "open", "sort": "closing"},
    "mine, unread, waiting longest": {"view": "mine", "status": "open", "unread": "true", "sort": "waiting"},
    "unread": {"unread": "true", "status": "open"},
    "failed": {"failed": "true"},
    "attribute, 1 in 1,000": {"attribute": "plan:gold", "status": "open"},
    "name": {"q": "花子 12", "status": "open"},
    "number": {"q": "+81 90 0000 1234"},
}


class Caller:
    def __init__(self, product: Product) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=30)
        self._headers = {"Authorization": f"Bearer {product.token}"}

    def get(self, path: str, **query: Any) -> Any:
        self._connection.request("GET", f"/api/v1{path}?{urlencode(query)}", headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path} {query}: {answer.status} {body[:200]!r}")
        return json.loads(body)


def fill(product: Product, conversations: int, messages: int, say: Callable[[str], None]) -> dict[str, float]:
    dsn = running_dsn(product.folder) or ""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT set_config('madoguchi.workspace', '*', false)")
        row = connection.execute("SELECT workspace_id FROM workspaces").fetchone()
    assert row
    return Big(dsn, row[0], conversations, messages, say).make()


def measure(product: Product) -> dict[str, dict[str, float]]:
    caller, results = Caller(product), dict[str, dict[str, float]]()
    floor = _timed(lambda _: caller.get("/me"))
    for name, query in _LISTS.items():
        results[f"list: {name}"] = _with(floor, _pages(caller, query))
    results["counts"] = _with(floor, _timed(lambda _: caller.get("/conversations/counts")))
    ids = [each["id"] for each in caller.get("/conversations", limit=200)["items"]]
    results["conversation"] = _with(floor, _timed(lambda n: caller.get(f"/conversations/{ids[n % len(ids)]}/messages")))
    for question in _QUESTIONS:
        results[f"search: {question}"] = _with(floor, _timed(_asking(caller, q=question, kind="message"), 40))
    every = [seconds for question in _QUESTIONS for seconds in _seconds(_asking(caller, q=question), 10)]
    results["search: every kind, all questions"] = _with(floor, _figures(every))
    results["floor: the smallest call, /me"] = floor
    results["floor: 51 rows of one index, without HTTP"] = _floor(product)
    return results


def _asking(caller: Caller, **query: str) -> Callable[[int], Any]:
    return lambda _: caller.get("/search", **query)


def _pages(caller: Caller, query: dict[str, Any]) -> dict[str, float]:
    """Page after page, from the beginning again after the last."""
    cursor: dict[str, str] = {}

    def call(_: int) -> None:
        nonlocal cursor
        after = caller.get("/conversations", **query, **cursor)["next_cursor"]
        cursor = {"cursor": after} if after else {}

    return _timed(call)


def _floor(product: Product) -> dict[str, float]:
    """The ids of a page, from the same table by the same index, without anything around it."""
    statement: LiteralString = (
        "SELECT id, last_activity_id FROM conversations WHERE workspace_id = %s AND status = 'open' AND last_activity_id < %s"
        " ORDER BY last_activity_id DESC LIMIT 51"
    )
    mix = random.Random(1)
    with psycopg.connect(running_dsn(product.folder) or "", autocommit=True) as connection:
        connection.execute("SELECT set_config('madoguchi.workspace', '*', false)")
        row = connection.execute("SELECT workspace_id FROM workspaces").fetchone()
        assert row
        return _timed(lambda _: connection.execute(statement, (row[0], UUID(int=mix.getrandbits(128)))).fetchall())


def _timed(call: Callable[[int], Any], calls: int = _CALLS) -> dict[str, float]:
    return _figures(_seconds(call, calls))


def _seconds(call: Callable[[int], Any], calls: int) -> list[float]:
    call(0)  # whatever is cold is not what is measured
    found = []
    for n in range(calls):
        started = time.perf_counter()
        call(n)
        found.append(time.perf_counter() - started)
    return found


def _figures(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        f"p{share}_ms": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] * 1000 for share in (50, 95, 99)
    }


def _with(floor: dict[str, float], figures: dict[str, float]) -> dict[str, float]:
    return figures | {"p50_of_floor": figures["p50_ms"] / floor["p50_ms"]}
