"""`/_sim/`: the hand that moves the simulated world. See docs/simulator.md."""

from typing import TYPE_CHECKING

from aiohttp import web

from madoguchi.simulator.control import chats, flows, live, people, scenarios, time, wires, world

if TYPE_CHECKING:
    from madoguchi.simulator.graph.router import Graph
    from madoguchi.simulator.simulator import Simulator


def add_to(app: web.Application, sim: "Simulator", graph: "Graph") -> None:
    routes = [
        *world.routes(sim, graph),
        *time.routes(sim),
        *people.routes(sim),
        *chats.routes(sim),
        *flows.routes(sim),
        *scenarios.routes(sim),
        *wires.routes(sim),
        *live.routes(sim),
    ]
    app.add_routes(routes)
