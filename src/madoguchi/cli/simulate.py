"""`madoguchi simulate`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from madoguchi.cli.common import DataOption, load


def simulate(
    host: Annotated[
        str, typer.Option(help="Address to listen on. The simulators know no passwords: keep it local.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8901,
    data: DataOption = None,
    clock_file: Annotated[
        Path | None, typer.Option(help="File that shares the simulated time with the product.", show_default=False)
    ] = None,
) -> None:
    """Run the simulators alone: the providers' APIs, the control API at /_sim/ and the customer's phone at /phone."""
    from madoguchi.listening import listen

    settings = load(data)
    listen(host, port).close()
    options = ["--host", host, "--port", str(port), "--data", str(settings.data_dir / "simulator")]
    if shared := clock_file or settings.clock_file:
        options += ["--clock-file", str(shared)]
    os.execv(sys.executable, [sys.executable, "-m", "madoguchi.simulator", *options])  # noqa: S606 - ourselves
