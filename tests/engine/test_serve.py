"""The whole product under `madoguchi serve` and `madoguchi demo`: ready, killed in parts, ended in order."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from madoguchi.db.embedded import running_dsn
from tests.engine.conftest import Run, eventually, is_gone
from tests.support.ports import free_pair, free_port

_MAIN = "from madoguchi.cli import main; main()"
# A machine that runs other tests as well.
_PATIENCE = 60


class Product:
    def __init__(self, process: subprocess.Popen[str], port: int, folder: Path) -> None:
        self.process = process
        self.port = port
        self.folder = folder

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as found:
                return found.status, found.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except OSError:
            return 0, b""

    def wait_until_ready(self) -> None:
        eventually(lambda: self.get("/readyz")[0] == 200 or self.process.poll() is not None, _PATIENCE)
        assert self.process.poll() is None, self.process.communicate()

    def children(self) -> dict[str, int]:
        """The processes below, by the last word of their module."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _parent(entry) == self.process.pid:
                line = (entry / "cmdline").read_bytes().decode().split("\0")
                name = (
                    "postgres" if line[0].endswith("/postgres") else line[2].rpartition(".")[2] if len(line) > 2 else ""
                )
                found[name] = int(entry.name)
        return found


def children_of(pid: int) -> set[int]:
    return {
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _parent(entry) == pid and not is_gone(int(entry.name))
    }


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return 0


@pytest.fixture
def serve(start: Run, folder: Path) -> Product:
    return _serve(start, folder)


def _serve(start: Run, folder: Path) -> Product:
    port = free_port()
    process = start(sys.executable, "-c", _MAIN, "serve", "--port", str(port), "--data", str(folder))
    return Product(process, port, folder)


def test_it_recovers_from_the_loss_of_each_part_and_ends_in_order(serve: Product) -> None:
    serve.wait_until_ready()
    for part in ("web", "worker", "postgres"):
        victim = serve.children()[part]
        os.kill(victim, signal.SIGKILL)
        # What ran under it says "ready" for a moment longer: first another has to be in its place.
        eventually(lambda: serve.children().get(part, victim) != victim, _PATIENCE)  # noqa: B023 - called here
        assert is_gone(victim)
        serve.wait_until_ready()
    everybody = serve.children()
    serve.process.terminate()
    _, log = serve.process.communicate(timeout=_PATIENCE)
    assert serve.process.returncode == 0
    assert all(is_gone(pid) for pid in everybody.values())
    assert '"event": "ended"' in log


def test_a_lane_that_dies_is_started_again_and_the_others_do_not_notice(serve: Product) -> None:
    serve.wait_until_ready()
    worker = serve.children()["worker"]
    lanes = children_of(worker)
    assert len(lanes) == 3
    for victim in sorted(lanes):
        others = children_of(worker) - {victim}
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: len(children_of(worker) - {victim}) == 3, _PATIENCE)  # noqa: B023 - called here
        serve.wait_until_ready()
        assert others < children_of(worker)
    assert serve.children()["worker"] == worker
    lanes = children_of(worker)
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: all(is_gone(lane) for lane in lanes), _PATIENCE)
    serve.wait_until_ready()


def test_a_killed_one_leaves_nothing_behind_and_starts_again(serve: Product, start: Run) -> None:
    serve.wait_until_ready()
    everybody = serve.children()
    serve.process.kill()
    eventually(lambda: all(is_gone(pid) for pid in everybody.values()), _PATIENCE)
    again = _serve(start, serve.folder)
    again.wait_until_ready()
    again.process.send_signal(signal.SIGINT)
    again.process.communicate(timeout=_PATIENCE)
    assert again.process.returncode == 0
    assert running_dsn(serve.folder) is None


