"""`madoguchi reset-second-factor`."""

import asyncio
from typing import Annotated

import typer

from madoguchi.cli.common import DataOption, JsonOption, answer, database, load
from madoguchi.core.errors import StartError


def reset_second_factor(
    email: Annotated[str, typer.Argument(help="The address the agent signs in with.", show_default=False)],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take away the second factor of an agent who lost the telephone and the recovery codes, an owner for example. The
    password alone lets them in then. The product may go on working."""
    with database(load(data)) as dsn:
        removed = asyncio.run(_reset(dsn, email))
    if not removed:
        raise StartError(f"No agent with the address {email} has a second factor.")
    answer(as_json, {"email": email, "removed": removed}, f"{email} signs in with the password alone now.")


async def _reset(dsn: str, email: str) -> int:
    from madoguchi.agents.second_factor import do_reset_by_email
    from madoguchi.db.pool import Database

    async with Database(dsn, size=1) as db:
        return await do_reset_by_email(db, email)
