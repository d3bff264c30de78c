"""Agents who share a kind of work."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from madoguchi.conversations.models import Named
from madoguchi.core.times import Timestamp

TeamName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$", examples=["Returns"])]
MemberIds = Annotated[list[UUID], Meta(max_length=500, description="All members; the order says nothing.")]


class TeamOut(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    members: list[Named]
    created_at: Timestamp
    updated_at: Timestamp


class NewTeam(Struct, forbid_unknown_fields=True):
    name: TeamName
    member_ids: MemberIds = []


class TeamPatch(Struct, forbid_unknown_fields=True):
    """What is absent stays; `member_ids` is the whole team as it shall be."""

    name: TeamName | UnsetType = UNSET
    member_ids: MemberIds | UnsetType = UNSET
