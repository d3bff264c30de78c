"""Cursor paging as Graph does it: `limit` and `after` in, `paging.cursors` and `paging.next` out."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from madoguchi.simulator.graph.call import Call
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.state import Json

PAGE = 25
LARGEST_PAGE = 1000

Item = TypeVar("Item")


def page(call: Call, found: Sequence[Item], show: Callable[[Item], Any]) -> Json:
    """`{data, paging}`. Raises 131059 for a cursor that is not one of ours and 100 for a bad limit."""
    limit = _limit(call)
    start = _offset(call.params.get("after"))
    if call.params.get("before"):
        start = max(0, _offset(call.params["before"]) - limit)
    part = found[start : start + limit]
    answer: Json = {"data": [show(item) for item in part]}
    if part:
        end = start + len(part)
        answer["paging"] = {"cursors": {"before": _cursor(start), "after": _cursor(end)}}
        if end < len(found):
            answer["paging"]["next"] = _address(call, limit, _cursor(end))
    return answer


def _limit(call: Call) -> int:
    try:
        wanted = int(call.params.get("limit") or PAGE)
    except ValueError:
        wanted = 0
    if wanted < 1:
        raise GraphError(100, message="(#100) Param limit must be a positive number")
    return min(wanted, LARGEST_PAGE)


def _address(call: Call, limit: int, after: str) -> str:
    kept = {key: str(value) for key, value in call.params.items() if key not in {"access_token", "before"}}
    query = urlencode({**kept, "limit": limit, "after": after})
    return f"{call.sim.url}/graph/{call.version}/{'/'.join(call.segments)}?{query}"


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(f"cursor:{offset}".encode()).decode()


def _offset(cursor: object) -> int:
    if not cursor:
        return 0
    try:
        prefix, _, offset = base64.urlsafe_b64decode(str(cursor)).decode().partition(":")
        if prefix != "cursor":
            raise ValueError(prefix)
        return int(offset)
    except ValueError as error:
        raise GraphError(131059, "The cursor is not valid; start from the first page.") from error
