"""One web process: the application on the socket that the supervisor took."""

import argparse
import asyncio
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import uvicorn
import uvloop

from madoguchi.app import Application, create_app
from madoguchi.processes.doorway import Doorway
from madoguchi.processes.orphans import die_with_parent
from madoguchi.processes.prepare import run_or_explain
from madoguchi.processes.shared import context_of_environment
from madoguchi.settings import load_settings

# Less than what the supervisor allows, so that our own end is an orderly one.
_DRAIN_SECONDS = 20


class Server(uvicorn.Server):
    """Ends when told to by the supervisor's signal, and leaves the rest of the process to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


async def serve(descriptor: int) -> None:
    proxies = load_settings().trusted_proxies
    async with context_of_environment() as context:
        listener = socket.socket(fileno=descriptor)
        await Server(server_config(create_app(context), proxies)).serve(sockets=[listener])


def server_config(app: Application, trusted_proxies: str) -> uvicorn.Config:
    """Whose `X-Forwarded-For` is believed: else a stranger could name any address, or all people behind one proxy would
    share one throttle."""
    return uvicorn.Config(
        app,
        http=partial(Doorway, app.receiver),  # type: ignore[arg-type]
        # No access log: paths hold the keys of webhooks.
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=[each.strip() for each in trusted_proxies.split(",")],
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        ws_max_size=64 * 1024,
        # The hub encodes an event once for all sockets; compressing it for each of them would cost more than all else.
        ws_per_message_deflate=False,
    )


def main(arguments: list[str]) -> int:
    die_with_parent()
    parser = argparse.ArgumentParser(prog="madoguchi.processes.web")
    parser.add_argument("--descriptor", type=int, required=True)
    descriptor = parser.parse_args(arguments).descriptor
    return run_or_explain(lambda: uvloop.run(serve(descriptor)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
