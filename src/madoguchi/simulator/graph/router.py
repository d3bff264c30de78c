"""From a path of the Graph API to what answers it.

A Graph path begins with a node's id, and only the id tells what kind of node it is.
"""

import asyncio
import inspect
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from madoguchi.simulator import outbound, requests
from madoguchi.simulator.graph import access, links, media, messages, oauth, profile, subscriptions, template_library
from madoguchi.simulator.graph.call import Call, read
from madoguchi.simulator.graph.errors import GraphError, unknown_node
from madoguchi.simulator.graph.routes import CATALOG, FLOW, NUMBER, PORTFOLIO, TEMPLATE, WABA, Handlers
from madoguchi.simulator.graph.uploads import Uploads
from madoguchi.simulator.state import Json, Message

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

VERSION = re.compile(r"v\d+\.\d+")
BODY_LIMIT = 110 * 1024 * 1024
NEVER = 3600.0
OVERTAKING = 2.0
SENDING = {"messages", "marketing_messages"}


class _CutError(Exception):
    """The connection was cut on purpose."""


class Graph:
    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim
        self._uploads = Uploads()
        self.codes = oauth.Codes()

    def add_to(self, app: web.Application) -> None:
        app.router.add_route("*", "/graph/{path:.*}", self.answer)
        app.router.add_get("/whatsapp_business/attachments/", self.download)
        app.router.add_get("/pictures/{file}", self._unsigned(profile.show_upload))
        app.router.add_get("/qr/{code}.{form:svg|png}", self._unsigned(links.picture))

    def _unsigned(self, show: Callable[[Call], web.StreamResponse]) -> Any:
        """Addresses anybody may open, as those of a content network."""

        async def answer(request: web.Request) -> web.StreamResponse:
            return show(Call(self._sim, request, "", [], {}, b""))

        return answer

    async def answer(self, request: web.Request) -> web.StreamResponse:
        begun = time.perf_counter()
        segments = [part for part in request.match_info["path"].split("/") if part]
        version = segments.pop(0) if segments and VERSION.fullmatch(segments[0]) else "v26.0"
        call = Call(self._sim, request, version, segments, {}, b"")
        code = None
        try:
            call = await read(self._sim, request, version, segments)
            response = await self._answer(call)
        except _CutError:
            # Nobody is there to read it.
            return web.Response(status=499)
        except GraphError as error:
            code = error.code
            response = web.json_response(error.as_json(), status=error.status)
        self._log(call, response.status, code, begun)
        return response

    async def download(self, request: web.Request) -> web.StreamResponse:
        call = Call(self._sim, request, "", [], dict(request.query), b"")
        try:
            return media.download(call)
        except GraphError as error:
            return web.json_response(error.as_json(), status=error.status)

    async def _answer(self, call: Call) -> web.StreamResponse:
        broken = self._sim.faults.take("http_error")
        if broken:
            call.fault = broken.name
            return web.Response(status=int(broken.params["status"]), text="<html>Sorry, something went wrong.</html>")
        if call.segments == ["oauth", "access_token"]:
            return web.json_response(oauth.access_token(call, self.codes))
        if call.segments == ["debug_token"]:
            return web.json_response(oauth.debug(call))
        access.authenticate(call)
        if len(call.segments) == 2 and call.segments[1] in SENDING and call.request.method == "POST":
            return await self._send(call)
        found = self._dispatch(call)
        return web.json_response(await found if inspect.isawaitable(found) else found)

    def _dispatch(self, call: Call) -> Any:
        if not call.segments:
            raise unknown_node("")
        if call.segments == ["message_template_library"]:
            return template_library.listing(call)
        id_, edge = call.segments[0], "/".join(call.segments[1:])
        key, world = (call.request.method, edge), self._sim.world
        for nodes, find, handlers in _KINDS:
            if id_ in getattr(world, nodes):
                return _edge(handlers, key)(call, find(call, id_))
        if id_ in world.numbers:
            return _number(call, key, id_)
        if id_ in world.apps or id_ == "app":
            return self._app(call, key)
        if id_.startswith("upload:"):
            return self._upload(call, id_)
        return _media(call, key, id_)

    def _app(self, call: Call, key: tuple[str, str]) -> Any:
        app = access.app(call, call.segments[0])
        handlers: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", ""): lambda: {"id": app.id, "name": app.name},
            ("GET", "subscriptions"): lambda: subscriptions.of_app(app),
            ("POST", "subscriptions"): lambda: subscriptions.set_app(call, app),
            ("POST", "uploads"): lambda: self._uploads.begin(call, app),
        }
        return _edge(handlers, key)()

    def _upload(self, call: Call, id_: str) -> Json:
        if call.request.method == "GET":
            return self._uploads.describe(id_)
        return self._uploads.append(call, id_)

    async def _send(self, call: Call) -> web.StreamResponse:
        """A send, with the faults that may strike before and after it is accepted."""
        number = access.number(call, call.segments[0])
        about = {"number": number.id, "to": str(call.params.get("to", "")), "type": str(call.params.get("type", ""))}
        await self._strike_before(call, about)
        answer, message = messages.send(call, number)
        if message:
            await self._strike_after(call, message, about)
        return web.json_response(answer)

    async def _strike_before(self, call: Call, about: dict[str, str]) -> None:
        faults = self._sim.faults
        if faults.take("http_429", **about):
            call.fault = "http_429"
            raise GraphError(130429, "Cloud API message throughput has been reached.")
        if faults.take("never_answer", **about):
            self._log_silence(call, "never_answer")
            await asyncio.sleep(NEVER)
        if faults.armed("connection_reset"):
            self._reset(call, about, after_accept=False)

    async def _strike_after(self, call: Call, message: Message, about: dict[str, str]) -> None:
        faults = self._sim.faults
        if faults.armed("connection_reset"):
            self._reset(call, about, after_accept=True)
        if faults.take("timeout_after_accept", **about):
            self._log_silence(call, "timeout_after_accept")
            await asyncio.sleep(NEVER)
        slow = faults.take("slow", **about)
        if slow:
            call.fault = slow.name
            await asyncio.sleep(float(slow.params["seconds"]))
        if faults.take("status_before_response", **about):
            call.fault = "status_before_response"
            await self._overtake(message)

    def _reset(self, call: Call, about: dict[str, str], *, after_accept: bool) -> None:
        for fault in self._sim.faults:
            wanted = fault.name == "connection_reset" and bool(fault.params["after_accept"]) is after_accept
            if wanted and fault.applies(about):
                fault.strike()
                self._log_silence(call, fault.name)
                if call.request.transport:
                    call.request.transport.abort()
                raise _CutError

    async def _overtake(self, message: Message) -> None:
        world = self._sim.world
        number = world.numbers[message.number_id]
        customer = world.customers.get(message.customer_id) or messages.stranger(self._sim, message.customer_id)
        outbound.leave_now(self._sim, number, customer, message)
        await self._sim.dispatcher.settle(OVERTAKING)

    def _log_silence(self, call: Call, fault: str) -> None:
        call.fault = fault
        self._log(call, 0, None, time.perf_counter())

    def _log(self, call: Call, status: int, code: int | None, begun: float) -> None:
        self._sim.requests.add(
            requests.Call(
                at=self._sim.clock.now(),
                method=call.request.method,
                path="/" + "/".join(call.segments),
                status=status,
                code=code,
                milliseconds=(time.perf_counter() - begun) * 1000,
                body=call.raw if call.body_is_json else b"",
                fault=call.fault,
            ),
        )


