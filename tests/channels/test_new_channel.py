"""What `make new-channel` writes works at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from madoguchi.channels import registry
from tests.channels.cases import load_cases
from tests.channels.conformance import run_case
from tests.channels.tools import ROOT, load_tool

write_channel = load_tool("new_channel").write_channel


async def test_the_folder_passes_the_conformance_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "fresh_channels"
    package.mkdir()
    folder = write_channel("smoke_signal", package)
    monkeypatch.syspath_prepend(str(tmp_path))
    channel = registry.scan(package, "fresh_channels")["smoke_signal"]
    assert channel.manifest.title["en"] == "Smoke Signal"
    cases = list(load_cases(folder))
    assert {case.kind for case in cases} == {"in", "verify", "out", "check"}
    for case in cases:
        await run_case(channel, folder, case)


def test_the_code_is_clean(tmp_path: Path) -> None:
    folder = write_channel("smoke_signal", tmp_path)
    config = ROOT / "pyproject.toml"
    for command in (["check", "--config", str(config)], ["format", "--check", "--config", str(config)]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(folder)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["", "Ä", "Two Words", "../x", "9lives", "a"])
def test_a_name_that_cannot_be_one_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no name for a channel"):
        write_channel(name, tmp_path)


def test_a_taken_name_is_refused(tmp_path: Path) -> None:
    write_channel("pigeon", tmp_path)
    with pytest.raises(FileExistsError, match="pigeon"):
        write_channel("pigeon", tmp_path)
