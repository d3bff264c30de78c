"""Texts that agents use again and again."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from madoguchi.core.times import Timestamp
from madoguchi.media.models import MediaOut

Scope = Literal["shared", "personal"]

# No blanks: the shortcut is what one types after "/".
Shortcut = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\s/\uff0f]+$", examples=["hours"])]
Text = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=4096,
        description="`{{contact.name}}`, `{{contact.first_name}}`, `{{agent.name}}` and `{{business.name}}`, and the contact's attributes as"
        " `{{contact.KEY}}`, are filled in where it is used; what is not known is asked for.",
        examples=["{{contact.name}}様、営業時間は8時から19時までです。"],
    ),
]
MediaIds = Annotated[
    list[UUID],
    Meta(
        max_length=10,
        description="Uploads (`POST /media`) that go with the text, in this order. They stay with the quick reply; who sends"
        " them attaches a copy (`POST /media/{id}/copy`).",
    ),
]
Folder = Annotated[str, Meta(max_length=60)]


class QuickReplyOut(Struct, frozen=True, kw_only=True):
    """`usage`: how often it was used."""

    id: UUID
    scope: Scope
    shortcut: str
    text: str
    folder: str
    usage: int
    files: list[MediaOut]
    created_at: Timestamp
    updated_at: Timestamp


class NewQuickReply(Struct, forbid_unknown_fields=True):
    shortcut: Shortcut
    text: Text
    folder: Folder = ""
    scope: Scope = "personal"
    media_ids: MediaIds = field(default_factory=list)


class QuickReplyPatch(Struct, forbid_unknown_fields=True):
    """What is absent stays."""

    shortcut: Shortcut | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    folder: Folder | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    media_ids: MediaIds | UnsetType = UNSET
