"""Starting and ending the simulator's process."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from madoguchi.simulator import control, outbound, phone, seed
from madoguchi.simulator.control.common import explain
from madoguchi.simulator.graph.router import BODY_LIMIT, Graph
from madoguchi.simulator.simulator import Simulator
from madoguchi.simulator.sms.gateways import Gateways

SHUTDOWN_SECONDS = 0.5
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - recognised, not chosen


class PortTakenError(Exception):
    """Somebody listens there already."""


async def build(sim: Simulator) -> web.Application:
    """The application, with the world as it was left or newly planted. Must run in the loop
    that will serve it; the caller starts and stops `sim`."""
    await sim.start()
    if sim.store.load(sim):
        sim.sent.recount()
    else:
        seed.plant(sim)
    for customer in sim.world.customers.values():
        # Nobody looks at a page that has not been opened since the start.
        customer.open_chat = ""
    outbound.resume(sim)
    app = web.Application(client_max_size=BODY_LIMIT, middlewares=[explain])
    graph = Graph(sim)
    graph.add_to(app)
    control.add_to(app, sim, graph)
    Gateways(publish=sim.feed.publish).add_to(app)
    phone.add_to(app)
    return app


async def listen(sim: Simulator, app: web.Application, host: str, port: int) -> web.AppRunner:
    """Serve on the address; port 0 picks a free one. Sets `sim.url`. Raises PortTakenError."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise PortTakenError(f"{host}:{port} cannot be listened on: {error.strerror}") from error
    bound = runner.addresses[0][1]
    # Media addresses must be reachable; "every address" is not one.
    sim.url = f"http://{'127.0.0.1' if host in EVERYWHERE else host}:{bound}"
    return runner


def run(
    host: str = "127.0.0.1",
    port: int = 8901,
    data_dir: Path | None = None,
    clock_file: Path | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. `ready` is called with the URL once listening. Exits the
    process with 1 and one line on stderr when the port is taken or the folder not writable."""
    try:
        with asyncio.Runner(loop_factory=_fast_loop()) as runner:
            runner.run(_serve(host, port, data_dir, clock_file, ready))
    except (PortTakenError, PermissionError) as error:
        sys.stderr.write(f"simulator: {error}\n")
        raise SystemExit(1) from None


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The quicker event loop where there is one; on Windows there is not."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(
    host: str,
    port: int,
    data_dir: Path | None,
    clock_file: Path | None,
    ready: Callable[[str], None] | None,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sim = Simulator(data_dir, clock_file)
    try:
        app = await build(sim)
        runner = await listen(sim, app, host, port)
        (ready or _say_ready)(sim.url)
        await stop.wait()
        await runner.cleanup()
    finally:
        await sim.stop()


def _say_ready(url: str) -> None:
    sys.stdout.write(json.dumps({"ready": True, "url": url}) + "\n")
    sys.stdout.flush()
