"""`madoguchi doctor`."""

from typing import Annotated

import typer

from madoguchi.cli.common import DataOption, JsonOption


def doctor(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port `serve` is to use.")] = 8900,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check this installation and say what to do about what is wrong. Exit code 1 when something is broken."""
    from madoguchi.doctor import examine, report

    findings = examine(data, port)
    report(findings, as_json=as_json)
    if any(finding.state == "broken" for finding in findings):
        raise typer.Exit(1)
