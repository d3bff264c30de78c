"""The supervisor, with small children that do as they are told."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from madoguchi.supervisor import Child, Supervisor
from tests.engine.conftest import Run, eventually, is_gone

# Writes its number to the file on each start, and on SIGTERM a farewell after `linger` seconds.
_WORKING = """
import os, signal, sys, time
from madoguchi.processes.orphans import die_with_parent
file, linger = sys.argv[1], float(sys.argv[2])
def end(*_):
    time.sleep(linger)
    open(file, "a").write(f"ended {time.monotonic()}\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
die_with_parent()
open(file, "a").write(f"started {os.getpid()}\\n")
while True: time.sleep(0.05)
"""

# A supervisor in a process of its own: [child file, linger] pairs follow.
_SUPERVISING = """
import sys
from madoguchi.lines import line_logger
from madoguchi.supervisor import Child, Supervisor
source, drain, *rest = sys.argv[1:]
children = [
    Child(f"child-{rank}", [sys.executable, "-c", source, file, linger], {}, rank=rank)
    for rank, (file, linger) in enumerate(zip(rest[::2], rest[1::2]))
]
with Supervisor(line_logger("json"), drain_seconds=float(drain)) as supervisor:
    supervisor.run(children)
print("all ended", flush=True)
"""


def lines(file: Path) -> list[list[str]]:
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


def pids(file: Path) -> list[int]:
    return [int(line[1]) for line in lines(file) if line[0] == "started"]


@pytest.fixture
def supervise(start: Run) -> Callable[..., subprocess.Popen[str]]:
    def run(*files_and_lingers: object, drain: float = 10) -> subprocess.Popen[str]:
        return start(sys.executable, "-c", _SUPERVISING, _WORKING, str(drain), *map(str, files_and_lingers))

    return run


def test_a_killed_child_is_started_again_with_a_log_line(tmp_path: Path, supervise: Any) -> None:
    file = tmp_path / "child"
    supervisor = supervise(file, 0)
    eventually(lambda: len(pids(file)) == 1)
    os.kill(pids(file)[0], signal.SIGKILL)
    eventually(lambda: len(pids(file)) == 2)
    supervisor.terminate()
    _, log = supervisor.communicate(timeout=15)
    assert '"child": "child-0", "reason": "signal SIGKILL"' in log
    assert supervisor.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_children_finish_what_they_have_in_hand(tmp_path: Path, supervise: Any, number: int) -> None:
    file = tmp_path / "child"
    supervisor = supervise(file, 0.5)
    eventually(lambda: pids(file))
    supervisor.send_signal(number)
    said, _ = supervisor.communicate(timeout=15)
    assert said == "all ended\n"
    assert lines(file)[-1][0] == "ended"


def test_ranks_end_one_after_the_other(tmp_path: Path, supervise: Any) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    supervisor = supervise(first, 0.6, second, 0)
    eventually(lambda: pids(first) and pids(second))
    supervisor.terminate()
    supervisor.communicate(timeout=15)
    assert float(lines(first)[-1][1]) < float(lines(second)[-1][1])


def test_a_child_that_does_not_end_is_killed_in_time(tmp_path: Path, supervise: Any) -> None:
    file = tmp_path / "child"
    supervisor = supervise(file, 60, drain=0.5)
    eventually(lambda: pids(file))
    supervisor.terminate()
    _, log = supervisor.communicate(timeout=15)
    assert "did not end in time" in log
    assert is_gone(pids(file)[0])


def test_a_second_ctrl_c_means_now(tmp_path: Path, supervise: Any) -> None:
    file = tmp_path / "child"
    supervisor = supervise(file, 60, drain=60)
    eventually(lambda: pids(file))
    supervisor.send_signal(signal.SIGINT)
    time.sleep(0.5)
    supervisor.send_signal(signal.SIGINT)
    supervisor.communicate(timeout=15)
    assert is_gone(pids(file)[0])


def test_no_child_outlives_a_killed_supervisor(tmp_path: Path, supervise: Any) -> None:
    file = tmp_path / "child"
    supervisor = supervise(file, 0)
    eventually(lambda: pids(file))
    supervisor.kill()
    eventually(lambda: is_gone(pids(file)[0]))


def _broken(marker: Path) -> Child:
    return Child("broken", [sys.executable, "-c", f"open({str(marker)!r}, 'a').write('x')"], {})


def _stop_after(seconds: float) -> None:
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM)).start()


def test_a_child_that_always_fails_is_tried_ever_more_slowly(tmp_path: Path) -> None:
    said: list[dict[str, Any]] = []
    with Supervisor(lambda event, **facts: said.append({"event": event, **facts})) as supervisor:
        _stop_after(2.5)
        supervisor.run([_broken(tmp_path / "marker")])
    delays = [line["in_seconds"] for line in said if "in_seconds" in line]
    assert delays == [0.5, 1.0, 2.0][: len(delays)]
    assert len(delays) >= 2


def test_what_is_to_run_once_runs_once(tmp_path: Path) -> None:
    with Supervisor(lambda *_, **__: None) as supervisor:
        _stop_after(1.5)
        supervisor.run([_broken(tmp_path / "marker")._replace(once=True)])
    assert (tmp_path / "marker").read_text() == "x"


def test_the_code_of_a_single_run_is_handed_on() -> None:
    with Supervisor(lambda *_, **__: None) as supervisor:
        assert supervisor.run_once(Child("fails", [sys.executable, "-c", "raise SystemExit(7)"], {})) == 7


class Server:
    def __init__(self) -> None:
        self.states: Sequence[bool] = [True, False, True]
        self.revived = 0

    def alive(self) -> bool:
        state, *rest = self.states
        self.states = rest or [True]
        return state

    def revive(self) -> None:
        self.revived += 1

    def tidy_logs(self) -> None:
        pass


def test_the_server_below_is_started_again_too() -> None:
    server = Server()
    with Supervisor(lambda *_, **__: None, guarded=server) as supervisor:
        _stop_after(2.5)
        supervisor.run([Child("waits", [sys.executable, "-c", "import time; time.sleep(60)"], {})])
    assert server.revived == 1
