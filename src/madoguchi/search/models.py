"""What a search answers."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from madoguchi.conversations.models import Author, Direction, InboxRef, Named
from madoguchi.core.times import Timestamp

Kind = Literal["contact", "message", "note", "attachment"]
KINDS: tuple[Kind, ...] = ("contact", "message", "note", "attachment")


class Piece(Struct, frozen=True):
    """A part of a text; `mark`: it is what was looked for. To be shown as text, never as HTML."""

    text: str
    mark: bool


class Hit(Struct, frozen=True, kw_only=True):
    """`id` is a contact's for contacts, else a message's; `conversation_id` the one to open (null: the contact has none)."""

    kind: Kind
    id: UUID
    conversation_id: UUID | None
    contact: Named
    snippet: list[Piece]
    at: Timestamp
    author: Author | None = None
    direction: Direction | None = None
    inbox: InboxRef | None = None
    has_attachment: bool = False


class Group(Struct, frozen=True):
    """`next_cursor` goes with the same question and this `kind`. A group may be short, and even empty, while it goes on."""

    kind: Kind
    items: list[Hit]
    next_cursor: str | None


class Found(Struct, frozen=True, kw_only=True):
    """`behind`: how many of the newest changes search does not know yet; `filling`: older messages are still being
    gone through for the first time; `too_short`: nothing in the question is long enough to look for."""

    groups: list[Group]
    behind: int
    filling: bool
    too_short: bool
