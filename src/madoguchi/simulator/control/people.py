"""Customers: who they are, and how their phone behaves."""

import re
from typing import TYPE_CHECKING

from aiohttp import web

from madoguchi.simulator import inbound, outbound, views
from madoguchi.simulator.control.common import PREFIX, RefusedError, body, customer
from madoguchi.simulator.graph.messages import stranger
from madoguchi.simulator.state import Customer, Json

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

CHANGEABLE = {
    "phone", "wa_id", "name", "country", "username", "hides_phone", "on_whatsapp", "online", "read_receipts",
    "blocked", "marketing_stopped", "marketing_capped", "in_experiment", "device", "locale", "open_chat",
}  # fmt: skip


def routes(sim: "Simulator") -> list[web.RouteDef]:
    async def listing(_request: web.Request) -> web.Response:
        return web.json_response({"data": [views.customer(sim, c) for c in sim.world.customers.values()]})

    async def create(request: web.Request) -> web.Response:
        made = _create(sim, await body(request))
        return web.json_response(views.customer(sim, made), status=201)

    async def read(request: web.Request) -> web.Response:
        return web.json_response(views.customer(sim, customer(sim, request)))

    async def change(request: web.Request) -> web.Response:
        found = customer(sim, request)
        _change(sim, found, await body(request))
        return web.json_response(views.customer(sim, found))

    async def catalogs(_request: web.Request) -> web.Response:
        """What the business sells, as the phone's shop shows it."""
        found = [
            {"id": c.id, "name": c.name, "products": [{"id": id_, **p} for id_, p in c.products.items()]}
            for c in sim.world.catalogs.values()
        ]
        return web.json_response({"data": found})

    return [
        web.get(f"{PREFIX}/catalogs", catalogs),
        web.get(f"{PREFIX}/customers", listing),
        web.post(f"{PREFIX}/customers", create),
        web.get(f"{PREFIX}/customers/{{customer}}", read),
        web.patch(f"{PREFIX}/customers/{{customer}}", change),
    ]


def _create(sim: "Simulator", wish: Json) -> Customer:
    phone = re.sub(r"\D", "", str(wish.get("phone", "")))
    if not phone or not wish.get("name"):
        raise RefusedError(422, "a customer needs phone and name")
    id_ = str(wish.pop("id", "") or phone)
    taken = any(phone in {c.phone, c.wa_id} for c in sim.world.customers.values())
    if id_ in sim.world.customers or taken:
        raise RefusedError(409, "there is such a customer already", "exists")
    made = stranger(sim, phone)
    made.id, made.stranger, made.on_whatsapp = id_, False, True
    sim.world.customers[id_] = made
    _change(sim, made, {**wish, "phone": phone})
    return made


def _change(sim: "Simulator", found: Customer, wish: Json) -> None:
    if wish.keys() - CHANGEABLE:
        raise RefusedError(422, f"can change {', '.join(sorted(CHANGEABLE))}")
    was_online, had_stopped = found.online, found.marketing_stopped
    for key, value in wish.items():
        if not isinstance(value, type(getattr(found, key))):
            raise RefusedError(422, f"{key} cannot be {value!r}")
        setattr(found, key, value)
    if wish.get("device", "android") not in {"android", "ios"}:
        raise RefusedError(422, "device must be android or ios")
    sim.store.touch("customers", found.id)
    if found.marketing_stopped != had_stopped:
        inbound.tell_preference(sim, found)
    if found.online and not was_online:
        outbound.deliver_waiting(sim, found)
    number = sim.world.numbers.get(found.open_chat)
    if number and found.online:
        outbound.open_chat(sim, found, number)
    sim.feed.publish("customer", views.customer(sim, found))
