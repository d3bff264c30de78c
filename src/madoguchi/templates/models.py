"""Templates as the API shows and takes them."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from madoguchi.channels.base import RuleBroken, TemplateVariable
from madoguchi.core.times import Timestamp

Mapping = Annotated[
    dict[
        str,
        Annotated[str, Meta(pattern=r"^(contact\.(name|first_name|last_name|phone|email)|attribute\.[^\s.]{1,60})$")],
    ],
    Meta(
        max_length=100,
        description="Variable to the fact of a contact that fills it: contact.name, contact.first_name, contact.last_name,"
        " contact.phone, contact.email or attribute.KEY.",
        examples=[{"1": "contact.name", "2": "attribute.member_since"}],
    ),
]
Components = Annotated[
    list[dict[str, Any]],
    Meta(
        max_length=10,
        description="In the provider's shape. A sample file is named by our id: `example: {media_id}`.",
        examples=[[{"type": "BODY", "text": "Hello {{1}}, see you soon.", "example": {"body_text": [["Hanako"]]}}]],
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=600, examples=["booking_reminder"])]
Language = Annotated[str, Meta(min_length=1, max_length=20, examples=["en_US"])]
Word = Annotated[str, Meta(max_length=40)]


class TemplateOut(Struct):
    """A text of the provider, or a draft of one (`status` draft). `variables` are its blanks in reading order; a send
    fills them by `key`, and `mapping` says what may fill them by itself. `definition` is what was written here, with our
    own files as samples."""

    id: UUID
    inbox_id: UUID
    name: str
    language: str
    category: str
    status: str
    quality: str | None
    reason: str | None
    parameter_format: str
    components: list[dict[str, Any]]
    definition: list[dict[str, Any]] | None
    mapping: dict[str, str]
    ttl_seconds: int | None
    variables: list[TemplateVariable]
    synced_at: Timestamp


class TemplateBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to be checked."""

    name: Annotated[str, Meta(max_length=2000)] = ""
    language: Annotated[str, Meta(max_length=40)] = ""
    category: Word = "utility"
    components: Components = []
    parameter_format: Word = "positional"
    ttl_seconds: int | None = None


class NewTemplate(Struct, forbid_unknown_fields=True, kw_only=True):
    """With `submit` false it is kept as a draft, with mistakes and all."""

    name: Name
    language: Language
    category: Word = "utility"
    components: Components
    parameter_format: Word = "positional"
    ttl_seconds: int | None = None
    mapping: Mapping = {}
    submit: bool = True


class TemplatePatch(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is absent stays. A template that the provider has is submitted again; of a draft, only with `submit`."""

    category: Word | UnsetType = UNSET
    components: Components | UnsetType = UNSET
    parameter_format: Word | UnsetType = UNSET
    ttl_seconds: int | UnsetType | None = UNSET
    mapping: Mapping | UnsetType = UNSET
    submit: bool = False


class TemplateCopy(Struct, forbid_unknown_fields=True):
    """Into another language, under the same name."""

    language: Language


class CheckResult(Struct):
    """Empty when the provider's rules, as far as they are known, are kept."""

    errors: list[RuleBroken]


class SyncResult(Struct):
    """How many templates the provider has, and how many of ours changed."""

    found: int
    changed: int
