"""Logs: one line per event, readable by machines, and nothing of a message in them."""

import json
import sys
from datetime import datetime

import pytest

from madoguchi.lines import line_logger
from tests.engine.conftest import Run

_SAY = """
import logging, sys
import structlog
from madoguchi.logs import configure_logs
configure_logs(sys.argv[1])
log = structlog.get_logger()
log.info("something happened", inbox_id="1", text="こんにちは")
logging.getLogger("some.library").warning("a library says %s", "so")
logging.getLogger("uvicorn.access").info("GET /webhooks/very-secret-key")
try:
    try:
        raise KeyError("first")
    except KeyError as error:
        raise ValueError("said\\nDETAIL: (text)=(very private)") from error
except ValueError:
    log.exception("it failed")
"""


@pytest.fixture
def said(start: Run, request: pytest.FixtureRequest) -> str:
    process = start(sys.executable, "-c", _SAY, request.param)
    _, log = process.communicate(timeout=20)
    assert process.returncode == 0
    return log


@pytest.mark.parametrize("said", ["json"], indirect=True)
def test_json_is_one_object_per_line(said: str) -> None:
    events = [json.loads(line) for line in said.splitlines()]
    assert [event["event"] for event in events] == ["something happened", "a library says so", "it failed"]
    assert [event["level"] for event in events] == ["info", "warning", "error"]
    assert all(datetime.fromisoformat(event["timestamp"]) for event in events)


@pytest.mark.parametrize("said", ["json", "console"], indirect=True)
def test_an_error_says_where_and_what_but_not_which_row(said: str) -> None:
    assert "builtins.KeyError: 'first'" in said
    assert "builtins.ValueError: said" in said
    assert ", line 14, in <module>" in said
    assert "very private" not in said


@pytest.mark.parametrize("said", ["json", "console"], indirect=True)
def test_addresses_of_webhooks_stay_out(said: str) -> None:
    assert "very-secret-key" not in said


@pytest.mark.parametrize("said", ["console"], indirect=True)
def test_lines_for_people(said: str) -> None:
    assert "something happened" in said.splitlines()[0]
    assert "inbox_id=1" in said.splitlines()[0]


def test_the_supervisors_lines_have_the_same_shape(capsys: pytest.CaptureFixture[str]) -> None:
    line_logger("json")("it ended", level="error", child="web-1")
    line_logger("console")("it ended", level="error", child="web-1")
    machine, person = capsys.readouterr().err.splitlines()
    event = json.loads(machine)
    assert (event["event"], event["level"], event["child"]) == ("it ended", "error", "web-1")
    assert datetime.fromisoformat(event["timestamp"])
    assert "[error   ] it ended" in person
    assert person.endswith("child=web-1")
