"""Server-sent events: messages, typing, read marks, clock, as they happen."""

from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from madoguchi.simulator.control.common import PREFIX
from madoguchi.simulator.feed import frames

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

KEEP_ALIVE = 15.0
HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def routes(sim: "Simulator") -> list[web.RouteDef]:
    async def live(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=HEADERS)
        await response.prepare(request)
        with sim.feed.listen() as queue, suppress(ConnectionResetError):
            await response.write(b"event: hello\ndata: {}\n\n")
            async for frame in frames(queue, KEEP_ALIVE):
                await response.write(frame.encode())
        return response

    return [web.get(f"{PREFIX}/live", live)]
