"""The conformance table of each channel: its types, in which direction, and how many cases prove it.

Made from the cases in the channels' folders into docs/channels/*.md, by `make generate`.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CHANNELS = ROOT / "src" / "madoguchi" / "channels"
DOCS = ROOT / "docs" / "channels"
BEGIN, END = "<!-- table of cases: begin -->", "<!-- table of cases: end -->"

Row = tuple[str, str]  # group, what


def table(folder: Path) -> str:
    counts = {key: Counter[Row]() for key in ("in", "elsewhere", "out", "check")}
    total = 0
    for path in sorted((folder / "cases").glob("*.json")):
        if path.name != "inbox.json":
            file = json.loads(path.read_text("utf-8"))
            total += len(file["cases"])
            for case in file["cases"]:
                _count(case, file.get("expect", {}), counts)
    rows = sorted({row for counter in counts.values() for row in counter})
    lines = [f"| {what} | {' | '.join(_cell(counts[key][(group, what)]) for key in counts)} |" for group, what in rows]
    head = ["| type | received | sent elsewhere | sent | limits checked |", "|---|---|---|---|---|"]
    return "\n".join([f"{total} cases.", "", *head, *lines])


def _cell(count: int) -> str:
    return str(count) if count else ""


def _count(case: dict[str, Any], shared: dict[str, Any], counts: dict[str, Counter[Row]]) -> None:
    for event in case.get("events", []):
        whole = event if "event" in event else shared | event
        counts["elsewhere" if whole.get("by_us") else "in"][_received(whole)] += 1
    if "accepted" in case.get("result", {}):
        counts["out"][_written(case["send"])] += 1
    if "check" in case:
        counts["check"][_written(case["check"])] += 1


def _received(event: dict[str, Any]) -> Row:
    kind = event["event"]
    if kind == "message":
        reply = event.get("data", {}).get("reply")
        return ("message", f"{event['type']}: {_kind(reply['kind'])}" if reply else event["type"])
    if kind == "receipt":
        return ("receipt", f"receipt: {event['status']}")
    return ("message", "reaction") if kind == "reaction" else ("other", f"event: {kind}")


def _written(message: dict[str, Any]) -> Row:
    kind = message.get("data", {}).get("interactive", {})
    if message["type"] == "interactive" and isinstance(kind, dict) and isinstance(kind.get("kind"), str):
        return ("message", f"interactive: {_kind(kind['kind'])}")
    return ("message", message["type"])


def _kind(name: str) -> str:
    """A reply to buttons is of the kind button."""
    return "buttons" if name == "button" else name


def updated(page: str, folder: Path) -> str:
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table(folder)}\n{END}{after}"


def pages() -> Iterator[tuple[Path, str]]:
    """Each channel's page as it should be."""
    for path in sorted(DOCS.glob("*.md")):
        page = path.read_text("utf-8")
        if BEGIN in page:
            yield path, updated(page, CHANNELS / path.stem)
