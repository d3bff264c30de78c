"""`madoguchi serve` and `madoguchi worker`."""

import os
from typing import Annotated

import typer

from madoguchi.cli.common import DataOption, become, load
from madoguchi.core.errors import StartError

_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8900,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Web processes; by default one per two cores.", show_default=False)
    ] = None,
    simulate: Annotated[
        bool,
        typer.Option(
            help="Also run the simulators, on the next port of this machine, to try everything with: the simulated clock"
            " moves the whole product's."
        ),
    ] = False,
    data: DataOption = None,
) -> None:
    """Run the product: web and worker processes. Brings the schema up to date first; brings its own PostgreSQL unless
    MADOGUCHI_DATABASE_URL is set."""
    from msgspec.structs import replace

    from madoguchi.launch import Plan
    from madoguchi.listening import listen

    web = workers or default_web_workers(os.cpu_count() or 1)
    shown = "localhost" if host in _EVERYWHERE else host
    settings = load(data)
    if simulate:
        listen("127.0.0.1", port + 1).close()
        clock = settings.data_dir / "clock"
        settings = replace(settings, clock_file=clock, simulator_url=f"http://127.0.0.1:{port + 1}")
    plan = Plan(host=host, port=port, web=web, simulate=simulate)
    become(settings, plan, public_url=f"http://{shown}:{port}")


def worker(data: DataOption = None) -> None:
    """Run workers only, as a further node of an installation that shares one PostgreSQL server."""
    from madoguchi.launch import Plan

    settings = load(data)
    if settings.embedded:
        raise StartError("A node of its own needs the installation's database: set MADOGUCHI_DATABASE_URL.")
    become(settings, Plan(web=0), public_url="http://localhost:8900")


def default_web_workers(cores: int) -> int:
    """The rest of the machine is for the worker process and PostgreSQL."""
    return max(1, cores // 2)
