"""The worker process: both pumps of the message traffic and the background jobs."""

import asyncio
import signal
import sys

import uvloop

from madoguchi.context import open_context
from madoguchi.logs import configure_logs
from madoguchi.processes.orphans import die_with_parent
from madoguchi.processes.prepare import run_or_explain
from madoguchi.pumps import run_pumps
from madoguchi.settings import load_settings, secret_key_of


async def work() -> None:
    settings = load_settings()
    configure_logs(settings.log)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with open_context(
        dsn=settings.database_url or "",
        secret_key=secret_key_of(settings),
        media_url=settings.media_url,
        public_url=settings.public_url or "",
    ) as context:
        await run_pumps(context, stopping)


def main() -> int:
    die_with_parent()
    return run_or_explain(lambda: uvloop.run(work()))


if __name__ == "__main__":
    sys.exit(main())
