"""Keeps child processes alive and ends them in order. Knows nothing of what they do, and imports little: it is one
more process for as long as the product runs."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, Self

from madoguchi.processes.orphans import PARENT

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
# A child that lived this long was healthy; its next death starts the back-off anew.
HEALTHY_SECONDS = 60.0
# Longer than what the workers allow themselves.
DRAIN_SECONDS = 35.0
_TIDY_SECONDS = 600.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

Say = Callable[..., None]
"""A log line: the event, and facts by name."""


class Child(NamedTuple):
    name: str
    command: Sequence[str]
    environment: dict[str, str]
    rank: int = 0
    """When all end: rank 0 first, the next rank when those are gone."""
    descriptors: tuple[int, ...] = ()
    output: int | None = None
    once: bool = False
    """It does something and ends; it is not started again."""
    after_death: Callable[[], None] = lambda: None
    """Called when it ended unexpectedly, before another takes its place."""


class Guarded(Protocol):
    """A server the children depend on (the embedded PostgreSQL)."""

    def alive(self) -> bool: ...
    def revive(self) -> None: ...
    def tidy_logs(self) -> None: ...


class Process(Protocol):
    """What of `subprocess.Popen` is used here."""

    returncode: int

    def poll(self) -> int | None: ...
    def wait(self) -> int: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class Supervisor:
    def __init__(
        self,
        say: Say,
        *,
        drain_seconds: float = DRAIN_SECONDS,
        guarded: Guarded | None = None,
        start: Callable[[Child], Process] | None = None,
    ) -> None:
        """`start` makes a child's process; by default its command is run."""
        self._say = say
        self._start = start or run_command
        self._drain_seconds = drain_seconds
        self._guarded = guarded
        self._tidied = time.monotonic()
        self._slots: list[_Slot] = []
        self._asked_to_stop = 0
        self._wake, self._woken = os.pipe()
        for end in (self._wake, self._woken):
            os.set_blocking(end, False)

    def __enter__(self) -> Self:
        """From here on a signal is remembered instead of ending the process at once."""
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)
        # Without a handler of its own a child's death would not interrupt the wait.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        return self

    def __exit__(self, *exc: object) -> None:
        for slot in self._slots:
            slot.kill()
        signal.set_wakeup_fd(-1)
        for number in (*_SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.close(self._wake)
        os.close(self._woken)

    @property
    def stopping(self) -> bool:
        return self._asked_to_stop > 0

    def run_once(self, child: Child) -> int:
        """Run a child to its end; returns its exit code. Being asked to stop ends it."""
        process = self._start(child)
        while process.poll() is None:
            self._wait(1.0)
            if self.stopping:
                process.terminate()
        return process.returncode

    def run(self, children: Sequence[Child], *, on_stop: Callable[[], None] = lambda: None) -> None:
        """Until SIGTERM, SIGINT or SIGHUP; returns when all children have ended. `on_stop` is called before that."""
        self._slots = [_Slot(child, self._say, self._start) for child in children]
        while not self.stopping:
            now = time.monotonic()
            self._look_after_server(now)
            for slot in self._slots:
                slot.look_after(now)
            self._wait(max(0.0, min(1.0, *(slot.due(now) for slot in self._slots))))
        on_stop()
        self._drain()

    def _look_after_server(self, now: float) -> None:
        if not self._guarded:
            return
        if not self._guarded.alive():
            self._say("the embedded PostgreSQL ended unexpectedly, starting it again", level="error")
            self._guarded.revive()
        if now - self._tidied > _TIDY_SECONDS:
            self._guarded.tidy_logs()
            self._tidied = now

    def _drain(self) -> None:
        self._say("stopping: no new work, finishing what is under way")
        for rank in sorted({slot.child.rank for slot in self._slots}):
            self._end([slot for slot in self._slots if slot.child.rank == rank])

    def _end(self, slots: "list[_Slot]") -> None:
        asked = self._asked_to_stop
        deadline = time.monotonic() + self._drain_seconds
        for slot in slots:
            slot.terminate()
        # A second Ctrl-C says: now.
        while any(slot.running for slot in slots) and time.monotonic() < deadline and self._asked_to_stop == asked:
            self._wait(0.2)
        for slot in slots:
            if slot.running:
                self._say("did not end in time, killed", level="warning", child=slot.child.name)
                slot.kill()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._asked_to_stop += 1

    def _wait(self, seconds: float) -> None:
        if select.select([self._wake], [], [], seconds)[0]:
            os.read(self._wake, 4096)


class _Slot:
    """A child's place: the process now in it, and when to fill it again."""

    def __init__(self, child: Child, say: Say, start: Callable[[Child], Process]) -> None:
        self.child = child
        self._say = say
        self._start = start
        self._process: Process | None = None
        self._started = 0.0
        self._start_at = 0.0
        self._delay = FIRST_DELAY

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def due(self, now: float) -> float:
        """Seconds until something has to be done here, unless the child ends before."""
        return LONGEST_DELAY if self._process else self._start_at - now

    def look_after(self, now: float) -> None:
        if self._process and not self.running and not self.child.once:
            self._schedule(self._process.returncode, now)
        if not self._process and now >= self._start_at:
            self._process = self._start(self.child)
            self._started = now

    def terminate(self) -> None:
        if self._process and self.running:
            self._process.terminate()

    def kill(self) -> None:
        if self._process and self.running:
            self._process.kill()
            self._process.wait()

    def _schedule(self, code: int, now: float) -> None:
        if now - self._started >= HEALTHY_SECONDS:
            self._delay = FIRST_DELAY
        self._say(
            "a process ended unexpectedly, starting it again",
            level="error",
            child=self.child.name,
            reason=_reason(code),
            in_seconds=self._delay,
        )
        self.child.after_death()
        self._process, self._start_at = None, now + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY)


def run_command(child: Child) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own commands
        child.command,
        env={**os.environ, **child.environment, PARENT: str(os.getpid())},
        stdin=subprocess.DEVNULL,
        stdout=child.output,
        stderr=child.output,
        pass_fds=child.descriptors,
        # Ctrl-C is for the supervisor alone, which ends the children in their order.
        start_new_session=True,
    )


def _reason(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def python(module: str, *arguments: str) -> list[str]:
    """The command line that runs a module of ours with this very interpreter."""
    return [sys.executable, "-m", module, *arguments]
