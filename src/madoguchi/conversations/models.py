"""Conversations and messages as everybody outside sees them: the API, the live events, exports."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from madoguchi.core.times import Timestamp

Direction = Literal["in", "out"]
AuthorKind = Literal["contact", "agent", "bot", "system", "api"]
ConversationStatus = Literal["open", "snoozed", "closed", "merged"]
# What can be given and asked for: merging has a way of its own, and no list shows what was merged.
WantedStatus = Literal["open", "snoozed", "closed"]
MessageStatus = Literal[
    "received", "scheduled", "queued", "sending", "uncertain", "sent", "delivered", "read", "failed"
]


class Named(Struct, frozen=True):
    id: UUID
    name: str


class Author(Struct, frozen=True):
    """`id` is null for the product itself; `name` is empty where nobody can be named."""

    kind: AuthorKind
    id: UUID | None
    name: str


class Attachment(Struct, frozen=True):
    """`url` is null until the file is here: `state` is pending, stored, failed or expired. `width` and `height` in pixels."""

    id: UUID
    name: str
    content_type: str
    size: int | None
    url: str | None
    state: str
    width: int | None = None
    height: int | None = None


class Reaction(Struct, frozen=True):
    emoji: str
    author: Author


class Quoted(Struct, frozen=True):
    """The message that this one answers, as much of it as a quotation shows."""

    id: UUID
    type: str
    text: str | None
    author: Author


class Failure(Struct, frozen=True):
    code: str
    provider_code: str
    title: str
    detail: str


def failure_of(error: dict[str, Any] | None) -> Failure | None:
    if error is None:
        return None
    return Failure(*(str(error.get(key) or "") for key in ("code", "provider_code", "title", "detail")))


class Needs(Struct, frozen=True):
    """Why a message did not leave when it was due. `code` as a refused send has it; `allowed`: some of send_now, edit,
    template, cancel."""

    code: str
    title: str
    detail: str
    allowed: list[str]


class Schedule(Struct, frozen=True):
    """A message that has not left. `kind` scheduled: leaves `at` a time its writer chose, unless it `needs` somebody then;
    hold: leaves `at`, a few seconds after it was written, and can be taken back until then."""

    kind: Literal["scheduled", "hold"]
    at: Timestamp
    needs: Needs | None


class MessageOut(Struct, frozen=True, kw_only=True):
    id: UUID
    conversation_id: UUID
    direction: Direction
    type: str
    text: str | None
    attachments: list[Attachment]
    reactions: list[Reaction]
    status: MessageStatus
    error: Failure | None
    author: Author
    reply_to: Quoted | None
    provider_id: str | None
    data: dict[str, Any]
    created_at: Timestamp
    sent_at: Timestamp | None
    delivered_at: Timestamp | None
    read_at: Timestamp | None
    failed_at: Timestamp | None
    schedule: Annotated[Schedule | None, Meta(description="Set as long as it waits for its time.")] = None
    merged_from: Annotated[
        Named | None,
        Meta(description="The conversation it was written in, by its subject, where that is merged into this one."),
    ] = None


class LastMessage(Struct, frozen=True):
    """What a row of the list shows. `data` is filled for system messages and, with `reply`, for answers: whose words the
    console chooses."""

    id: UUID
    direction: Direction
    type: str
    text: str | None
    status: MessageStatus
    author: Author
    created_at: Timestamp
    data: dict[str, Any] = field(default_factory=dict)


class InboxRef(Struct, frozen=True):
    id: UUID
    name: str
    channel: str


class ServiceWindow(Struct, frozen=True):
    """How long the channel lets us write freely; `closes_at` null = no limit, or never opened. `warn_at`: from when little is left.

    `kind` entry_point: the customer came by an advertisement, and nothing costs until `free_until`; what may be sent goes by
    `open` and `allowed` all the same.
    """

    open: bool
    closes_at: Timestamp | None
    allowed: list[str]
    kind: Literal["service", "entry_point"] = "service"
    warn_at: Timestamp | None = None
    free_until: Timestamp | None = None


class ConversationOut(Struct, frozen=True, kw_only=True):
    id: UUID
    inbox_id: UUID
    inbox: InboxRef
    channel: str
    contact: Named
    subject: Annotated[str, Meta(description="Of the letters; empty on channels without subjects.")]
    status: ConversationStatus
    snoozed_until: Timestamp | None
    close_reason: Annotated[str | None, Meta(description="What a closed conversation was closed with.")]
    assignee: Named | None
    team: Named | None
    claim: int
    labels: list[str]
    unread: int
    failed: Annotated[bool, Meta(description="A message of ours failed and nothing was sent since.")]
    asks: Annotated[bool, Meta(description="A scheduled message did not leave and waits for a decision.")]
    waiting_since: Annotated[
        Timestamp | None, Meta(description="Since when an open conversation's customer waits for an answer.")
    ]
    last_message: LastMessage | None
    last_activity_id: UUID
    window: ServiceWindow
    created_at: Timestamp
    updated_at: Timestamp
    merged_into: Annotated[
        UUID | None,
        Meta(description="With the status merged: where its messages are shown now. No list has it any more."),
    ] = None
    merged: Annotated[list[Named], Meta(description="What was merged into this conversation, each by its subject.")] = (
        field(default_factory=list)
    )


class DraftOut(Struct, frozen=True):
    conversation_id: UUID
    text: str
    updated_at: Timestamp


class Count(Struct, frozen=True):
    """Open conversations, and how many of them have something unread."""

    open: int
    unread: int


class PlaceCount(Struct, frozen=True):
    """Open conversations of an inbox or a team; one that is not listed has none."""

    id: UUID
    open: int
    unread: int


class LabelCount(Struct, frozen=True):
    name: str
    open: int
    unread: int


class Counts(Struct, frozen=True, kw_only=True):
    """Exact and maintained. `mentions.open` counts the conversations that mention the caller, whatever their status;
    `unread` those with a mention they have not read."""

    mine: Count
    unassigned: Count
    all: Count
    mentions: Count
    snoozed: int
    closed: int
    inboxes: list[PlaceCount]
    teams: list[PlaceCount]
    labels: list[LabelCount]
