"""A child made by forking, with the face of `subprocess.Popen` that the supervisor knows."""

import os
import signal
import sys
import traceback
from collections.abc import Callable

from madoguchi.figures import forget_state_of
from madoguchi.processes.orphans import CHILD, PARENT, die_with_parent

_HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Forked:
    """`work(name)` in a process of its own; its result is the exit code. Forks when it is made."""

    def __init__(self, name: str, work: Callable[[str], int]) -> None:
        self.returncode = 0
        self._ended = False
        place, parent = _place_of(name), os.getpid()
        forget_state_of(place)
        self.pid = os.fork()
        if not self.pid:
            _become(place, parent, name, work)

    def poll(self) -> int | None:
        if not self._ended:
            self._note(*os.waitpid(self.pid, os.WNOHANG))
        return self.returncode if self._ended else None

    def wait(self) -> int:
        if not self._ended:
            self._note(*os.waitpid(self.pid, 0))
        return self.returncode

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _note(self, pid: int, status: int) -> None:
        if pid:
            self._ended, self.returncode = True, os.waitstatus_to_exitcode(status)

    def _send(self, number: int) -> None:
        # Until we have collected it its number is not given to anybody else.
        if self.poll() is None:
            os.kill(self.pid, number)


def _place_of(name: str) -> str:
    return f"{os.environ.get(CHILD, '')}-{name}"


def _become(place: str, parent: int, name: str, work: Callable[[str], int]) -> None:
    """Never returns: what the parent was doing when it forked is not ours to go on with."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in _HANDLED:
            signal.signal(number, signal.SIG_DFL)
        os.environ[PARENT] = str(parent)
        if CHILD in os.environ:
            os.environ[CHILD] = place
        die_with_parent()
        code = work(name)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
