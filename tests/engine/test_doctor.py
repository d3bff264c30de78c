"""The doctor's single findings, at their limits."""

import shutil
import socket
from pathlib import Path
from typing import NamedTuple

import pytest

from madoguchi.doctor.address import check_proxies, check_public_url
from madoguchi.doctor.machine import (
    check_clock,
    check_data_folder,
    check_disk,
    check_port,
    check_program,
    check_python,
)
from tests.support.ports import free_port


class _Usage(NamedTuple):
    free: float


@pytest.mark.parametrize(("version", "state"), [((3, 10), "broken"), ((3, 11), "good"), ((3, 14), "good")])
def test_python(version: tuple[int, int], state: str) -> None:
    assert check_python(version).state == state


@pytest.mark.parametrize(("free", "state"), [(0.5, "broken"), (3, "attention"), (50, "good")])
def test_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: float, state: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(free * 1e9))
    assert check_disk(tmp_path / "not" / "yet").state == state


@pytest.mark.parametrize(("drift", "state"), [(0, "good"), (29, "good"), (31, "broken"), (-31, "broken")])
def test_clock(drift: float, state: str) -> None:
    assert check_clock(1000.0 + drift, ours=1000.0).state == state


@pytest.mark.parametrize(
    ("url", "state"),
    [
        (None, "attention"),
        ("http://127.0.0.1:8900", "good"),
        ("http://localhost", "good"),
        ("http://desk.example.com", "attention"),
        ("https://127.0.0.1", "good"),
    ],
)
def test_public_url(url: str | None, state: str) -> None:
    assert check_public_url(url).state == state


@pytest.mark.parametrize(
    ("trusted", "state"),
    [
        ("127.0.0.1,::1", "good"),
        ("10.0.0.5, 172.16.0.0/12", "good"),
        ("0.0.0.0/0", "attention"),
        ("999.1.1.1", "broken"),
    ],
)
def test_trusted_proxies(trusted: str, state: str) -> None:
    assert check_proxies(trusted).state == state


def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert check_public_url("https://nowhere.example").state == "broken"


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert check_data_folder(tmp_path / "a" / "b").state == "good"


def test_a_free_port(tmp_path: Path) -> None:
    assert check_port(free_port(), tmp_path).state == "good"


def test_a_program_that_is_missing_is_no_disaster() -> None:
    finding = check_program("a-program-nobody-has", "something is less good", "Install it.")
    assert (finding.state, finding.advice) == ("attention", "Install it.")


@pytest.mark.parametrize("state", ["good", "attention", "broken"])
def test_whatever_needs_something_says_what(state: str) -> None:
    findings = [check_python((3, 10)), check_python((3, 12)), check_public_url(None), check_clock(0, ours=99)]
    assert all(bool(finding.advice) == (finding.state != "good") for finding in findings if finding.state == state)
