"""A Chromium for the browser tests: the machine's own, else the distribution's, else Playwright's."""

import os
import shutil
import sys
from pathlib import Path

from debian import failure, install

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The console speaks Japanese: without the font its pictures would show boxes.
_PACKAGES = ("chromium", "fonts-noto-cjk")


def find_or_install() -> tuple[str | None, str | None]:
    """The program's path, or the reason why there is none."""
    reasons: list[str] = []
    browser = _on_path() or _from_distribution(reasons) or _from_playwright(reasons)
    return browser, None if browser else "No Chromium: " + "; ".join(reasons)


def _on_path() -> str | None:
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def _from_distribution(reasons: list[str]) -> str | None:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        reasons.append("none of " + ", ".join(_NAMES) + " is installed")
        return None
    print("Installing Chromium for the browser tests …", flush=True)
    reason = install(*_PACKAGES)
    if reason:
        reasons.append(reason)
        return None
    return _on_path()


def _from_playwright(reasons: list[str]) -> str | None:
    failed = failure([sys.executable, "-m", "playwright", "install", "chromium"])
    if failed:
        reasons.append(f"playwright install: {failed}")
        return None
    return _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    found, reason = find_or_install()
    print(found or reason)
    sys.exit(found is None)
