"""The product as an operator runs it: `madoguchi init` and `serve` in a data folder of its own, on free ports."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

_MADOGUCHI = [str(Path(sys.executable).with_name("madoguchi"))]
SECRET = "bench-app-secret"


class Product:
    def __init__(
        self, folder: Path, port: int, token: str, process: subprocess.Popen[bytes], start_seconds: float
    ) -> None:
        self.folder = folder
        self.port = port
        self.token = token
        self.process = process
        self.start_seconds = start_seconds

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def make_inbox(
        self, graph_url: str = "http://127.0.0.1:9/graph", credentials: dict[str, str] | None = None
    ) -> dict[str, Any]:
        nobodys = {
            "phone_number_id": "100000000000001",
            "business_account_id": "200000000000001",
            "access_token": "EAAbench",
            "app_secret": SECRET,
            "verify_token": "bench",
        }
        body = {
            "channel": "whatsapp",
            "name": "Bench",
            "credentials": credentials or nobodys,
            "settings": {"graph_url": graph_url},
        }
        return dict(self.call("POST", "/api/v1/inboxes", body))

    def processes(self) -> list[psutil.Process]:
        """The supervisor, its children, and the database under it."""
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def memory_mib(self) -> float:
        """Proportional set size: shared pages are counted once, in parts."""
        return sum(_memory_of(process) for process in self.processes()) / 2**20

    def cpu_seconds(self) -> float:
        return sum(_cpu_of(process) for process in self.processes())

    def lanes(self) -> list[psutil.Process]:
        """The worker's processes: inbound, outbound, background."""
        supervisor = psutil.Process(self.process.pid)
        worker = next(child for child in supervisor.children() if "processes.worker" in " ".join(child.cmdline()))
        return list(worker.children())

    @contextmanager
    def idle_worker(self) -> Iterator[None]:
        """The worker is there and does nothing: what comes in is acknowledged and waits."""
        lanes = self.lanes()
        for lane in lanes:
            lane.suspend()
        try:
            yield
        finally:
            for lane in lanes:
                lane.resume()

    def events_processed(self) -> int:
        return int(self.call("GET", "/api/v1/me")["seq"])


def _cpu_of(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:2]))
    except psutil.NoSuchProcess:  # PostgreSQL's helpers come and go
        return 0.0


def _memory_of(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0.0


@contextmanager
def running() -> Iterator[Product]:
    folder = Path(tempfile.mkdtemp(prefix="mdgbench"))
    try:
        token = _init(folder)
        port = free_port()
        started = time.monotonic()
        process = _serve(folder, port)
        try:
            _until_ready(port)
            yield Product(folder, port, token, process, time.monotonic() - started)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _init(folder: Path) -> str:
    command = [
        *_MADOGUCHI,
        "init",
        "--workspace",
        "Bench",
        "--email",
        "bench@example.com",
        "--password-stdin",
        "--json",
    ]
    answer = subprocess.run(
        [*command, "--data", str(folder)],
        input=b"a long bench password\n",
        capture_output=True,
        check=True,
        timeout=120,
    )
    return str(json.loads(answer.stdout)["api_token"])


def _serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [*_MADOGUCHI, "serve", "--data", str(folder), "--port", str(port)]
    log = (folder / "serve.log").open("wb")
    return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "MADOGUCHI_LOG": "json"})


def _until_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError("the product did not become ready in 60 s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
