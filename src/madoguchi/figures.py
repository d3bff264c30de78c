"""The folder in which the processes of one supervisor share their figures, so that any web process can answer for all.

A few small files, one set for each place under the supervisor. Imports stay few (see `supervisor`).
"""

import os
import shutil
import socket
from pathlib import Path
from typing import Self

from madoguchi.processes.orphans import CHILD

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Figures:
    def __init__(self, data_dir: Path) -> None:
        # Nodes may share a data folder, and containers their process ids.
        self._host = data_dir / "run" / socket.gethostname()
        self._folder = self._host / str(os.getpid())

    def __enter__(self) -> Self:
        """A fresh folder; what killed supervisors of this machine left is removed."""
        for left in self._host.iterdir() if self._host.exists() else ():
            if left.name == str(os.getpid()) or not _alive(left.name):
                shutil.rmtree(left, ignore_errors=True)
        self._folder.mkdir(parents=True, mode=0o700)
        return self

    def __exit__(self, *exc: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def environment(self, child: str) -> dict[str, str]:
        return {FOLDER: str(self._folder), CHILD: child}

    def forget_state(self, child: str) -> None:
        """What a dead process held it holds no longer; what it counted stays counted."""
        _forget(self._folder, child)


def forget_state_of(place: str) -> None:
    """Like `Figures.forget_state`, for a place under a child."""
    if FOLDER in os.environ:
        _forget(Path(os.environ[FOLDER]), place)


def _forget(folder: Path, place: str) -> None:
    # Its own places go with a child: worker, worker-inbound, … ; a neighbour's name may begin like it (web-1, web-10).
    for pattern in (f"gauge_*_{place}.db", f"gauge_*_{place}-*.db"):
        for file in folder.glob(pattern):
            file.unlink(missing_ok=True)


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
