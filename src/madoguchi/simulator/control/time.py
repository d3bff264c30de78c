"""The virtual clock: `/_sim/clock`."""

from typing import TYPE_CHECKING

from aiohttp import web

from madoguchi.simulator.clock import from_rfc3339, rfc3339
from madoguchi.simulator.control.common import PREFIX, RefusedError, body
from madoguchi.simulator.state import Json

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

WISHES = {"now", "advance_seconds", "offset", "freeze"}


def routes(sim: "Simulator") -> list[web.RouteDef]:
    async def read(_request: web.Request) -> web.Response:
        return web.json_response(view(sim))

    async def change(request: web.Request) -> web.Response:
        wish = await body(request)
        if not wish or wish.keys() - WISHES:
            raise RefusedError(422, f"say one of {', '.join(sorted(WISHES))}")
        _apply(sim, wish)
        return web.json_response(view(sim))

    return [web.get(f"{PREFIX}/clock", read), web.post(f"{PREFIX}/clock", change)]


def view(sim: "Simulator") -> Json:
    now = sim.clock.now()
    return {
        "now": rfc3339(now),
        "unix": now,
        "offset": round(sim.clock.offset, 3),
        "frozen": sim.clock.frozen,
    }


def _apply(sim: "Simulator", wish: Json) -> None:
    if wish.get("freeze") is False:
        sim.clock.unfreeze()
    if "now" in wish:
        sim.clock.set_now(from_rfc3339(str(wish["now"])))
    if "offset" in wish:
        sim.clock.set_offset(float(wish["offset"]))
    if "advance_seconds" in wish:
        sim.clock.advance(float(wish["advance_seconds"]))
    if wish.get("freeze"):
        sim.clock.freeze()
    sim.store.touch("meta", "clock")
