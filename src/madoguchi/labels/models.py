"""What conversations are marked with."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from madoguchi.core.times import Timestamp

Colour = Literal["grey", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink"]
LabelName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$", examples=["refund"])]
Category = Annotated[str, Meta(max_length=60, description="Labels of one category are shown together.")]


class LabelOut(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    colour: str
    category: str
    created_at: Timestamp
    updated_at: Timestamp


class NewLabel(Struct, forbid_unknown_fields=True):
    name: LabelName
    colour: Colour = "grey"
    category: Category = ""


class LabelPatch(Struct, forbid_unknown_fields=True):
    """What is absent stays. A new name goes to every conversation that had the old one."""

    name: LabelName | UnsetType = UNSET
    colour: Colour | UnsetType = UNSET
    category: Category | UnsetType = UNSET
