"""Numbers, accounts, templates, settings; reset, set-up and the lively start of the demo."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from madoguchi.simulator import changes, creation, demo, seed, views
from madoguchi.simulator.control import time
from madoguchi.simulator.control.common import PREFIX, RefusedError, body, number
from madoguchi.simulator.graph import templates
from madoguchi.simulator.state import Callback, Json

if TYPE_CHECKING:
    from madoguchi.simulator.graph.router import Graph
    from madoguchi.simulator.simulator import Simulator

SETUP_INTERVAL = 0.5
NUMBER_KEYS = {
    "throughput", "pair_limit", "registered", "quality", "restricted", "maintenance_seconds", "payment_ok",
    "locked", "name", "token_revoked", "token_expires_in", "require_appsecret_proof", "service_messages",
    "name_status", "on_biz_app", "official", "code_status", "pin", "messaging_limit", "verified",
}  # fmt: skip


def routes(sim: "Simulator", graph: "Graph") -> list[web.RouteDef]:
    return [
        *_state_routes(sim),
        *_number_routes(sim, graph),
        *_template_routes(sim),
    ]


def _state_routes(sim: "Simulator") -> list[web.RouteDef]:
    async def state(_request: web.Request) -> web.Response:
        return web.json_response(_state(sim))

    async def reset(_request: web.Request) -> web.Response:
        """Back to the first start: the seeded world, real time, no faults, usual settings."""
        creation.reset(sim)
        return web.json_response(_state(sim))

    async def change_settings(request: web.Request) -> web.Response:
        sim.settings.merge(await body(request))
        sim.store.touch("meta", "settings")
        return web.json_response(sim.settings.as_json())

    async def settings(_request: web.Request) -> web.Response:
        return web.json_response(sim.settings.as_json())

    async def setup(request: web.Request) -> web.Response:
        return web.json_response(await _setup(sim, await body(request)))

    async def start_demo(request: web.Request) -> web.Response:
        wanted = await body(request)
        sent = demo.begin(sim, number(sim, wanted.get("number")))
        return web.json_response({"messages": [views.message(sim, m) for m in sent]})

    return [
        web.get(f"{PREFIX}/", state),
        web.get(f"{PREFIX}/state", state),
        web.post(f"{PREFIX}/reset", reset),
        web.get(f"{PREFIX}/settings", settings),
        web.patch(f"{PREFIX}/settings", change_settings),
        web.post(f"{PREFIX}/setup", setup),
        web.post(f"{PREFIX}/demo", start_demo),
    ]


def _state(sim: "Simulator") -> Json:
    return {
        "clock": time.view(sim),
        "numbers": [views.number(sim, n) for n in sim.world.numbers.values()],
        "customers": len(sim.world.customers),
        "templates": len(sim.world.templates),
        "messages": len(sim.world.messages),
        "sent": sim.sent.count,
        "scheduled": len(sim.scheduler),
        "webhooks": sim.dispatcher.counts(),
        "requests": dict(sim.requests.counts),
        "faults": [fault.as_json() for fault in sim.faults],
    }


async def _setup(sim: "Simulator", wish: Json) -> Json:
    """Point an account's app at the product, asking again until it answers. `wait` is the number
    of seconds to wait for that before answering; the asking goes on in any case."""
    target = number(sim, wish.get("number"))
    if not wish.get("webhook_url"):
        raise RefusedError(422, "say webhook_url")
    waba = sim.world.wabas[target.waba_id]
    app = sim.world.apps[next(iter(waba.subscribed), seed.APP)]
    waba.subscribed.setdefault(app.id, None)
    app.callback = Callback(str(wish["webhook_url"]), str(wish.get("verify_token", seed.VERIFY_TOKEN)))
    for kind, id_ in (("apps", app.id), ("wabas", waba.id)):
        sim.store.touch(kind, id_)
    verified = asyncio.Event()
    sim.dispatcher.spawn(_verify(sim, app.callback, verified, lambda: sim.store.touch("apps", app.id)))
    with suppress(TimeoutError):
        await asyncio.wait_for(verified.wait(), float(wish.get("wait", 5.0)))
    return views.number(sim, target)


async def _verify(sim: "Simulator", callback: Callback, done: asyncio.Event, keep: "creation.Done") -> None:
    while await sim.dispatcher.verify(callback):  # noqa: ASYNC110 - the product is polled, it cannot signal
        await asyncio.sleep(SETUP_INTERVAL)
    keep()
    done.set()


def _number_routes(sim: "Simulator", graph: "Graph") -> list[web.RouteDef]:
    async def listing(_request: web.Request) -> web.Response:
        return web.json_response({"data": [views.number(sim, n) for n in sim.world.numbers.values()]})

    async def read(request: web.Request) -> web.Response:
        return web.json_response(views.number(sim, number(sim, request.match_info["number"])))

    async def create(request: web.Request) -> web.Response:
        made = await creation.number(sim, await body(request))
        return web.json_response(views.number(sim, made), status=201)

    async def change(request: web.Request) -> web.Response:
        target = number(sim, request.match_info["number"])
        wish = await body(request)
        if wish.keys() - NUMBER_KEYS:
            raise RefusedError(422, f"can change {', '.join(sorted(NUMBER_KEYS))}")
        changes.number(sim, target, wish)
        return web.json_response(views.number(sim, target))

    async def code(request: web.Request) -> web.Response:
        target = number(sim, request.match_info["number"])
        app_id = next(iter(sim.world.wabas[target.waba_id].subscribed), seed.APP)
        return web.json_response({"code": graph.codes.issue(sim, app_id, target.waba_id)})

    return [
        web.get(f"{PREFIX}/numbers", listing),
        web.post(f"{PREFIX}/numbers", create),
        web.get(f"{PREFIX}/numbers/{{number}}", read),
        web.patch(f"{PREFIX}/numbers/{{number}}", change),
        web.post(f"{PREFIX}/numbers/{{number}}/code", code),
    ]


def _template_routes(sim: "Simulator") -> list[web.RouteDef]:
    async def listing(_request: web.Request) -> web.Response:
        fields = ["name", "language", "status", "category", "quality_score", "components"]
        found = [{**templates.view(sim, t, fields), "waba_id": t.waba_id} for t in sim.world.templates.values()]
        return web.json_response({"data": found})

    async def change(request: web.Request) -> web.Response:
        """Meta changes its mind, and tells it by webhook."""
        template = sim.world.templates.get(request.match_info["template"])
        if not template:
            raise RefusedError(404, "no such template")
        changes.template(sim, template, await body(request))
        return web.json_response(templates.view(sim, template, []))

    return [web.get(f"{PREFIX}/templates", listing), web.patch(f"{PREFIX}/templates/{{template}}", change)]
