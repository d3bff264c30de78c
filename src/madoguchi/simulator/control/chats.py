"""Chats from the customer's side: write, tap, react, read, play."""

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from madoguchi.simulator import amends, coexistence, drafts, inbound, media, outbound, taps, views
from madoguchi.simulator.control.common import PREFIX, RefusedError, body, customer, message, number
from madoguchi.simulator.graph.messages import stranger
from madoguchi.simulator.state import Customer, Json, Message, Number

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

ONE = f"{PREFIX}/customers/{{customer}}"
FLOOD_SLICE = 0.02


def routes(sim: "Simulator") -> list[web.RouteDef]:
    return [*_reading(sim), *_writing(sim), *_echoes(sim), *_looking(sim), *_files(sim)]


def _reading(sim: "Simulator") -> list[web.RouteDef]:
    async def chats(request: web.Request) -> web.Response:
        who = customer(sim, request)
        found = [views.chat(sim, n, who) for n in sim.world.numbers.values()]
        return web.json_response({"data": found})

    async def listing(request: web.Request) -> web.Response:
        """All of them with `?all=1`, else what is on the customer's screen; oldest first."""
        who, which = customer(sim, request), number(sim, request.query.get("number"))
        everything = bool(request.query.get("all"))
        found = sim.world.chat(which.id, who.id) if everything else views.visible(sim, which, who)
        return web.json_response({"data": [views.message(sim, m) for m in found]})

    async def one(request: web.Request) -> web.Response:
        return web.json_response(views.message(sim, message(sim, request.match_info["message"])))

    return [
        web.get(f"{ONE}/chats", chats),
        web.get(f"{ONE}/messages", listing),
        web.get(f"{PREFIX}/messages/{{message}}", one),
    ]


def _writing(sim: "Simulator") -> list[web.RouteDef]:
    async def write(request: web.Request) -> web.Response:
        who, wish = customer(sim, request), await body(request)
        which = number(sim, wish.get("number"))
        sent = _write(sim, which, who, wish)
        return web.json_response(views.message(sim, sent), status=201)

    async def tap(request: web.Request) -> web.Response:
        who, wish = customer(sim, request), await body(request)
        target = message(sim, wish.get("message_id"))
        if target.customer_id != who.id:
            raise RefusedError(404, "no such message for this customer")
        which = sim.world.numbers[target.number_id]
        choice = wish.get("choice", 0)
        sent = inbound.send(sim, which, who, taps.draft(sim, which, target.id, choice))
        return web.json_response(views.message(sim, sent), status=201)

    async def flood(request: web.Request) -> web.Response:
        wish = await body(request)
        which = number(sim, wish.get("number"))
        sim.dispatcher.spawn(_flood(sim, which, wish))
        return web.json_response({"accepted": int(wish.get("messages", 1000))}, status=202)

    return [
        web.post(f"{ONE}/messages", write),
        web.post(f"{ONE}/tap", tap),
        web.post(f"{PREFIX}/flood", flood),
    ]


def _write(sim: "Simulator", which: Number, who: Customer, wish: Json) -> Message:
    kind = wish.get("type")
    if kind == "system":
        return inbound.change_number(sim, which, who, wish)
    if kind == "edit":
        return amends.edit(sim, who, message(sim, wish.get("message_id")), str(wish.get("text", "")))
    if kind == "revoke":
        return amends.revoke(sim, who, message(sim, wish.get("message_id")))
    return inbound.send(sim, which, who, drafts.draft(sim, which, wish))


