"""Ports for programs that bind them later.

A port that was free a moment ago may be taken when the program starts: by another test beside this one, or as the near
end of somebody's connection. So these come from below the range that systems give to connections (32768 and up), and a
lock file per port, held until this process ends, keeps test runs beside each other apart.
"""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

_RANGE = range(18_000, 32_000, 2)
_FOLDER = Path(tempfile.gettempdir()) / f"madoguchi-test-ports-{os.getuid()}"
_held: list[int] = []


def free_pair() -> int:
    """A port that is this process's for the rest of its life; so is the next one, which the simulators of a demo take."""
    _FOLDER.mkdir(exist_ok=True)
    for port in random.sample(_RANGE, len(_RANGE)):
        lock = os.open(_FOLDER / str(port), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        if _is_free(port) and _is_free(port + 1):
            _held.append(lock)
            return port
        os.close(lock)
    raise RuntimeError("no two free ports in a row")


def free_port() -> int:
    return free_pair()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
