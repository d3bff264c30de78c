"""Flows from the customer's side, and what Meta does to them."""

from typing import TYPE_CHECKING

from aiohttp import web

from madoguchi.simulator import views
from madoguchi.simulator.control.common import PREFIX, RefusedError, body, customer, message
from madoguchi.simulator.flows import endpoint, run
from madoguchi.simulator.graph import flows
from madoguchi.simulator.state import Flow

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

STATUSES = {"DRAFT", "PUBLISHED", "THROTTLED", "BLOCKED", "DEPRECATED"}


def routes(sim: "Simulator") -> list[web.RouteDef]:
    return [*_running(sim), *_changing(sim)]


def _running(sim: "Simulator") -> list[web.RouteDef]:
    async def step(request: web.Request) -> web.Response:
        """`{message_id, step}`: open; exchange and back with `screen` and `data`; complete with `data`."""
        who, wish = customer(sim, request), await body(request)
        target = message(sim, wish.get("message_id"))
        if target.customer_id != who.id:
            raise RefusedError(404, "no such message for this customer")
        which, kind = sim.world.numbers[target.number_id], wish.get("step")
        if kind == "open":
            return web.json_response(await run.begin(sim, which, target, wish.get("choice")))
        if kind == "complete":
            opened = run.opened(sim, target, wish.get("choice"))
            sent = run.finish(sim, who, target, opened, wish.get("data") or {})
            return web.json_response({"done": True, "message": views.message(sim, sent)})
        action = {"exchange": "data_exchange", "back": "BACK"}.get(str(kind))
        if not action:
            raise RefusedError(422, "step must be open, exchange, back or complete")
        return web.json_response(await run.go_on(sim, who, target, {**wish, "action": action}))

    return [web.post(f"{PREFIX}/customers/{{customer}}/flow", step)]


def _changing(sim: "Simulator") -> list[web.RouteDef]:
    def flow(request: web.Request) -> Flow:
        found = sim.world.flows.get(request.match_info["flow"])
        if not found:
            raise RefusedError(404, "no such Flow")
        return found

    async def listing(_request: web.Request) -> web.Response:
        found = [
            {"id": f.id, "name": f.name, "status": f.status, "waba_id": f.waba_id, "endpoint": f.endpoint}
            for f in sim.world.flows.values()
        ]
        return web.json_response({"data": found})

    async def change(request: web.Request) -> web.Response:
        found, wish = flow(request), await body(request)
        if wish.get("status") not in STATUSES:
            raise RefusedError(422, f"status must be one of {', '.join(sorted(STATUSES))}")
        flows.change_status(sim, found, str(wish["status"]))
        return web.json_response({"id": found.id, "status": found.status})

    async def ping(request: web.Request) -> web.Response:
        """The health check, as Meta makes it now and then."""
        found = flow(request)
        keyed = next((n for n in sim.world.numbers_of(found.waba_id) if n.public_key), None)
        if not keyed:
            raise RefusedError(409, "no number of the account has a public key")
        try:
            await endpoint.ping(sim, found, keyed)
        except endpoint.EndpointError as error:
            return web.json_response({"ok": False, "error": error.reason, "message": str(error)})
        return web.json_response({"ok": True})

    return [
        web.get(f"{PREFIX}/flows", listing),
        web.patch(f"{PREFIX}/flows/{{flow}}", change),
        web.post(f"{PREFIX}/flows/{{flow}}/ping", ping),
    ]
