"""Libraries that wait for their server need a thread each; what they found goes to the event loop."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

LOOK_SECONDS = 1.0  # how often a waiting thread looks whether it shall end


async def in_thread(work: Callable[[threading.Event], None]) -> None:
    """A thread of its own: the shared pool has fewer threads than a company has mailboxes."""
    stop = threading.Event()
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def run() -> None:
        error: BaseException | None = None
        try:
            work(stop)
        except BaseException as raised:  # whatever it is belongs to whoever waits
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_end, done, error)

    threading.Thread(target=run, name="mailbox", daemon=True).start()
    try:
        await asyncio.shield(done)
    finally:
        stop.set()
        # It looks within seconds; an answer that a dead server owes us is not waited for.
        await asyncio.wait([done], timeout=LOOK_SECONDS + 3)


def _end(done: "asyncio.Future[None]", error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
