"""All tests, or those named: in parallel, in random order, with a browser for the journeys."""

import os
import subprocess
import sys

import peers
from chromium import find_or_install


def main(arguments: list[str]) -> int:
    browser, why_not = find_or_install()
    # Without a browser the journeys run too, and fail with this reason: silence would look like success.
    os.environ.update({"MADOGUCHI_TEST_CHROMIUM": browser or "", "MADOGUCHI_TEST_CHROMIUM_MISSING": why_not or ""})
    # Likewise: the tests that need one of these say how to get it.
    for missing in peers.find_or_install():
        print(f"{missing}; the tests that need it will fail", flush=True)
    command = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadgroup", *arguments]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
