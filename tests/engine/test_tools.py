"""The tools of the checkout."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tools")


def test_a_missing_node_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import with_node

    monkeypatch.setattr(with_node, "_on_path", lambda: None)
    monkeypatch.setattr(with_node, "_from_wheel", lambda: None)
    assert with_node.main(["npm", "--version"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Node.js 20 or newer is needed")
    assert said.count("\n") == 1


def test_too_old_a_node_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import with_node

    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v18.20.1\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(with_node, "_on_path", lambda: tmp_path)
    monkeypatch.setattr(with_node, "_from_wheel", lambda: None)
    assert with_node.node_folder() is None


def test_the_wheels_npm_works(monkeypatch: pytest.MonkeyPatch) -> None:
    import with_node

    folder = with_node._from_wheel()
    assert folder
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert subprocess.run([folder / "npm", "--version"], check=True, capture_output=True, text=True).stdout[0].isdigit()


def test_a_missing_python_is_one_clear_line(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", ROOT / "tools" / "make_venv.sh", tmp_path / "venv"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or newer is needed")
    assert done.stderr.count("\n") == 1


def test_no_browser_comes_with_the_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    import chromium

    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(chromium, "failure", lambda _: "no network")
    monkeypatch.setattr(chromium, "install", lambda *_: "apt-get update: no network")
    browser, why = chromium.find_or_install()
    assert browser is None
    assert why
    assert why.startswith("No Chromium: ")
    assert why.endswith("playwright install: no network")


def test_the_size_report_fails_over_its_caps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sizes

    monkeypatch.setattr(sizes, "files", lambda: iter([sizes.Size(10, "src/a.py"), sizes.Size(501, "src/b.ts")]))
    monkeypatch.setattr(
        sizes, "functions", lambda _: iter([sizes.Size(81, "src/a.py:1 long"), sizes.Size(3, "src/a.py:9 f")])
    )
    assert sizes.main() == 1
    said = capsys.readouterr().out
    assert "too long: src/b.ts, 501 lines" in said
    assert "too long: src/a.py:1 long, 81 lines" in said


def test_commands_of_the_makefile_are_the_documented_ones() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = [line.split()[0] for line in done.stdout.splitlines()]
    assert {"demo", "test", "check", "bench", "new-channel"} <= set(named)
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [
        name for name in named if f"make {name}" not in guide and name not in {"help", "build", "console", "clean"}
    ] == []


def test_the_icons_of_the_manifest_are_those_that_are_drawn() -> None:
    import icons

    manifest = json.loads((ROOT / "console" / "public" / "manifest.webmanifest").read_bytes())
    drawn = icons.icons()
    named = {Path(each["src"]).name: each["sizes"] for each in manifest["icons"]}
    assert named == {name: f"{image.width}x{image.height}" for name, image in drawn.items() if name in named}
    for name, image in drawn.items():
        with Image.open(icons.FOLDER / name) as kept:
            difference = ImageChops.difference(kept.convert("RGBA"), image.quantize(32).convert("RGBA"))
        assert difference.getbbox() is None, name