def _echoes(sim: "Simulator") -> list[web.RouteDef]:
    async def echo(request: web.Request) -> web.Response:
        """The owner writes in the Business app: `{text}`; with `message_id` edits, with `revoke` deletes."""
        who, wish = customer(sim, request), await body(request)
        which = number(sim, wish.get("number"))
        words = {"text": {"body": str(wish.get("text") or "")}}
        if not wish.get("message_id"):
            sent = coexistence.write_from_app(sim, which, who, "text", words)
            return web.json_response(views.message(sim, sent), status=201)
        target = _own(message(sim, wish["message_id"]), who.id)
        if wish.get("revoke"):
            coexistence.revoke_from_app(sim, which, who, target)
        else:
            coexistence.edit_from_app(sim, which, who, target, words["text"]["body"])
        return web.json_response(views.message(sim, target))

    return [web.post(f"{ONE}/echo", echo)]


async def _flood(sim: "Simulator", which: Number, wish: Json) -> None:
    """Texts from many strangers at a steady rate, for load tests."""
    total, people = int(wish.get("messages", 1000)), int(wish.get("customers", 100))
    rate, first = float(wish.get("per_second", 500)), int(wish.get("first_phone", 819100000000))
    loop, sent = asyncio.get_running_loop(), 0
    begun = loop.time()
    while sent < total:
        due = min(total, int((loop.time() - begun) * rate) + 1)
        for index in range(sent, due):
            who = stranger(sim, str(first + index % people))
            inbound.flood(sim, which, who, f"{wish.get('text', 'Message')} {index}")
        sent = due
        await asyncio.sleep(FLOOD_SLICE)


def _looking(sim: "Simulator") -> list[web.RouteDef]:
    async def read(request: web.Request) -> web.Response:
        """The customer looks at the chat now; it does not stay open."""
        who, wish = customer(sim, request), await body(request)
        which = number(sim, wish.get("number"))
        outbound.open_chat(sim, who, which)
        return web.json_response(views.chat(sim, which, who))

    async def play(request: web.Request) -> web.Response:
        who, wish = customer(sim, request), await body(request)
        target = _own(message(sim, wish.get("message_id")), who.id)
        outbound.play(sim, who, target)
        return web.json_response(views.message(sim, target))

    return [web.post(f"{ONE}/read", read), web.post(f"{ONE}/play", play)]


def _own(found: Message, customer_id: str) -> Message:
    if found.customer_id != customer_id:
        raise RefusedError(404, "no such message for this customer")
    return found


def _files(sim: "Simulator") -> list[web.RouteDef]:
    async def upload(request: web.Request) -> web.Response:
        """Bytes a customer is about to send; `?number=`, `?filename=` and Content-Type describe them."""
        which = number(sim, request.query.get("number"))
        data = await request.read()
        if not data:
            raise RefusedError(422, "the body is empty")
        mime = request.headers.get("Content-Type", "application/octet-stream")
        name = request.query.get("filename", "")
        stored = media.store(sim, which.id, data, mime, filename=name, life=media.INBOUND_LIFE)
        return web.json_response({"media_id": stored.id, "mime": mime, "size": stored.size}, status=201)

    async def show(request: web.Request) -> web.StreamResponse:
        found = sim.world.media.get(request.match_info["media"])
        if not found:
            raise RefusedError(404, "no such media")
        # What the product uploaded is shown to a person; it must not run as a page of this origin.
        headers = {
            "Content-Type": found.mime,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, max-age=3600",
        }
        return web.FileResponse(sim.files.path(found.id), headers=headers)

    async def change(request: web.Request) -> web.Response:
        """`{"lost": true}` answers downloads with 404, `{"expired": true}` ages the id."""
        found = sim.world.media.get(request.match_info["media"])
        if not found:
            raise RefusedError(404, "no such media")
        wish = await body(request)
        found.lost = bool(wish.get("lost", found.lost))
        if wish.get("expired"):
            found.expires_at = 0.0
        sim.store.touch("media", found.id)
        return web.json_response({"id": found.id, "lost": found.lost, "expires_at": found.expires_at})

    return [
        web.post(f"{PREFIX}/media", upload),
        web.get(f"{PREFIX}/media/{{media}}", show),
        web.patch(f"{PREFIX}/media/{{media}}", change),
    ]
