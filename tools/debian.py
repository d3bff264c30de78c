"""Programs for the tests from the distribution, where it is Debian's kind and we may."""

import os
import shutil
import subprocess

_ENVIRONMENT = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def install(*packages: str) -> str | None:
    """None when they are there afterwards, else the reason why not."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return "they are installed by apt-get as root only"
    for arguments in (("update",), ("install", "--yes", "--no-install-recommends", *packages)):
        reason = failure(["apt-get", "-qq", *arguments])
        if reason:
            return f"apt-get {arguments[0]}: {reason}"
    return None


def failure(command: list[str]) -> str | None:
    """What the command complained about last, or None when it went well."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=_ENVIRONMENT,
            timeout=900,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = (done.stderr.strip() or done.stdout.strip() or "failed").splitlines()
    return said[-1] if done.returncode else None
