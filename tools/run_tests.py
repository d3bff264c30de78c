"""All tests, or those named: in parallel, in random order, with a browser for the journeys."""

import os
import subprocess
import sys

from chromium import find_or_install
from peers import find_or_install_dovecot


def main(arguments: list[str]) -> int:
    browser, why_not = find_or_install()
    # Without a browser the journeys run too, and fail with this reason: silence would look like success.
    os.environ.update({"MADOGUCHI_TEST_CHROMIUM": browser or "", "MADOGUCHI_TEST_CHROMIUM_MISSING": why_not or ""})
    # Likewise: the tests that need it say how to get it.
    missing = find_or_install_dovecot()
    if missing:
        print(f"Dovecot is missing, the tests with a real mailbox will fail: {missing}", flush=True)
    command = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadgroup", *arguments]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
