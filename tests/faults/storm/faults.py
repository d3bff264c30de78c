"""What can go wrong. Each takes the installation, does its harm, and returns when what comes after can heal by itself."""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.faults.storm.installation import Installation, paused

Harm = Callable[[Installation], None]


class Fault(NamedTuple):
    name: str
    harm: Harm


def _kill(name: str) -> Harm:
    def harm(installation: Installation) -> None:
        with contextlib.suppress(KeyError, psutil.Error):
            installation.part(name).kill()

    return harm


def kill_a_lane(installation: Installation) -> None:
    with contextlib.suppress(KeyError, psutil.Error, IndexError):
        random.choice(installation.lanes()).kill()


def kill_everything(installation: Installation) -> None:
    for child in installation.supervisor.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()


def kill_the_supervisor(installation: Installation) -> None:
    installation.end("product", signal.SIGKILL)
    installation.start()


def end_in_order_and_start(installation: Installation) -> None:
    installation.end("product", signal.SIGTERM)
    installation.start()


def restart_postgres(installation: Installation) -> None:
    """As an administrator does: connections are cut, what was committed stays."""
    with contextlib.suppress(KeyError, psutil.Error):
        installation.part("postgres").send_signal(signal.SIGINT)


def cut_the_network_to_the_database(installation: Installation) -> None:
    """Nothing is refused and nothing answers, for ten seconds."""
    with contextlib.suppress(KeyError, psutil.Error):
        postmaster = installation.part("postgres")
        with paused([postmaster, *postmaster.children()]):
            time.sleep(10)


def stall_the_worker(installation: Installation) -> None:
    """Long enough that its connections may be given up, and its slots taken."""
    with contextlib.suppress(KeyError, psutil.Error), paused([*installation.lanes(), installation.part("worker")]):
        time.sleep(8)


def _provider(duration: float, /, **fault: object) -> Harm:
    def harm(installation: Installation) -> None:
        installation.simulator("PUT", "/_sim/faults", {"faults": [fault]})
        time.sleep(duration)
        installation.simulator("PUT", "/_sim/faults", {"faults": []})

    return harm


def jump_the_clock(installation: Installation) -> None:
    """Half an hour ahead, and back again a little later."""
    installation.simulator("POST", "/_sim/clock", {"advance_seconds": 1800})
    time.sleep(3)
    installation.simulator("POST", "/_sim/clock", {"offset": 0})


def fill_the_disk(installation: Installation) -> None:
    """Only where the data has a small disk of its own: see `small_disk`."""
    ballast = installation.folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb") as out:
        while True:
            out.write(bytes(1024 * 1024))
            out.flush()
    time.sleep(6)
    ballast.unlink(missing_ok=True)


QUICK = (
    Fault("kill -9 of a lane", kill_a_lane),
    Fault("kill -9 of the web process", _kill("web")),
    Fault("kill -9 of PostgreSQL", _kill("postgres")),
)
ALL = (
    *QUICK,
    Fault("the provider loses answers", _provider(3, name="timeout_after_accept", next=2)),
    Fault("kill -9 of the worker", _kill("worker")),
    Fault("kill -9 of everything under the supervisor", kill_everything),
    Fault("kill -9 of the supervisor", kill_the_supervisor),
    Fault("an orderly restart", end_in_order_and_start),
    Fault("a restart of PostgreSQL", restart_postgres),
    Fault("the network to the database is cut for 10 s", cut_the_network_to_the_database),
    Fault("the worker stands still for 8 s", stall_the_worker),
    Fault("the provider answers 500", _provider(6, name="http_error", status=500, probability=0.7)),
    Fault("the provider answers 429", _provider(6, name="http_429", probability=0.7)),
    Fault("the provider answers slowly", _provider(8, name="slow", seconds=4.0)),
    Fault("the provider answers after our time-out", _provider(36, name="slow", seconds=33.0, next=2)),
    Fault("the provider never answers", _provider(6, name="never_answer", next=3)),
    Fault(
        "the provider cuts connections after accepting",
        _provider(4, name="connection_reset", after_accept=True, next=4),
    ),
    Fault("webhooks come twice and in disorder", _provider(6, name="webhook_duplicate", times=2)),
    Fault("the clock jumps", jump_the_clock),
)
DISK_FULL = Fault("the disk is full", fill_the_disk)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int = 700):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """A file system of its own for the data, or None with the reason why there is none."""
    if os.geteuid() != 0:
        yield "only root can mount one"
        return
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        yield done.stderr.strip() or "mount failed"
        return
    try:
        yield None
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
