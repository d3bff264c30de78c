"""Folders with short paths (a socket's path is limited), processes that are always cleaned up, ports that are free."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="mdg"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Run]:
    """Start a process; whatever is still running at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*command: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            env=clean_environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def madoguchi(*arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [sys.executable, "-c", "from madoguchi.cli import main; main()", *arguments],
        env=clean_environment(**environment),
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def clean_environment(**additions: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MADOGUCHI_")}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "200", **additions}


def eventually(condition: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Ended; a zombie that nobody collects counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
