"""Inboxes and what was set aside, as the API shows them. Secrets go in and never come out."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from madoguchi.channels.manifest import Capabilities, SetupField
from madoguchi.channels.profile import ProfileField
from madoguchi.core.times import Timestamp

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", examples=["Minato Coffee"])]
Values = dict[str, Any]


class ChannelOut(Struct):
    """A kind of transport, and the form its set-up needs."""

    name: str
    title: dict[str, str]
    icon: str
    color: str | None
    capabilities: Capabilities
    credentials: tuple[SetupField, ...]
    settings: tuple[SetupField, ...]
    profile: tuple[ProfileField, ...]


class Held(Struct):
    """Why the inbox's queue holds; `waiting` counts its messages. It flows again in order after the repair."""

    reason: str
    title: dict[str, str]
    detail: str
    since: Timestamp
    waiting: int


class InboxOut(Struct):
    """One connected account. `webhook_url` is for those who may set up the provider: it is a secret in itself."""

    id: UUID
    channel: str
    name: str
    account: str | None
    webhook_url: str | None
    credentials_set: list[str]
    settings: Values
    health: Literal["unchecked", "ok", "attention", "down"]
    health_detail: str
    health_facts: Values
    held: Held | None
    checked_at: Timestamp | None
    archived_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp


class NewInbox(Struct, forbid_unknown_fields=True):
    channel: Annotated[str, Meta(examples=["whatsapp"])]
    name: Name
    credentials: Values = {}
    settings: Values = {}


class InboxPatch(Struct, forbid_unknown_fields=True):
    """What is absent stays; a value of null takes a setting back to its default."""

    name: Name | UnsetType = UNSET
    credentials: Values | UnsetType = UNSET
    settings: Values | UnsetType = UNSET


class SetAsideOut(Struct):
    """A webhook, or one event of it, that could not be processed. `body` is its beginning."""

    id: UUID
    inbox_id: UUID
    event_index: int
    reason: Literal["unreadable", "unknown", "failed"]
    detail: str
    body: str | None
    created_at: Timestamp
    resolved_at: Timestamp | None
