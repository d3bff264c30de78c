"""Reads `cases/*.json` of a channel's folder.

A file has `cases` and what they share: `envelope` (a request's body, in which "$item" stands for the case's `item`) and
`expect` (what every expected event begins with). A case is one of:

    receive | receive_text | item, events        what `parse` makes of a request; so `receive_form`, and `receive_hex` for bytes
    verify, verdict                              what `verify` says to a request
    send, answers, requests, result              a part, the provider's canned answers, what it was asked, the outcome
    check, fields                                a draft, the fields that `check` names
    call, arguments, answers, requests, returns  any other method that asks the provider

`headers` of a file belong to each of its requests, its `inbox` (credentials, settings) to each of its sends and checks.

Long texts and lists are written {"repeat": "あ", "times": 4097} and {"repeat": {…"{n}"…}, "times": 11}.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

KINDS = {
    "receive": "in",
    "receive_text": "in",
    "receive_form": "in",
    "receive_hex": "in",
    "item": "in",
    "verify": "verify",
    "send": "out",
    "check": "check",
    "call": "call",
}


class Case(NamedTuple):
    id: str
    kind: str
    data: dict[str, Any]


def load_cases(folder: Path) -> Iterator[Case]:
    """`folder` is the channel's."""
    for path in sorted((folder / "cases").glob("*.json")):
        if path.name == "inbox.json":
            continue
        file = json.loads(path.read_text("utf-8"))
        for case in file["cases"]:
            kind = next(KINDS[key] for key in case if key in KINDS)
            yield Case(f"{path.stem}: {case['name']}", kind, _completed(case, file))


def load_inbox(folder: Path) -> dict[str, Any]:
    """The credentials and settings the cases use; "{server}" is the loopback provider's address."""
    found: dict[str, Any] = json.loads((folder / "cases" / "inbox.json").read_text("utf-8"))
    return found


def request_body(case: dict[str, Any]) -> bytes:
    if "receive_text" in case:
        return str(case["receive_text"]).encode()
    if "receive_form" in case:
        return urlencode(case["receive_form"]).encode()
    if "receive_hex" in case:
        return bytes.fromhex(case["receive_hex"])
    return json.dumps(case["receive"], ensure_ascii=False, separators=(",", ":")).encode()


def _completed(case: dict[str, Any], file: dict[str, Any]) -> dict[str, Any]:
    complete: dict[str, Any] = {"inbox": file.get("inbox", {})} | _repeated(case)
    complete["headers"] = file.get("headers", {}) | case.get("headers", {})
    if "item" in case:
        complete["receive"] = _put(file["envelope"], case["item"])
    if "events" in case:
        complete["events"] = [_expected(event, file.get("expect", {})) for event in case["events"]]
    return complete


def _expected(event: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """A case that names its own kind of event shares nothing."""
    return event if "event" in event else shared | event


def _repeated(value: Any, number: int = 0) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"repeat", "times"}:
            each, times = value["repeat"], int(value["times"])
            return each * times if isinstance(each, str) else [_repeated(each, index) for index in range(times)]
        return {key: _repeated(item, number) for key, item in value.items()}
    if isinstance(value, list):
        return [_repeated(item, number) for item in value]
    return value.replace("{n}", str(number)) if isinstance(value, str) else value


def _put(envelope: Any, item: Any) -> Any:
    if envelope == "$item":
        return item
    if isinstance(envelope, dict):
        return {key: _put(value, item) for key, value in envelope.items()}
    return [_put(each, item) for each in envelope] if isinstance(envelope, list) else envelope