# Nodes whose id leads to a table of handlers: where they are kept, who may see them, the table.
_KINDS: tuple[tuple[str, Callable[[Call, str], Any], Handlers], ...] = (
    ("wabas", access.waba, WABA),
    ("templates", access.template, TEMPLATE),
    ("catalogs", access.catalog, CATALOG),
    ("flows", access.flow, FLOW),
    ("portfolios", access.portfolio, PORTFOLIO),
)


def _edge(handlers: dict[tuple[str, str], Any], key: tuple[str, str]) -> Any:
    if key not in handlers:
        method, edge = key
        raise GraphError(100, message=f"(#100) Tried accessing nonexisting field ({edge}) with {method}")
    return handlers[key]


def _number(call: Call, key: tuple[str, str], id_: str) -> Any:
    number = access.number(call, id_)
    method, edge = key
    if edge.startswith("message_qrdls/"):
        code = call.segments[2]
        named = {("GET", ""): links.one, ("DELETE", ""): links.delete}
        return _edge(named, (method, "/".join(call.segments[3:])))(call, number, code)
    return _edge(NUMBER, key)(call, number)


def _media(call: Call, key: tuple[str, str], id_: str) -> Json:
    if key == ("GET", ""):
        return media.describe(call, id_)
    if key == ("DELETE", ""):
        return media.delete(call, id_)
    raise unknown_node(id_, call.request.method.lower())
