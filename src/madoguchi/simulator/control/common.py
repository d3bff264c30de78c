"""What the handlers of the control API share."""

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from madoguchi.simulator.inbound import UnsendableError
from madoguchi.simulator.state import Customer, Json, Message, Number

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

PREFIX = "/_sim"
ROUTE = tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]


class RefusedError(Exception):
    def __init__(self, status: int, words: str, reason: str = "impossible") -> None:
        self.status, self.words, self.reason = status, words, reason
        super().__init__(words)


@web.middleware
async def explain(
    request: web.Request,
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> web.StreamResponse:
    """Refusals and impossible wishes become `{"error": …, "reason": …}` with a fitting status."""
    try:
        return await handler(request)
    except RefusedError as refused:
        return web.json_response({"error": refused.words, "reason": refused.reason}, status=refused.status)
    except UnsendableError as refused:
        return web.json_response({"error": str(refused), "reason": refused.reason}, status=409)
    except (ValueError, TypeError) as reason:
        if not request.path.startswith(PREFIX):
            raise
        return web.json_response({"error": str(reason), "reason": "impossible"}, status=422)


async def body(request: web.Request) -> Json:
    raw = await request.read()
    if not raw:
        return {}
    try:
        found = json.loads(raw)
    except ValueError as error:
        raise RefusedError(400, "the body is not JSON") from error
    if not isinstance(found, dict):
        raise RefusedError(400, "the body must be an object")
    return found


def customer(sim: "Simulator", request: web.Request) -> Customer:
    return whom(sim, request.match_info["customer"])


def whom(sim: "Simulator", wanted: str | None) -> Customer:
    """By id, or by phone number; the first when nobody is named."""
    if not wanted:
        return next(iter(sim.world.customers.values()))
    found = sim.world.customers.get(wanted) or next(
        (c for c in sim.world.customers.values() if wanted.lstrip("+") in {c.wa_id, c.phone}),
        None,
    )
    if not found:
        raise RefusedError(404, "no such customer")
    return found


def number(sim: "Simulator", wanted: object) -> Number:
    """The named number, or the first when none is named."""
    if not wanted:
        return next(iter(sim.world.numbers.values()))
    found = sim.world.numbers.get(str(wanted))
    if not found:
        raise RefusedError(404, "no such number")
    return found


def message(sim: "Simulator", wanted: object) -> Message:
    found = sim.world.messages.get(str(wanted))
    if not found:
        raise RefusedError(404, "no such message")
    return found


def limit(request: web.Request, most: int, usual: int = 100) -> int:
    return max(1, min(int(request.query.get("limit", usual)), most))
