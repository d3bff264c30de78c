"""The worker process: both pumps of the message traffic and the background jobs."""

import asyncio
import signal
import sys

import uvloop

from madoguchi.jobs import run_jobs
from madoguchi.processes.orphans import die_with_parent
from madoguchi.processes.prepare import run_or_explain
from madoguchi.processes.shared import context_of_environment
from madoguchi.pumps import run_pumps


async def work() -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    # If one of the tasks fails the group ends them all, and the supervisor starts the process again.
    async with context_of_environment() as context, asyncio.TaskGroup() as tasks:
        tasks.create_task(run_pumps(context, stopping), name="pumps")
        tasks.create_task(run_jobs(context, stopping), name="jobs")


def main() -> int:
    die_with_parent()
    return run_or_explain(lambda: uvloop.run(work()))


if __name__ == "__main__":
    sys.exit(main())
