"""The product and the simulator as an operator runs them, and hands to hurt them with."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from tests.support.ports import free_port

MAIN = "from madoguchi.cli import main; main()"
_PATIENCE = 90.0
_PASSWORD = "a long storm password"


class Installation:
    def __init__(self, folder: Path, simulator_folder: Path) -> None:
        self.folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MADOGUCHI_")},
            "MADOGUCHI_LOG": "json",
            "MADOGUCHI_CLOCK_FILE": str(simulator_folder / "clock"),
        }
        self.log = simulator_folder / "madoguchi.log"
        self._simulator_folder = simulator_folder
        self._ports = {"product": free_port(), "simulator": free_port()}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.token = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._ports['product']}"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self._ports['simulator']}"

    def set_up(self) -> dict[str, Any]:
        """Start everything, make a number at the provider and its inbox; returns the inbox."""
        arguments = ["init", "--workspace", "Storm", "--email", "storm@example.com", "--password-stdin", "--json"]
        made = subprocess.run(
            [sys.executable, "-c", MAIN, *arguments, "--data", str(self.folder)],
            input=_PASSWORD.encode(),
            capture_output=True,
            check=True,
            env=self._environment,
        )
        self.token = json.loads(made.stdout)["api_token"]
        self.start_simulator()
        self.start()
        return self._make_inbox()

    def start(self) -> None:
        port = str(self._ports["product"])
        self._start("product", MAIN, "serve", "--port", port, "--data", str(self.folder))

    def start_simulator(self) -> None:
        folder, port = self._simulator_folder, str(self._ports["simulator"])
        what = ["--port", port, "--data", str(folder / "simulator"), "--clock-file", str(folder / "clock")]
        self._start("simulator", "import runpy; runpy.run_module('madoguchi.simulator', run_name='__main__')", *what)
        self.until(lambda: self.simulator("GET", "/_sim/state"), "the simulator answers")

    def _start(self, name: str, code: str, *arguments: str, **more: str) -> None:
        with self.log.open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-c", code, *arguments], env=self._environment | more, stdout=log, stderr=log
            )

    def _make_inbox(self) -> dict[str, Any]:
        wish = {"throughput": 1000, "pair_limit": False, "verify_token": "storm-verify"}
        number = wish | self.simulator("POST", "/_sim/numbers", wish)
        self.until(self.ready, "the product is ready")
        names = ("phone_number_id", "access_token", "app_secret", "verify_token")
        credentials = {name: number[name] for name in names} | {"business_account_id": number["waba_id"]}
        settings = {"graph_url": f"{self.simulator_url}/graph"}
        inbox = self.api(
            "POST",
            "/inboxes",
            {"channel": "whatsapp", "name": "Storm", "credentials": credentials, "settings": settings},
        )
        setup = {
            "webhook_url": inbox["webhook_url"],
            "number": number["phone_number_id"],
            "verify_token": number["verify_token"],
        }
        self.simulator("POST", "/_sim/setup", setup)
        return {**inbox, "number": number["phone_number_id"]}

    def ready(self) -> bool:
        return bool(self._call(f"{self.url}/readyz")["status"] == "ready")

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return self._call(f"{self.url}/api/v1{path}", method, body, token=self.token)

    def simulator(self, method: str, path: str, body: Any = None) -> Any:
        return self._call(f"{self.simulator_url}{path}", method, body)

    def sent(self) -> list[dict[str, Any]]:
        """Every send the provider accepted, in order."""
        with urllib.request.urlopen(f"{self.simulator_url}/_sim/sent", timeout=30) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]

    def _call(self, url: str, method: str = "GET", body: Any = None, token: str = "") -> Any:
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=15) as answer:
            return json.loads(answer.read() or b"null")

    def until(self, condition: Callable[[], Any], what: str, seconds: float = _PATIENCE) -> float:
        """Waits until it holds; an error counts as not yet. Returns how many seconds it took."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            with contextlib.suppress(OSError, ValueError, KeyError, psutil.Error):
                if condition():
                    return time.monotonic() - started
            time.sleep(0.1)
        raise AssertionError(f"after {seconds:.0f} s not yet: {what}; see {self.log}")

    # What can be hurt ------------------------------------------------------------------------------------------------

    @property
    def supervisor(self) -> psutil.Process:
        """`serve` becomes the supervisor, so it is the process we started."""
        return psutil.Process(self._running["product"].pid)

    def part(self, name: str) -> psutil.Process:
        """`web`, `worker` or `postgres`. Raises KeyError while it is away."""
        for child in self.supervisor.children():
            line = " ".join(child.cmdline())
            if f"processes.{name}" in line or (name == "postgres" and "/postgres" in line):
                return child
        raise KeyError(name)

    def lanes(self) -> list[psutil.Process]:
        return list(self.part("worker").children())

    def end(self, name: str, number: int = signal.SIGTERM) -> None:
        process = self._running[name]
        process.send_signal(number)
        process.wait(60)

    def stop_everything(self) -> None:
        for name, process in self._running.items():
            if process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.end(name)
                process.kill()


@contextlib.contextmanager
def paused(processes: list[psutil.Process]) -> Iterator[None]:
    """They are there and do nothing, like the other side of a cut network."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.resume()
