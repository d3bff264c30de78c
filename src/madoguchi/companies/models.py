"""Whom contacts work for."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from madoguchi.core.times import Timestamp

CompanyName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", examples=["Minato Trading"])]
Domain = Annotated[str, Meta(max_length=253, pattern=r"^[^\s@/.]+(\.[^\s@/.]+)+$", examples=["minato-trading.example"])]


class CompanyOut(Struct, frozen=True, kw_only=True):
    """`contacts` are counted up to 1,000."""

    id: UUID
    name: str
    domain: str | None
    contacts: int
    created_at: Timestamp
    updated_at: Timestamp


class NewCompany(Struct, forbid_unknown_fields=True):
    name: CompanyName
    domain: Domain | None = None


class CompanyPatch(Struct, forbid_unknown_fields=True):
    """What is absent stays; a null domain takes it away."""

    name: CompanyName | UnsetType = UNSET
    domain: Domain | UnsetType | None = UNSET