def test_figures_of_the_worker_are_shown_and_survive_it(serve: Product) -> None:
    serve.wait_until_ready()
    eventually(lambda: "madoguchi_inbound_slots 64.0" in serve.get("/metrics")[1].decode(), _PATIENCE)
    folder = next((serve.folder / "run").glob("*/*"))
    before = {file.name for file in folder.iterdir()}
    for part in ("web", "worker"):
        victim = serve.children()[part]
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: serve.children().get(part, victim) != victim, _PATIENCE)  # noqa: B023 - called here
    serve.wait_until_ready()
    eventually(lambda: "madoguchi_inbound_slots 64.0" in serve.get("/metrics")[1].decode(), _PATIENCE)
    assert {file.name for file in folder.iterdir()} == before, "a restart leaves no files behind"
    serve.process.terminate()
    serve.process.communicate(timeout=_PATIENCE)
    assert not folder.exists()


def test_a_second_one_on_the_same_data_is_refused(serve: Product, start: Run) -> None:
    serve.wait_until_ready()
    second = _serve(start, serve.folder)
    _, said = second.process.communicate(timeout=_PATIENCE)
    assert second.process.returncode == 1
    assert said.startswith("madoguchi: Another madoguchi uses the data folder")
    assert said.count("\n") == 1


def test_without_a_built_console_there_is_a_page_that_says_so_or_the_console(serve: Product) -> None:
    serve.wait_until_ready()
    status, page = serve.get("/")
    assert status in {200, 503}
    assert b"<!doctype html>" in page.lower()


def _demo(start: Run, folder: Path, language: str) -> Product:
    port = free_pair()
    process = start(
        sys.executable,
        "-c",
        _MAIN,
        "demo",
        "--no-open",
        "--port",
        str(port),
        "--data",
        str(folder),
        LANG=language,
        LC_ALL="",
    )
    return Product(process, port, folder)


def _panel(demo: Product) -> str:
    """What the demo says until its last line, the token's."""
    said = ""
    assert demo.process.stdout
    for line in demo.process.stdout:
        said += line
        # A token, and not the folder's name, whose random part may begin with an underscore.
        if re.search(r"mdg_[\w-]{20}", line):
            return said
    raise AssertionError(demo.process.communicate())


def test_the_demo_is_filled_once_and_found_again(start: Run, folder: Path) -> None:
    first = _demo(start, folder, "en_US.UTF-8")
    said = _panel(first)
    assert "Madoguchi is ready" in said
    assert f"http://127.0.0.1:{first.port}" in said
    assert f"http://127.0.0.1:{first.port + 1}/phone" in said
    assert "aoi@example.com" in said
    token = json.loads((folder / "demo.json").read_text())["api_token"]
    eventually(lambda: len(_names(first, token)) == 5, _PATIENCE)
    before = _names(first, token)
    first.process.send_signal(signal.SIGINT)
    rest, errors = first.process.communicate(timeout=_PATIENCE)
    assert (rest.count("\n"), errors, first.process.returncode) == (1, "", 0), rest

    # Another port this time: the inbox and the simulator have to follow.
    second = _demo(start, folder, "ja_JP.UTF-8")
    assert "準備ができました" in _panel(second)
    assert _names(second, token) == before
    _, inboxes = second.get("/api/v1/inboxes", token)
    settings = json.loads(inboxes)["items"][0]["settings"]
    assert settings["graph_url"] == f"http://127.0.0.1:{second.port + 1}/graph"
    second.process.terminate()
    second.process.communicate(timeout=_PATIENCE)


def test_nothing_of_a_killed_demo_stays_in_the_way(start: Run, folder: Path) -> None:
    first = _demo(start, folder, "en_US.UTF-8")
    _panel(first)
    first.process.kill()
    first.process.communicate(timeout=_PATIENCE)
    eventually(lambda: _free(first.port) and _free(first.port + 1), _PATIENCE)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _names(demo: Product, token: str) -> set[str]:
    status, body = demo.get("/api/v1/conversations?view=all", token)
    assert status == 200
    return {conversation["contact"]["name"] for conversation in json.loads(body)["items"]}
