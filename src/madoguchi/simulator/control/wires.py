"""Faults, and the logs of what went over the wire: requests, webhooks, accepted sends."""

from typing import TYPE_CHECKING

from aiohttp import web

from madoguchi.simulator import news
from madoguchi.simulator.control.common import PREFIX, RefusedError, body, limit, number
from madoguchi.simulator.faults import LIBRARY
from madoguchi.simulator.state import Json
from madoguchi.simulator.webhooks import log, payloads
from madoguchi.simulator.webhooks.payloads import Update

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator


def routes(sim: "Simulator") -> list[web.RouteDef]:
    return [*_faults(sim), *_logs(sim), *_webhooks(sim)]


def _faults(sim: "Simulator") -> list[web.RouteDef]:
    def view() -> web.Response:
        sim.feed.publish("faults", {"faults": [f.as_json() for f in sim.faults]})
        sim.dispatcher.kick()
        return web.json_response({"faults": [f.as_json() for f in sim.faults]})

    async def read(_request: web.Request) -> web.Response:
        known = {name: {"does": words, "parameters": params} for name, (words, params) in LIBRARY.items()}
        return web.json_response({"faults": [f.as_json() for f in sim.faults], "library": known})

    async def replace(request: web.Request) -> web.Response:
        wish = await body(request)
        sim.faults.replace(list(wish.get("faults", [])))
        return view()

    async def add(request: web.Request) -> web.Response:
        sim.faults.add(await body(request))
        return view()

    async def remove(request: web.Request) -> web.Response:
        if not sim.faults.remove(request.match_info["fault"]):
            raise RefusedError(404, "no such fault")
        return view()

    return [
        web.get(f"{PREFIX}/faults", read),
        web.put(f"{PREFIX}/faults", replace),
        web.post(f"{PREFIX}/faults", add),
        web.delete(f"{PREFIX}/faults/{{fault}}", remove),
    ]


def _logs(sim: "Simulator") -> list[web.RouteDef]:
    async def requests(request: web.Request) -> web.Response:
        found = sim.requests.latest(limit(request, 5000))
        return web.json_response({"data": found, "counts": dict(sim.requests.counts)})

    async def sent(request: web.Request) -> web.StreamResponse:
        """Every accepted send, one JSON object per line, complete."""
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        for piece in sim.sent.chunks():
            await response.write(piece)
        await response.write_eof()
        return response

    return [web.get(f"{PREFIX}/requests", requests), web.get(f"{PREFIX}/sent", sent)]


def _webhooks(sim: "Simulator") -> list[web.RouteDef]:
    async def listing(request: web.Request) -> web.Response:
        with_body = bool(request.query.get("bodies"))
        found = [d.as_json(with_body=with_body) for d in sim.dispatcher.log.latest(limit(request, log.ENTRIES))]
        return web.json_response({"data": found, "counts": sim.dispatcher.counts()})

    def delivery(request: web.Request) -> log.Delivery:
        found = sim.dispatcher.log.get(request.match_info["webhook"])
        if not found:
            raise RefusedError(404, "no such webhook, or no longer in the log")
        return found

    async def one(request: web.Request) -> web.Response:
        return web.json_response(delivery(request).as_json(with_body=True))

    async def replay(request: web.Request) -> web.Response:
        found = delivery(request)
        outcome = await sim.dispatcher.replay(found)
        return web.json_response({"outcome": outcome, **found.as_json()})

    async def retry(_request: web.Request) -> web.Response:
        sim.dispatcher.retry_now()
        return web.json_response(sim.dispatcher.counts())

    async def announce(request: web.Request) -> web.Response:
        """`{name, number?}`: something Meta tells about accounts; `GET` lists the names."""
        wish = await body(request)
        news.announce(sim, number(sim, wish.get("number")), str(wish.get("name")))
        return web.json_response(sim.dispatcher.counts(), status=202)

    async def announcements(_request: web.Request) -> web.Response:
        return web.json_response({"data": {name: field for name, (field, _) in news.ANNOUNCEMENTS.items()}})

    async def raw(request: web.Request) -> web.Response:
        """Any value on any field, as Meta would send it: account updates, template news, errors."""
        sim.dispatcher.enqueue(_update(sim, await body(request)))
        return web.json_response(sim.dispatcher.counts(), status=202)

    return [
        web.get(f"{PREFIX}/webhooks", listing),
        web.post(f"{PREFIX}/webhooks", raw),
        web.get(f"{PREFIX}/announcements", announcements),
        web.post(f"{PREFIX}/announcements", announce),
        web.post(f"{PREFIX}/webhooks/retry", retry),
        web.get(f"{PREFIX}/webhooks/{{webhook}}", one),
        web.post(f"{PREFIX}/webhooks/{{webhook}}/replay", replay),
    ]


def _update(sim: "Simulator", wish: Json) -> payloads.Update:
    if not wish.get("field") or not isinstance(wish.get("value"), dict):
        raise RefusedError(422, "say field and value")
    waba_id = str(wish.get("waba_id") or next(iter(sim.world.wabas)))
    if waba_id not in sim.world.wabas:
        raise RefusedError(404, "no such account")
    number_id = str(wish.get("number", ""))
    return Update(waba_id, number_id, wish["field"], "", wish["value"], None, f"raw/{waba_id}", sim.clock.now())
