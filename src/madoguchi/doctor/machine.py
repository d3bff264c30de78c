"""What can be wrong with the machine: Python, disk, port, programs, clock."""

import os
import shutil
import time
from pathlib import Path

from madoguchi.core.errors import StartError
from madoguchi.doctor.finding import Finding, State

_GIGABYTE = 1_000_000_000
_OLDEST_PYTHON = (3, 11)
_CONSOLE = Path(__file__).parents[1] / "static" / "console" / "index.html"
# Providers sign and window by the minute; more than this and messages seem to come from another time.
_CLOCK_DRIFT_SECONDS = 30
_OTHER_FOLDER = "Give this account the right to write there, or choose another folder with --data."


def check_python(version: tuple[int, ...]) -> Finding:
    shown = ".".join(map(str, version))
    if version < _OLDEST_PYTHON:
        return Finding("python", "broken", f"Python {shown}", "Install Python 3.11 or newer.")
    return Finding("python", "good", f"Python {shown}")


def check_data_folder(folder: Path) -> Finding:
    if not folder.exists():
        nearest = next(parent for parent in folder.parents if parent.exists())
        if nearest.is_dir() and os.access(nearest, os.W_OK):
            return Finding("data folder", "good", f"{folder} will be made at the first start")
        return Finding("data folder", "broken", f"{nearest} cannot be written", _OTHER_FOLDER)
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Finding("data folder", "broken", f"{folder} cannot be written", _OTHER_FOLDER)
    return Finding("data folder", "good", str(folder))


def check_disk(folder: Path) -> Finding:
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(nearest).free / _GIGABYTE
    state: State = "good" if free > 5 else "attention" if free > 1 else "broken"
    return Finding(
        "disk space", state, f"{free:.1f} GB free", "" if state == "good" else "Make room: media and logs grow."
    )


def is_running(port: int, data_dir: Path) -> bool:
    """Whether something that may be a madoguchi works here: on this data folder, or on this port."""
    return _is_locked(data_dir) or _taken(port) is not None


def _is_locked(data_dir: Path) -> bool:
    from madoguchi.db.embedded import is_locked

    return data_dir.exists() and is_locked(data_dir)


def _taken(port: int) -> StartError | None:
    from madoguchi.listening import listen

    try:
        listen("127.0.0.1", port).close()
    except StartError as error:
        return error
    return None


def check_port(port: int, data_dir: Path) -> Finding:
    error = _taken(port)
    if error is not None:
        if _is_locked(data_dir):
            return Finding("port", "good", f"{port} is in use, and a madoguchi runs on this data folder")
        return Finding("port", "broken", str(error), "See who has it, or use another with --port.")
    return Finding("port", "good", f"{port} is free")


def check_console() -> Finding:
    if _CONSOLE.exists():
        return Finding("console", "good", "built")
    return Finding(
        "console", "attention", "not built: the API works, the browser shows a notice", "Run `make console`."
    )


def check_program(name: str, without: str, advice: str) -> Finding:
    found = shutil.which(name)
    return Finding(name, "good", found) if found else Finding(name, "attention", f"not installed: {without}", advice)


def check_clock(theirs: float, ours: float | None = None) -> Finding:
    """Our clock against the database's (Unix seconds)."""
    drift = abs(theirs - (time.time() if ours is None else ours))
    if drift > _CLOCK_DRIFT_SECONDS:
        return Finding(
            "clock", "broken", f"{drift:.0f} s away from the database's", "Set the time by NTP on both machines."
        )
    return Finding("clock", "good", f"{drift:.1f} s away from the database's")
