"""A real worker or web process that kills itself with SIGKILL at a chosen point.

The point is a function of the product, wrapped from outside: production code knows nothing of it.
Run as `python dying.py worker|web --dsn … [--at module:name --when before|after --nth 1]`; see `test_kill.py`.
"""

import argparse
import asyncio
import functools
import importlib
import inspect
import os
import signal
import socket
from pathlib import Path
from typing import Any

from madoguchi.app import create_app
from madoguchi.context import open_context
from madoguchi.processes.web import Server, server_config
from madoguchi.pumps import run_inbound, run_outbound


def kill_at(point: str, when: str, nth: int) -> None:
    """Wrap `module:attribute[.attribute]` so that its nth call ends the process, before or after it runs."""
    module_name, _, path = point.partition(":")
    owner: Any = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original = getattr(owner, name)
    calls = 0

    def die_if(*, chosen: bool) -> None:
        if chosen:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted() -> bool:
        nonlocal calls
        calls += 1
        return calls == nth

    @functools.wraps(original)
    async def waited_for(*args: Any, **kwargs: Any) -> Any:
        chosen = counted()
        die_if(chosen=chosen and when == "before")
        result = await original(*args, **kwargs)
        die_if(chosen=chosen)
        return result

    @functools.wraps(original)
    def called(*args: Any, **kwargs: Any) -> Any:
        chosen = counted()
        die_if(chosen=chosen and when == "before")
        result = original(*args, **kwargs)
        die_if(chosen=chosen)
        return result

    setattr(owner, name, waited_for if inspect.iscoroutinefunction(original) else called)


async def run(role: str, options: argparse.Namespace) -> None:
    async with open_context(
        dsn=options.dsn,
        secret_key=options.secret,
        media_url=Path(options.media).as_uri(),
        public_url="http://localhost",
    ) as context:
        if role == "worker":
            stopping = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
            print("ready", flush=True)
            await asyncio.gather(run_inbound(context, stopping), run_outbound(context, stopping))
        else:
            listener = socket.create_server(("127.0.0.1", options.port))
            await Server(server_config(create_app(context), "")).serve(sockets=[listener])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["worker", "web"])
    for name in ("dsn", "secret", "media", "at"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--when", default="before")
    parser.add_argument("--nth", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    if options.at:
        kill_at(options.at, options.when, options.nth)
    asyncio.run(run(options.role, options))


if __name__ == "__main__":
    main()
