"""The workspace as its owner describes it."""

from typing import Annotated, Any
from uuid import UUID
from zoneinfo import available_timezones

from msgspec import UNSET, Meta, Struct, UnsetType
from psycopg.types.json import Jsonb

from madoguchi.audit import service as audit
from madoguchi.core.errors import FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.phone import is_region
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.workspaces.logo import address_of

Q = load_queries(__file__)


class WorkspaceProfile(Struct, frozen=True, kw_only=True):
    """`country`: whose telephone numbers may be written without their code. `meet_numbers`: whoever writes from a telephone
    number that another channel's provider vouches for is the contact known there."""

    id: UUID
    name: str
    locale: str
    time_zone: str
    country: str | None
    meet_numbers: bool
    logo: str | None
    """Its path on this server; another picture has another one."""


class WorkspacePatch(Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")] | UnsetType = UNSET
    locale: Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["ja"])] | UnsetType = UNSET
    time_zone: Annotated[str, Meta(max_length=60, examples=["Asia/Tokyo"])] | UnsetType = UNSET
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$", examples=["JP"])] | UnsetType | None = UNSET
    meet_numbers: bool | UnsetType = UNSET


async def get_workspace(tx: Connection, workspace_id: UUID) -> WorkspaceProfile:
    row = await (await tx.execute(Q.profile, {"workspace_id": workspace_id})).fetchone()
    if row is None:
        raise NotFound("This workspace is not there any more.")
    return WorkspaceProfile(**row | {"logo": address_of(workspace_id, row["logo"])})


async def do_change(tx: Connection, principal: Principal, patch: WorkspacePatch) -> None:
    """Raises Forbidden (owners only), Invalid (an unknown time zone or country)."""
    if principal.role != "owner":
        raise Forbidden("Only an owner may change the workspace.")
    _check(patch)
    given = {name: getattr(patch, name) for name in patch.__struct_fields__ if getattr(patch, name) is not UNSET}
    settings: dict[str, Any] = {name: given[name] for name in ("country", "meet_numbers") if name in given}
    values = {name: given.get(name) for name in ("name", "locale", "time_zone")}
    if values["name"]:
        values["name"] = values["name"].strip()
    await tx.execute(Q.change, {"workspace_id": principal.workspace_id, "settings": Jsonb(settings), **values})
    await audit.record(
        tx,
        principal.workspace_id,
        "workspace.changed",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="workspace",
        target_id=principal.workspace_id,
        data=given,
    )


def check_place(time_zone: str) -> None:
    """Raises Invalid for a time zone that is none."""
    _check(WorkspacePatch(time_zone=time_zone))


def _check(patch: WorkspacePatch) -> None:
    errors = []
    if patch.time_zone is not UNSET and patch.time_zone not in available_timezones():
        errors.append(FieldError("time_zone", "There is no such time zone."))
    if patch.country is not UNSET and patch.country is not None and not is_region(patch.country):
        errors.append(FieldError("country", "There is no such country."))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
