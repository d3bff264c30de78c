"""`python -m tests.faults.storm --minutes 30`: faults in random order until the time is up, a check after each.

Prints one line for each: how long it took until everything had come to rest, and what was wrong. Exit code 1 when
anything was.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.faults.storm import faults, two_nodes
from tests.faults.storm.checker import at_rest, check
from tests.faults.storm.faults import Fault
from tests.faults.storm.installation import Installation
from tests.faults.storm.load import Load
from tests.faults.storm.queue import start_with_queue

_CALM_SECONDS = 2.0


class Outcome(NamedTuple):
    fault: str
    recovery_seconds: float
    """From the end of the harm until the product is ready."""
    rest_seconds: float
    """From there until nothing is on its way any more."""
    wrong: list[str]


async def storm(
    folder: Path,
    plan: Sequence[Fault],
    *,
    per_second: float,
    say: bool = True,
    kind: type[Installation] = Installation,
) -> list[Outcome]:
    """Every fault of the plan once, with load before, during and after it."""
    data, simulator = folder / "data", folder / "simulator"
    for each in (data, simulator):
        each.mkdir(exist_ok=True)
    installation = kind(data, simulator)
    try:
        inbox = await asyncio.to_thread(installation.set_up)
        load = Load(installation, inbox, per_second)
        running = asyncio.create_task(load.run())
        outcomes = []
        for fault in plan:
            outcomes.append(await _one(installation, inbox, load, fault))
            if say:
                print(_line(outcomes[-1]), flush=True)
            if running.done():
                running.result()
        running.cancel()
        return outcomes
    finally:
        await asyncio.to_thread(installation.stop_everything)


async def _one(installation: Installation, inbox: dict[str, object], load: Load, fault: Fault) -> Outcome:
    load.go_on()
    await asyncio.sleep(random.uniform(1, 3))
    await asyncio.to_thread(fault.harm, installation)
    recovery = await asyncio.to_thread(installation.until, installation.ready, "ready again")
    await asyncio.sleep(_CALM_SECONDS)
    await load.pause()
    started = time.monotonic()
    await asyncio.to_thread(installation.until, lambda: at_rest(installation, inbox), "at rest", 180.0)
    wrong: list[str] = []
    # The last frames may still be on their way to the screen.
    for _ in range(50):
        wrong = await asyncio.to_thread(check, installation, inbox, load)
        if not wrong:
            break
        await asyncio.sleep(0.2)
    return Outcome(fault.name, recovery, time.monotonic() - started, wrong)


def _line(outcome: Outcome, well: str = "all there, nothing twice, in order, the screen agrees") -> str:
    told = "; ".join(outcome.wrong[:3]) or well
    return f"{outcome.fault:48} ready after {outcome.recovery_seconds:5.1f} s, at rest after {outcome.rest_seconds:5.1f} s: {told}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.faults.storm", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--per-second", type=float, default=20.0, help="messages customers write in a second")
    parser.add_argument(
        "--queue", type=int, default=1_000_000, help="webhooks that wait at the first start; 0 for none"
    )
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.randrange(10_000)
    random.seed(seed)
    print(f"seed {seed}", flush=True)
    outcomes = [_queue(given.queue)] if given.queue else []
    end = time.monotonic() + given.minutes * 60
    while time.monotonic() < end:
        outcomes += _round(end, given.per_second)
    wrong = [each for each in outcomes if each.wrong]
    slowest = max(each.recovery_seconds for each in outcomes)
    print(f"{len(outcomes)} faults, {len(wrong)} left something wrong; the longest recovery took {slowest:.1f} s")
    return 1 if wrong else 0


def _queue(count: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="mdgqueue") as name:
        Path(name).chmod(0o755)
        found = start_with_queue(Path(name), count, lambda what: print(what, flush=True))
    outcome = Outcome(
        f"{count:,} webhooks wait, one poisoned", found.ready_seconds, found.worked_off_seconds, found.wrong
    )
    print(_line(outcome, "all there, in order; it alone was set aside, and processed once it could be"), flush=True)
    return outcome


def _round(end: float, per_second: float) -> list[Outcome]:
    """All faults once, in random order; ends early when the time is up."""
    with tempfile.TemporaryDirectory(prefix="mdgstorm") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "data").mkdir()
        with faults.small_disk(folder / "data") as why_not:
            plan = [*faults.ALL] + ([] if why_not else [faults.DISK_FULL])
            if why_not:
                print(f"not tried: {faults.DISK_FULL.name} ({why_not})", flush=True)
            random.shuffle(plan)
            seconds = max(1.0, end - time.monotonic())
            outcomes = asyncio.run(storm(folder, plan[: max(1, int(seconds / 25))], per_second=per_second))
    return outcomes + _cut_off(per_second)


def _cut_off(per_second: float) -> list[Outcome]:
    with tempfile.TemporaryDirectory(prefix="mdgnodes") as name:
        Path(name).chmod(0o755)
        return asyncio.run(storm(Path(name), two_nodes.ALL, per_second=per_second, kind=two_nodes.TwoNodes))


if __name__ == "__main__":
    sys.exit(main())
