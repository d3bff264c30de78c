"""The lines that each part of the product writes: what each is about can be read from it, and nothing private is in it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import Run
from tests.engine.saying import PRIVATE
from tests.support.world import SECRET_KEY, WHATSAPP

_ROOT = str(Path(__file__).parents[2])


class Said:
    def __init__(self, ids: dict[str, str], log: str) -> None:
        self.ids = ids
        self.log = log

    def line(self, event: str) -> dict[str, Any]:
        found = [each for each in map(json.loads, self.log.splitlines()) if each["event"].startswith(event)]
        assert found, self.log
        return dict(found[0])

    def about(self, event: str) -> dict[str, str]:
        names = {"request_id", "workspace_id", "inbox_id", "conversation_id", "message_id", "job"}
        return {name: value for name, value in self.line(event).items() if name in names}


@pytest.fixture
def said(start: Run, dsn: str, tmp_path: Path) -> Said:
    process = start(
        *(sys.executable, "-m", "tests.engine.saying", dsn, tmp_path.as_uri()),
        PYTHONPATH=f"{_ROOT}/src:{_ROOT}",
    )
    out, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    return Said(json.loads(out), log)


def test_a_line_says_what_it_is_about(said: Said) -> None:
    ids = said.ids
    where = {"workspace_id": ids["workspace"], "inbox_id": ids["inbox"]}
    assert said.about("an event was set aside") == {**where, "request_id": ids["webhook"]}
    assert said.about("a batch holds an event") == {**where, "request_id": ids["webhook"]}
    thread = {**where, "conversation_id": ids["conversation"], "message_id": ids["message"]}
    assert said.about("a channel's send failed") == thread
    assert said.about("a job failed") == {"workspace_id": ids["workspace"], "job": "conversations.give"}
    answered = {"workspace_id": ids["workspace"], "conversation_id": ids["conversation"], "request_id": ids["request"]}
    assert said.about("a request failed") == answered
    stored = said.line("webhooks could not be stored")
    assert (stored["workspace_ids"], stored["inbox_ids"]) == ([ids["workspace"]], [ids["inbox"]])
    for secret in (PRIVATE, ids["token"], SECRET_KEY, *(WHATSAPP[name] for name in ("access_token", "app_secret"))):
        assert secret not in said.log
