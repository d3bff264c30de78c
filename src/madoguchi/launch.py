"""`madoguchi serve`, `worker` and `demo` become this process: take the port, start the database, bring the schema up to
date, keep the children running, and undo it all in reverse.

Settings come in the environment, worked out by the command line. Imports stay few (see `supervisor`).
"""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from madoguchi.core.errors import StartError
from madoguchi.db.embedded import EmbeddedServer
from madoguchi.figures import Figures
from madoguchi.lines import line_logger
from madoguchi.listening import listen
from madoguchi.supervisor import Child, Say, Supervisor, python

_DATABASE = "MADOGUCHI_DATABASE_URL"
_DATA = "MADOGUCHI_DATA_DIR"
_CLOCK = "MADOGUCHI_CLOCK_FILE"
_BIGGEST_LOG = 10_000_000


class Plan(NamedTuple):
    """What to run. `web` 0 means no web at all."""

    host: str = "127.0.0.1"
    port: int = 8900
    web: int = 1
    demo: bool = False
    simulate: bool = False
    no_open: bool = False
    log_file: Path | None = None
    farewell: str = ""


def arguments_of(plan: Plan) -> list[str]:
    """The plan as a command line; `plan_of` reads it back."""
    pairs = [(f"--{name.replace('_', '-')}", value) for name, value in plan._asdict().items()]
    return [
        item for name, value in pairs if value is not None and value is not False for item in _argument(name, value)
    ]


def plan_of(arguments: list[str]) -> Plan:
    parser = argparse.ArgumentParser(prog="madoguchi.launch")
    for name, default in Plan()._asdict().items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(default, bool):
            parser.add_argument(option, action="store_true")
        else:
            parser.add_argument(option, default=default, type=Path if name == "log_file" else type(default))
    return Plan(**vars(parser.parse_args(arguments)))


def launch(plan: Plan, say: Say) -> int:
    """Returns the exit code when everything has ended. Raises StartError."""
    with ExitStack() as undo:
        listener = undo.enter_context(listen(plan.host, plan.port)) if plan.web else None
        server = None if os.environ.get(_DATABASE) else EmbeddedServer(Path(os.environ[_DATA]))
        if server:
            undo.callback(server.stop)
        supervisor = undo.enter_context(Supervisor(say, guarded=server))
        if server:
            os.environ[_DATABASE] = server.start()
        figures = undo.enter_context(Figures(Path(os.environ[_DATA])))
        children = _Children(plan, listener.fileno() if listener else -1, _open_log(plan.log_file, undo), figures)
        failed = supervisor.run_once(children.prepare())
        if failed:
            return 0 if supervisor.stopping else failed
        say("started", processes=[child.name for child in children.all()], url=_url(plan) if plan.web else None)
        # Our copy of the socket too: else the kernel would go on taking connections that nobody serves.
        supervisor.run(children.all(), on_stop=listener.close if listener else lambda: None)
    if plan.farewell:
        print(plan.farewell, flush=True)
    else:
        say("ended")
    return 0


class _Children:
    def __init__(self, plan: Plan, listener: int, output: int | None, figures: Figures) -> None:
        self._plan = plan
        self._listener = listener
        self._output = output
        self._figures = figures

    def prepare(self) -> Child:
        return Child("prepare", python("madoguchi.processes.prepare", *self._demo_options()), {})

    def all(self) -> list[Child]:
        found = [self._web(number) for number in range(1, self._plan.web + 1)]
        found.append(self._counted(Child("worker", python("madoguchi.processes.worker"), {}, output=self._output)))
        if self._plan.demo or self._plan.simulate:
            found.append(self._simulator())
        if self._plan.demo:
            found.append(self._announce())
        return found

    def _web(self, number: int) -> Child:
        command = python("madoguchi.processes.web", "--descriptor", str(self._listener))
        return self._counted(Child(f"web-{number}", command, {}, descriptors=(self._listener,), output=self._output))

    def _counted(self, child: Child) -> Child:
        """A child whose figures stand in `/metrics`."""
        return child._replace(
            environment={**child.environment, **self._figures.environment(child.name)},
            after_death=lambda: self._figures.forget_state(child.name),
        )

    def _simulator(self) -> Child:
        # It knows no passwords: whatever the product listens on, this is for the machine itself.
        where = ["--host", "127.0.0.1", "--port", str(self._plan.port + 1)]
        what = ["--data", str(Path(os.environ[_DATA], "simulator")), "--clock-file", os.environ[_CLOCK]]
        # It plays the provider: it goes last, so that what is being sent still gets its answer.
        return Child(
            "simulator", python("madoguchi.processes.simulator", *where, *what), {}, rank=1, output=self._output
        )

    def _announce(self) -> Child:
        options = [*self._demo_options(), *(["--no-open"] if self._plan.no_open else [])]
        return Child("announce", python("madoguchi.processes.announce", *options), {}, once=True)

    def _demo_options(self) -> list[str]:
        return ["--demo", _url(self._plan)] if self._plan.demo else []


def _argument(name: str, value: object) -> list[str]:
    return [name] if value is True else [f"{name}={value}"]


def _url(plan: Plan) -> str:
    return f"http://{plan.host}:{plan.port}"


def _open_log(file: Path | None, undo: ExitStack) -> int | None:
    if not file:
        return None
    keep = file.exists() and file.stat().st_size < _BIGGEST_LOG
    return undo.enter_context(file.open("ab" if keep else "wb")).fileno()


def main(arguments: list[str]) -> int:
    say: Callable[..., None] = line_logger(os.environ.get("MADOGUCHI_LOG"))
    try:
        plan = plan_of(arguments)
        return launch(plan, _warnings_only(say) if plan.demo else say)
    except StartError as error:
        print(f"madoguchi: {error}", file=sys.stderr)
        return 1


def _warnings_only(say: Say) -> Say:
    """In a demo the terminal belongs to the panel; only what went wrong may follow it."""

    def quieter(event: str, *, level: str = "info", **facts: object) -> None:
        if level != "info":
            say(event, level=level, **facts)

    return quieter


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
