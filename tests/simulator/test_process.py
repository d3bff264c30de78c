"""The simulator as its own process: starting, ending, remembering; and what it imports."""

import ast
import json
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import madoguchi.simulator
from tests.simulator.lab import NUMBER, TOKEN

HERE = Path(madoguchi.simulator.__file__).parent


@contextmanager
def process(*arguments: str) -> Iterator[httpx.Client]:
    command = [sys.executable, "-m", "madoguchi.simulator", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout
        ready = json.loads(child.stdout.readline())
        assert ready["ready"] is True
        try:
            with httpx.Client(base_url=ready["url"], timeout=10) as client:
                yield client
        finally:
            child.send_signal(signal.SIGTERM)
            _, complaints = child.communicate(timeout=10)
        assert child.returncode == 0
        assert complaints == ""


def test_a_second_start_finds_the_world_as_it_was(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    arguments = ("--data", str(tmp_path), "--clock-file", str(clock))
    with process(*arguments) as client:
        client.post("/_sim/customers", json={"name": "Ken", "phone": "+81 90 5555 0000"}).raise_for_status()
        client.post("/_sim/clock", json={"advance_seconds": 90000}).raise_for_status()
        client.post("/_sim/customers/hanako/messages", json={"type": "image", "caption": "見て"}).raise_for_status()
        client.patch(f"/_sim/numbers/{NUMBER}", json={"throughput": 500}).raise_for_status()
        client.patch("/_sim/settings", json={"webhooks": {"escape": "utf8"}}).raise_for_status()
        body = {"messaging_product": "whatsapp", "to": "819011110001", "type": "text", "text": {"body": "hi"}}
        path = f"/graph/v26.0/{NUMBER}/messages"
        client.post(path, json=body, headers={"Authorization": f"Bearer {TOKEN}"}).raise_for_status()
        before = client.get("/_sim/customers/hanako/messages?all=1").json()["data"]
    with process(*arguments) as client:
        assert client.get("/_sim/customers/819055550000").json()["name"] == "Ken"
        after = client.get("/_sim/customers/hanako/messages?all=1").json()["data"]
        assert [m["id"] for m in after] == [m["id"] for m in before]
        assert client.get(after[0]["media"]["url"]).content.startswith(b"\x89PNG")
        state = client.get("/_sim/state").json()
        assert state["numbers"][0]["throughput"] == 500
        assert state["clock"]["offset"] == pytest.approx(90000, abs=2)
        assert state["sent"] == 1
        assert struct.unpack("<d", clock.read_bytes())[0] == pytest.approx(90000, abs=2)
        assert client.get("/_sim/settings").json()["webhooks"]["escape"] == "utf8"
        for _ in range(100):
            status = client.get(f"/_sim/messages/{after[1]['id']}").json()["status"]
            if status == "delivered":
                break
            time.sleep(0.05)
        assert status == "delivered"


def test_a_taken_port_is_one_line_and_exit_1() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "madoguchi.simulator", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "cannot be listened on" in done.stderr


def test_it_is_small_when_idle() -> None:
    command = [sys.executable, "-m", "madoguchi.simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        child.stdout.readline()
        status = Path(f"/proc/{child.pid}/status").read_text()
        child.terminate()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    assert resident < 60 * 1024


def test_it_imports_nothing_of_the_product() -> None:
    foreign = {
        name
        for path in HERE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported(node)
        if name.split(".")[0] == "madoguchi" and not name.startswith("madoguchi.simulator")
    }
    assert foreign == set()


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["madoguchi" if node.level else f"{node.module}"]
    return []
