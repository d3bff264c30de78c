"""Write requirements.txt (the product and its build) and requirements-dev.txt (checks and tests too)."""

import subprocess
import sys
from pathlib import Path

_COMMAND = ["pip", "compile", "pyproject.toml", "--universal", "--python-version=3.11", "--generate-hashes"]
# No address of a package index in the files: whoever installs uses their own.
_QUIET = ["--quiet", "--no-header", "--no-emit-index-url", "--no-emit-find-links"]


def main(options: list[str]) -> None:
    uv = Path(sys.executable).with_name("uv")
    for file, extras in (("requirements.txt", ["build"]), ("requirements-dev.txt", ["build", "dev", "traces"])):
        wanted = [f"--extra={extra}" for extra in extras]
        subprocess.run([uv, *_COMMAND, *_QUIET, *wanted, *options, f"--output-file={file}"], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
