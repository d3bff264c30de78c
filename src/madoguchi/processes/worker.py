"""The worker: the parent of the lanes, each a process of its own.

It has everything imported when it forks, so that the lanes share that memory instead of holding it three times; it runs
no loop and no thread, so that forking is safe. A lane that dies is started again, and the others do not notice.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping

import structlog
import uvloop

from madoguchi.context import Context
from madoguchi.logs import configure_logs
from madoguchi.processes.forked import Forked
from madoguchi.processes.orphans import die_with_parent
from madoguchi.processes.prepare import run_or_explain
from madoguchi.processes.shared import context_of_environment
from madoguchi.pumps import run_background, run_inbound, run_outbound
from madoguchi.settings import load_settings
from madoguchi.supervisor import Child, Supervisor

log = structlog.get_logger()

Lane = Callable[[Context, asyncio.Event], Awaitable[None]]

LANES: Mapping[str, Lane] = {"inbound": run_inbound, "outbound": run_outbound, "background": run_background}
# What can wait gets the processor when nobody else wants it: the search index must not cost a campaign its pace.
_NICE = {"background": 10}
# Less than what our own supervisor allows us.
_DRAIN_SECONDS = 33.0


def main() -> int:
    die_with_parent()
    return run_or_explain(_run_lanes)


def _run_lanes() -> None:
    configure_logs(load_settings().log)
    gc.collect()
    # What is here now is never looked at by the collector again, which would write to the pages we share.
    gc.freeze()
    with Supervisor(_say, drain_seconds=_DRAIN_SECONDS, start=lambda child: Forked(child.name, work)) as supervisor:
        supervisor.run([Child(name, (), {}) for name in LANES])


def work(lane: str) -> int:
    """One lane, in its own process, until it is told to end; the exit code."""
    os.nice(_NICE.get(lane, 0))
    return run_or_explain(lambda: uvloop.run(_work(LANES[lane])))


async def _work(lane: Lane) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with context_of_environment() as context:
        await lane(context, stopping)


def _say(event: str, *, level: str = "info", **facts: object) -> None:
    getattr(log, level)(event, **facts)


if __name__ == "__main__":
    sys.exit(main())
