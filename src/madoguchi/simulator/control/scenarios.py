"""The scenario library: `/_sim/scenarios`."""

from typing import TYPE_CHECKING

from aiohttp import web

from madoguchi.simulator import views
from madoguchi.simulator.control.common import PREFIX, RefusedError, body, number, whom
from madoguchi.simulator.scenarios import LIBRARY, Scenario, Stage

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

GROUPS = ("messages", "people", "templates", "media", "account", "wire")
ONE = f"{PREFIX}/scenarios/{{scenario}}"


def routes(sim: "Simulator") -> list[web.RouteDef]:
    def found(request: web.Request) -> Scenario:
        name = request.match_info["scenario"]
        if name not in LIBRARY:
            raise RefusedError(404, "no such scenario")
        return LIBRARY[name]

    def view(scenario: Scenario) -> web.Response:
        sim.feed.publish("faults", {"faults": [f.as_json() for f in sim.faults]})
        sim.feed.publish("scenarios", {"running": [name for name in LIBRARY if name in sim.running]})
        return web.json_response(scenario.as_json(running=scenario.name in sim.running))

    async def listing(_request: web.Request) -> web.Response:
        ordered = sorted(LIBRARY.values(), key=lambda scenario: GROUPS.index(scenario.group))
        data = [scenario.as_json(running=scenario.name in sim.running) for scenario in ordered]
        return web.json_response({"data": data})

    async def start(request: web.Request) -> web.Response:
        """`{customer?, number?}`: in whose chat; the first customer and number when left out."""
        scenario, wish = found(request), await body(request)
        stage = Stage(sim, number(sim, wish.get("number")), whom(sim, wish.get("customer")))
        sim.running.start(scenario, stage)
        sim.feed.publish("customer", views.customer(sim, stage.customer))
        return view(scenario)

    async def restore(request: web.Request) -> web.Response:
        scenario = found(request)
        if not sim.running.restore(scenario.name):
            raise RefusedError(409, "the scenario is not running, or has nothing to restore", "not_running")
        for customer in sim.world.customers.values():
            sim.feed.publish("customer", views.customer(sim, customer))
        return view(scenario)

    return [web.get(f"{PREFIX}/scenarios", listing), web.post(ONE, start), web.delete(ONE, restore)]
