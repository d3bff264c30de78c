"""People as the API shows them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from madoguchi.conversations.models import ConversationOut, MessageOut, Named
from madoguchi.core.times import Timestamp

Name = Annotated[str, Meta(max_length=200)]
Locale = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["ja"])]
Word = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z0-9_.-]+$")]
ContactLabels = Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=30)]
Attributes = Annotated[dict[str, Any], Meta(max_length=100, examples=[{"member_since": "2024-04-01"}])]


class IdentityOut(Struct, frozen=True):
    """One key under which a channel knows the person; `verified` when the provider told us so itself. `current` is
    false for keys the provider replaced."""

    id: UUID
    channel: str
    scope: str
    kind: str
    value: str
    verified: bool
    current: bool


class MergedContact(Struct, frozen=True, kw_only=True):
    """A contact that is shown as a part of another; `merged_into` is where it was merged to, `by` who did it."""

    id: UUID
    name: str
    merged_into: UUID
    merged_at: Timestamp
    by: Named | None


class ContactOut(Struct, frozen=True, kw_only=True):
    """`identities` are also those of the contacts `merged` into it. `survivor`: the contact it was merged into itself. `owner`: the agent whose customer it is."""

    id: UUID
    name: str
    locale: str | None
    attributes: dict[str, Any]
    labels: list[str]
    company: Named | None
    owner: Named | None
    identities: list[IdentityOut]
    merged: list[MergedContact]
    survivor: Named | None
    created_at: Timestamp
    updated_at: Timestamp


class NewIdentity(Struct, frozen=True, forbid_unknown_fields=True):
    """`kind` is the channel's word: phone, address, bsuid … A phone number may be written in any way."""

    channel: Annotated[str, Meta(examples=["whatsapp"])]
    kind: Annotated[str, Meta(examples=["phone"])]
    value: Annotated[str, Meta(min_length=1, max_length=320, examples=["+81 90 1111 0001"])]


class NewContact(Struct, frozen=True, forbid_unknown_fields=True):
    """`attributes` are checked against their definitions (`/attributes`); keys without one are free."""

    name: Name = ""
    locale: Locale | None = None
    attributes: Attributes = {}
    identities: Annotated[list[NewIdentity], Meta(max_length=20)] = []
    labels: ContactLabels = []
    company_id: UUID | None = None


class ContactPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. `attributes` are merged by key; null takes a key away. `labels` replace those that are there;
    `identities` are added to them."""

    name: Name | UnsetType = UNSET
    locale: Locale | UnsetType | None = UNSET
    attributes: Attributes | UnsetType = UNSET
    labels: ContactLabels | UnsetType = UNSET
    company_id: UUID | UnsetType | None = UNSET
    owner_id: UUID | UnsetType | None = UNSET
    identities: Annotated[list[NewIdentity], Meta(max_length=20)] | UnsetType = UNSET


class NewConsent(Struct, frozen=True, forbid_unknown_fields=True):
    """`purpose`: marketing, notifications … or `all`. `source` says how it is known."""

    channel: Annotated[str, Meta(examples=["whatsapp"])]
    purpose: Annotated[Word, Meta(examples=["marketing"])]
    state: Literal["granted", "withdrawn"]
    source: Annotated[str, Meta(min_length=1, max_length=100, examples=["sign-up form"])]
    detail: Annotated[str, Meta(max_length=1000)] = ""


class ConsentOut(Struct, frozen=True, kw_only=True):
    id: UUID
    contact_id: UUID
    channel: str
    purpose: str
    state: str
    source: str
    detail: str
    created_at: Timestamp


class ContactExport(Struct, frozen=True, kw_only=True):
    """Everything that is kept about a person, except the files, which are listed with their addresses."""

    contact: ContactOut
    consents: list[ConsentOut]
    conversations: list[ConversationOut]
    messages: list[MessageOut]
    exported_at: Timestamp
