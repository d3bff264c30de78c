"""Options and first steps that commands share."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from madoguchi.core.errors import StartError

if TYPE_CHECKING:
    from madoguchi.launch import Plan
    from madoguchi.settings import Settings

_STARTING_SECONDS = 10

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Folder of the database, media and keys; MADOGUCHI_DATA_DIR, else ./data.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def load(data: Path | None) -> "Settings":
    """Settings with a data folder that can be written. Raises StartError."""
    from madoguchi.db.embedded import open_folder
    from madoguchi.logs import configure_logs
    from madoguchi.settings import load_settings

    settings = load_settings(data_dir=data)
    configure_logs(settings.log)  # to standard error: the answer of a command stands alone on standard output
    os.close(open_folder(settings.data_dir))
    return settings


def become(settings: "Settings", plan: "Plan", *, public_url: str | None = None) -> NoReturn:
    """Turn this process into the supervisor, which needs not even Typer in its memory."""
    from madoguchi.launch import arguments_of
    from madoguchi.settings import PREFIX, environment_of, secret_key_of

    worked_out = environment_of(
        settings, secret_key=secret_key_of(settings), public_url=settings.public_url or public_url
    )
    sys.stdout.flush()
    command = [sys.executable, "-m", "madoguchi.launch", *arguments_of(plan)]
    # Ours are all in what was worked out; one left over from outside would contradict it.
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    os.execve(sys.executable, command, {**others, **worked_out})  # noqa: S606 - ourselves


@contextmanager
def database(settings: "Settings") -> Iterator[str]:
    """The DSN to work on: the server named in the settings, the one a running `madoguchi` has, or one started for the
    moment. Raises StartError."""
    from madoguchi.db.embedded import EmbeddedServer, is_locked

    if settings.database_url:
        yield settings.database_url
    elif is_locked(settings.data_dir):
        yield _of_the_running_one(settings.data_dir)
    else:
        with EmbeddedServer(settings.data_dir) as server:
            yield server.dsn


def _of_the_running_one(data_dir: Path) -> str:
    from madoguchi.db.embedded import running_dsn

    end = time.monotonic() + _STARTING_SECONDS
    while time.monotonic() < end:
        if dsn := running_dsn(data_dir):
            return dsn
        time.sleep(0.1)
    raise StartError(f"Another madoguchi uses the data folder {data_dir} and its database does not answer.")


def answer(as_json: bool, value: dict[str, Any], text: str) -> None:
    print(json.dumps(value, ensure_ascii=False, default=str) if as_json else text)
