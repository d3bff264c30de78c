"""From nothing to the first answered message: the first workspace made in the browser, and the steps after that."""

import hmac
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from psycopg.types.json import Jsonb

from madoguchi.agents.models import Email, Locale, Name, Password
from madoguchi.core.errors import Conflict, Forbidden
from madoguchi.core.principal import Principal
from madoguchi.core.secrets import SecretBox
from madoguchi.db.installation import set_up_token
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries
from madoguchi.workspaces.profile import check_place
from madoguchi.workspaces.service import NewWorkspace, Q, create_first

F = load_queries(__file__, "first.sql")

StepName = Literal["workspace", "inbox", "colleague", "message", "answer"]
StepState = Literal["open", "done", "skipped"]
STEPS: tuple[StepName, ...] = ("workspace", "inbox", "colleague", "message", "answer")


class SetUpState(Struct, frozen=True):
    """`needed`: there is no workspace yet, and whoever has the token from the terminal may make one."""

    needed: bool


class FirstWorkspace(Struct, frozen=True, forbid_unknown_fields=True):
    """`token` is what `madoguchi serve` printed when it started."""

    token: Annotated[str, Meta(max_length=200)]
    workspace: Name
    name: Name
    email: Email
    password: Password
    locale: Locale = "en"
    time_zone: Annotated[str, Meta(max_length=60, examples=["Asia/Tokyo"])] = "UTC"


class FirstStep(Struct, frozen=True):
    name: StepName
    state: StepState


class FirstSteps(Struct, frozen=True):
    """`over`: nothing is left, or the owner wanted no more of it. `phone_url`: the simulated customer's phone."""

    steps: list[FirstStep]
    over: bool
    phone_url: str | None


class StepsPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. What happened by itself (an inbox is connected, …) cannot be said to be open."""

    step: StepName | UnsetType = UNSET
    state: StepState = "done"
    over: bool | UnsetType = UNSET


async def get_state(db: Database) -> SetUpState:
    return SetUpState(await _nonce(db) is not None)


async def do_begin(db: Database, secrets: SecretBox, wanted: FirstWorkspace) -> None:
    """Raises Conflict (there is a workspace), Forbidden (not the token), Invalid."""
    nonce = await _nonce(db)
    if nonce is None:
        raise Conflict("This installation has a workspace already.")
    if not hmac.compare_digest(wanted.token.strip().encode(), set_up_token(secrets, nonce).encode()):
        raise Forbidden("This is not the token that was printed when Madoguchi started.", reason="set_up_token")
    check_place(wanted.time_zone)
    email = wanted.email.strip().lower()
    place = (wanted.locale, wanted.time_zone)
    # A browser signs in; a program's token would be one that nobody ever saw.
    await create_first(db, NewWorkspace(wanted.workspace, email, wanted.password, wanted.name, *place, api_token=False))


async def get_steps(tx: Connection, principal: Principal, phone_url: str | None) -> FirstSteps:
    """For anybody but an owner they are over."""
    row = await (await tx.execute(F.facts, {"workspace_id": principal.workspace_id})).fetchone()
    if row is None or row["kept"] is None or principal.role != "owner":
        return FirstSteps([], over=True, phone_url=phone_url)
    kept: dict[str, Any] = row["kept"]
    steps = [FirstStep(name, "done" if row.get(name) else kept.get(name, "open")) for name in STEPS]
    over = bool(kept.get("over")) or all(step.state != "open" for step in steps)
    return FirstSteps(steps, over, phone_url)


async def do_mark(tx: Connection, principal: Principal, patch: StepsPatch) -> None:
    """Raises Forbidden: the steps are an owner's."""
    if principal.role != "owner":
        raise Forbidden("Only an owner is led through the first steps.")
    given: dict[str, Any] = {} if patch.step is UNSET else {patch.step: patch.state}
    if patch.over is not UNSET:
        given["over"] = patch.over
    await tx.execute(F.mark, {"workspace_id": principal.workspace_id, "given": Jsonb(given)})


async def _nonce(db: Database) -> str | None:
    async with db.system() as tx:
        row = await (await tx.execute(Q.set_up_nonce)).fetchone()
    return row["value"] if row else None
