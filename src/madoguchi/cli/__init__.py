"""The commands. Each is a file; what it needs is imported when it runs, so that `madoguchi --help` answers at once."""

import sys

import typer

from madoguchi.cli.backup import backup, restore
from madoguchi.cli.demo import demo
from madoguchi.cli.doctor import doctor
from madoguchi.cli.init import init
from madoguchi.cli.migrate import migrate
from madoguchi.cli.second_factor import reset_second_factor
from madoguchi.cli.serve import serve, worker
from madoguchi.cli.simulate import simulate
from madoguchi.core.errors import Problem, StartError

app = typer.Typer(
    name="madoguchi",
    help="One console for your customers' messages: WhatsApp, Messenger, Viber, X, SMS, e-mail and more.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for _command in (demo, serve, worker, init, migrate, backup, restore, simulate, doctor, reset_second_factor):
    app.command()(_command)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and exit.", is_eager=True)) -> None:
    if version:
        from importlib.metadata import version as version_of

        print(version_of("madoguchi"))
        raise typer.Exit


def main() -> None:
    try:
        app()
    except (StartError, Problem) as error:
        print(f"madoguchi: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
