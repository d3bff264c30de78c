"""What the doctor found, and how it is told."""

import json
from typing import Literal, NamedTuple

State = Literal["good", "attention", "broken"]


class Finding(NamedTuple):
    """`advice` is empty when the state is `good`, and says what to do otherwise."""

    check: str
    state: State
    detail: str
    advice: str = ""


def report(findings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        ok = all(finding.state != "broken" for finding in findings)
        print(json.dumps({"ok": ok, "checks": [finding._asdict() for finding in findings]}, ensure_ascii=False))
    else:
        _table(findings)


def _table(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2), show_header=False)
    for finding in findings:
        mark, colour = _MARKS[finding.state]
        said = Text.assemble(finding.detail, (f"\n→ {finding.advice}" if finding.advice else "", "bold"))
        table.add_row(Text(mark, style=colour), finding.check, said)
    Console().print(table)


_MARKS: dict[State, tuple[str, str]] = {
    "good": ("✓", "green"),
    "attention": ("!", "yellow"),
    "broken": ("✗", "bold red"),
}
