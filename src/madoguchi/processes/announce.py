"""The demo's last step: when everything answers, introduce the customers once and show where to go."""

import argparse
import json
import os
import sys
import time
import urllib.request
import webbrowser
from pathlib import Path
from typing import Any

from madoguchi.demo.panel import show
from madoguchi.demo.ports import simulator_of
from madoguchi.demo.state import DemoState, read_state, write_state
from madoguchi.demo.strings import text
from madoguchi.processes.orphans import die_with_parent

_PATIENCE_SECONDS = 20
_POLL_SECONDS = 0.1
_ANSWER_SECONDS = 10


def announce(console_url: str, data_dir: Path, *, open_browser: bool) -> None:
    simulator_url = simulator_of(console_url)
    _wait_for(f"{console_url}/readyz", data_dir)
    _wait_for(f"{simulator_url}/_sim/", data_dir)
    state = read_state(data_dir)
    if state is None:
        raise SystemExit(1)
    _introduce(simulator_url, console_url, data_dir, state)
    show(state, console_url=console_url, phone_url=f"{simulator_url}/phone", data_dir=str(data_dir))
    if open_browser and _has_display():
        webbrowser.open(console_url)


def _introduce(simulator_url: str, console_url: str, data_dir: Path, state: DemoState) -> None:
    # Each time: the port may be another than last time.
    _post(f"{simulator_url}/_sim/setup", {"webhook_url": state.webhook_url})
    # The console offers only templates it has heard of, and shows the number's health.
    for what in ("check", "templates/sync"):
        _post(f"{console_url}/api/v1/inboxes/{state.inbox_id}/{what}", {}, token=state.api_token)
    if not state.introduced:
        _post(f"{simulator_url}/_sim/demo", {})
        write_state(data_dir, state._replace(introduced=True))


def _wait_for(url: str, data_dir: Path) -> None:
    start, told = time.monotonic(), False
    while not _answers(url):
        if not told and time.monotonic() - start > _PATIENCE_SECONDS:
            print(text("slow", seconds=_PATIENCE_SECONDS, log=data_dir / "madoguchi.log"), file=sys.stderr, flush=True)
            told = True
        time.sleep(_POLL_SECONDS)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as found:  # noqa: S310 - our own address
            return bool(found.status < 400)
    except OSError:
        return False


def _post(url: str, body: dict[str, Any], *, token: str = "") -> None:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS):  # noqa: S310
        pass


def _has_display() -> bool:
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def main(arguments: list[str]) -> int:
    die_with_parent()
    parser = argparse.ArgumentParser(prog="madoguchi.processes.announce")
    parser.add_argument("--demo", required=True)
    parser.add_argument("--no-open", action="store_true")
    options = parser.parse_args(arguments)
    announce(options.demo, Path(os.environ["MADOGUCHI_DATA_DIR"]), open_browser=not options.no_open)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
