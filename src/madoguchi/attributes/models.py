"""What a workspace wants to know of each contact."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from madoguchi.core.times import Timestamp

Kind = Literal["text", "number", "boolean", "date", "list", "url", "phone", "email"]
Key = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["member_since"])]
Label = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S", examples=["Member since"])]
Option = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")]
Options = Annotated[list[Option], Meta(max_length=200, description="For the type `list`: what may be chosen.")]


class AttributeOut(Struct, frozen=True, kw_only=True):
    """`key` is the name in a contact's `attributes`, `label` what people read."""

    id: UUID
    key: str
    label: str
    type: Kind
    options: list[str]
    required: bool
    created_at: Timestamp
    updated_at: Timestamp


class NewAttribute(Struct, forbid_unknown_fields=True):
    """`required`: a contact cannot be added without it, and it cannot be emptied."""

    key: Key
    label: Label
    type: Kind = "text"
    options: Options = []
    required: bool = False


class AttributePatch(Struct, forbid_unknown_fields=True):
    """What is absent stays. Key and type cannot change: values that are there would lose their meaning."""

    label: Label | UnsetType = UNSET
    options: Options | UnsetType = UNSET
    required: bool | UnsetType = UNSET
