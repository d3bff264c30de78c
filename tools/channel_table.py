"""Write the table of tested message types into docs/channels/*.md, from the cases in the channels' folders.

    python tools/channel_table.py [--check]

With --check nothing is written; the exit code is 1 when a table is not what the cases say.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CHANNELS = ROOT / "src" / "madoguchi" / "channels"
DOCS = ROOT / "docs" / "channels"
BEGIN, END = "<!-- table of cases: begin -->", "<!-- table of cases: end -->"

Row = tuple[str, str]  # group, what


def table(folder: Path) -> str:
    counts = {"in": Counter[Row](), "out": Counter[Row](), "check": Counter[Row]()}
    total = 0
    for path in sorted((folder / "cases").glob("*.json")):
        if path.name != "inbox.json":
            file = json.loads(path.read_text("utf-8"))
            total += len(file["cases"])
            for case in file["cases"]:
                _count(case, file.get("expect", {}), counts)
    rows = sorted({*counts["in"], *counts["out"]})
    lines = [f"| {what} | {' | '.join(_cell(counts[key][(group, what)]) for key in counts)} |" for group, what in rows]
    head = ["| type | received | sent | limits checked |", "|---|---|---|---|"]
    return "\n".join([f"{total} cases.", "", *head, *lines])


def _cell(count: int) -> str:
    return str(count) if count else ""


def _count(case: dict[str, Any], shared: dict[str, Any], counts: dict[str, Counter[Row]]) -> None:
    for event in case.get("events", []):
        counts["in"][_received(event if "event" in event else shared | event)] += 1
    if "accepted" in case.get("result", {}):
        counts["out"][_written(case["send"])] += 1
    if "check" in case:
        counts["check"][_written(case["check"])] += 1


def _received(event: dict[str, Any]) -> Row:
    kind = event["event"]
    if kind == "message":
        reply = event.get("data", {}).get("reply")
        return ("message", f"{event['type']}: {reply['kind']}" if reply else event["type"])
    if kind == "receipt":
        return ("receipt", f"receipt: {event['status']}")
    return ("message", "reaction") if kind == "reaction" else ("other", f"event: {kind}")


def _written(message: dict[str, Any]) -> Row:
    kind = message.get("data", {}).get("interactive", {})
    if message["type"] == "interactive" and isinstance(kind.get("kind"), str):
        return ("message", f"interactive: {kind['kind'].removesuffix('s')}")
    return ("message", message["type"])


def updated(page: str, folder: Path) -> str:
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table(folder)}\n{END}{after}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="channel_table.py", description="Write the tables of tested message types.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a table is out of date")
    check = parser.parse_args().check
    stale = []
    for path in sorted(DOCS.glob("*.md")):
        page = path.read_text("utf-8")
        if BEGIN in page and (new := updated(page, CHANNELS / path.stem)) != page:
            stale.append(path.name)
            if not check:
                path.write_text(new, "utf-8")
    if stale and check:
        print(f"Out of date: {', '.join(stale)}. Run python tools/channel_table.py.", file=sys.stderr)
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
