"""Short messages a second over one SMPP link, to the simulated message centre in a process of its own: `python -m bench.scenarios.link`."""

import asyncio
import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

from madoguchi.channels import registry
from madoguchi.channels.base import Accepted, InboxConfig, Part
from madoguchi.channels.events import Identity
from madoguchi.channels.http import Http
from madoguchi.simulator.sms.smsc import Smsc

_WINDOW = 50


def measure(count: int = 5000) -> dict[str, Any]:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    centre = multiprocessing.get_context("spawn").Process(target=_centre, args=(theirs,), daemon=True)
    centre.start()
    try:
        return asyncio.run(_measure(ours.recv(), count))
    finally:
        centre.terminate()
        centre.join(10)


def _centre(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    smsc = Smsc({"bench": "bench"})
    smsc.faults.receipts = "none"
    await smsc.start()
    pipe.send(smsc.port)
    await asyncio.Event().wait()


async def _measure(port: int, count: int) -> dict[str, Any]:
    settings = {
        "provider": "smpp",
        "sender": "Bench",
        "smpp_host": "127.0.0.1",
        "smpp_port": port,
        "smpp_tls": "none",
        "smpp_window": _WINDOW,
        "smpp_bind": "separate",
    }
    inbox = InboxConfig(
        UUID(int=1), UUID(int=1), "sms", "Bench", {"system_id": "bench", "smpp_password": "bench"}, settings
    )
    channel, nothing = registry.channel("sms"), None
    async with Http() as http:

        async def one(number: int) -> bool:
            part = Part(str(UUID(int=number)), (Identity("phone", "819011110001"),), "text", f"message {number}")
            return isinstance(await channel.send(part, inbox, http, nothing), Accepted)  # type: ignore[arg-type]

        assert await one(0)
        started, cpu = time.monotonic(), time.process_time()
        taken = 0
        for first in range(1, count + 1, 1000):
            taken += sum(await asyncio.gather(*(one(first + n) for n in range(min(1000, count + 1 - first)))))
        seconds = time.monotonic() - started
    return {
        "submits_per_second": taken / seconds,
        "taken": taken,
        "of": count,
        "window": _WINDOW,
        "cpu_seconds_per_1000": (time.process_time() - cpu) / count * 1000,
    }


if __name__ == "__main__":
    found = measure()
    print(
        f"{found['submits_per_second']:,.0f} submits/s over one link, window {found['window']}; {found['taken']:,} of {found['of']:,} taken"
    )
