"""`madoguchi init`."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from madoguchi.cli.common import DataOption, JsonOption, answer, database, load

if TYPE_CHECKING:
    from madoguchi.workspaces.service import CreatedWorkspace, NewWorkspace


def init(
    workspace: Annotated[str, typer.Option(help="The company's name.")],
    email: Annotated[str, typer.Option(help="The owner's address, to sign in with.")],
    name: Annotated[str, typer.Option(help="The owner's name; by default from the address.", show_default=False)] = "",
    locale: Annotated[str, typer.Option(help="The workspace's language: en or ja.")] = "en",
    time_zone: Annotated[str, typer.Option(help="Such as Asia/Tokyo.")] = "UTC",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the first workspace and its owner; prints an API token, once. Refuses when there is a workspace already."""
    from madoguchi.processes.prepare import prepare
    from madoguchi.settings import secret_key_of
    from madoguchi.workspaces.service import NewWorkspace

    password = _password(password_stdin)
    settings = load(data)
    request = NewWorkspace(workspace, email, password, name, locale, time_zone)
    with database(settings) as dsn:
        prepare(dsn, secret_key_of(settings))
        made = asyncio.run(_create(dsn, request))
    answer(
        as_json,
        {"workspace_id": made.workspace_id, "agent_id": made.agent_id, "api_token": made.api_token},
        f"Made the workspace {workspace} ({made.workspace_id}) with its owner {email}.\n"
        f"API token, shown only now: {made.api_token}",
    )


async def _create(dsn: str, request: "NewWorkspace") -> "CreatedWorkspace":
    from madoguchi.db.pool import Database
    from madoguchi.workspaces.service import create_first

    async with Database(dsn, size=1) as db:
        return await create_first(db, request)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        # The line's end is not part of it, spaces may be.
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise typer.BadParameter("give the password on standard input with --password-stdin")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
