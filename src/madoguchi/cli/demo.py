"""`madoguchi demo`."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from madoguchi.cli.common import become, load


def demo(
    port: Annotated[
        int, typer.Option(min=1, max=65534, help="The console's; the simulators take the next one.")
    ] = 8900,
    data: Annotated[Path, typer.Option(help="Folder the demo keeps everything in.")] = Path("data/demo"),
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the browser.")] = False,
) -> None:
    """Try everything on this machine: the product with sample data, simulated providers and a customer's phone."""
    from madoguchi.demo.strings import text
    from madoguchi.launch import Plan
    from madoguchi.listening import listen

    settings = load(data)
    # Noticed now, not when the simulator cannot start behind a console that looks ready.
    listen("127.0.0.1", port + 1).close()
    shared = replace(settings, database_url=None, clock_file=settings.data_dir / "clock")
    plan = Plan(
        port=port,
        demo=True,
        no_open=no_open,
        log_file=settings.data_dir / "madoguchi.log",
        farewell=text("ended"),
    )
    become(shared, plan, public_url=f"http://127.0.0.1:{port}")
