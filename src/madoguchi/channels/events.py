"""What a provider told us, in one vocabulary for all channels: the values that `parse` returns."""

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field

# Stands for a time the provider did not give, or gave absurdly. `parse` is pure and cannot ask the clock; a message of
# 1970 opens no window, and the pipeline keeps its own time of receipt beside it.
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Identity(Struct, frozen=True):
    """One key under which a provider knows a person. `kind` is the channel's word: bsuid, phone, address, psid …"""

    kind: str
    value: str


class Sender(Struct, frozen=True):
    """Who wrote. The identities come strongest first; all of them lead to the same contact."""

    identities: tuple[Identity, ...]
    name: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


class InboundMedia(Struct, frozen=True):
    """A file the provider holds for us; `reference` is what `fetch_media` needs."""

    reference: dict[str, Any]
    content_type: str | None = None
    name: str | None = None
    size: int | None = None
    sha256: str | None = None  # hex


class ThreadHints(Struct, frozen=True):
    """What a message says about the conversation it belongs to, on channels where a person has several.

    `proofs` are claims (conversation, proof) from addresses and ids of ours that came back: the pipeline checks them.
    `references` are ids of earlier messages, the newest first; others may quote them too. The subject decides nothing alone.
    """

    proofs: tuple[tuple[UUID, str], ...] = ()
    references: tuple[str, ...] = ()
    subject: str = ""
    forwarded: bool = False


class MessageReceived(Struct, frozen=True, tag_field="event", tag="message"):
    """A message of a person's, or one that we wrote to them elsewhere (`by_us`: in the provider's own app, say).

    `past`: it comes from the provider's archive: news to nobody, it opens nothing. `status`: how far such a message of ours got.
    """

    account: str  # the provider's id of our account, for providers with one URL for several accounts
    provider_id: str
    sender: Sender
    sent_at: datetime
    type: str
    text: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    media: tuple[InboundMedia, ...] = ()
    reply_to: str | None = None  # provider id of the quoted message
    opens_window: bool = True
    thread: ThreadHints | None = None
    by_us: bool = False
    past: bool = False
    status: Literal["sent", "delivered", "read", "failed"] | None = None


class MessageEdited(Struct, frozen=True, tag_field="event", tag="edited"):
    """The words of a message were changed by whoever wrote it."""

    account: str
    provider_id: str
    target: str
    text: str | None
    at: datetime
    by_us: bool = False


class MessageRevoked(Struct, frozen=True, tag_field="event", tag="revoked"):
    """A message was deleted for everybody by whoever wrote it."""

    account: str
    provider_id: str
    target: str
    at: datetime
    by_us: bool = False


class ReactionChanged(Struct, frozen=True, tag_field="event", tag="reaction"):
    """A reaction on one of our messages; `emoji` None takes it away."""

    account: str
    provider_id: str
    target: str
    emoji: str | None
    sender: Sender
    sent_at: datetime
    by_us: bool = False


class ContactNamed(Struct, frozen=True, tag_field="event", tag="contact"):
    """The business has this person in the address book of the provider's app."""

    account: str
    sender: Sender
    at: datetime


class ProviderError(Struct, frozen=True):
    """Why the provider refused or failed, in its own words, and what it means for us."""

    code: str  # ours, stable; its words are in Manifest.errors
    provider_code: str
    title: str
    detail: str = ""


class ReceiptReceived(Struct, frozen=True, tag_field="event", tag="receipt"):
    """What became of a message of ours. `reference` is the id we gave the provider with it (our message id)."""

    account: str
    provider_id: str
    status: Literal["sent", "delivered", "read", "played", "failed"]
    at: datetime
    reference: str | None = None
    error: ProviderError | None = None
    closes_window: bool = False
    recipient: tuple[Identity, ...] = ()
    # Nothing of ours comes back with it: where no message has its id, it is for one to this recipient whose answer was lost.
    by_recipient: bool = False
    # `pricing`: {category, type, model, billable, market}; `free_until`: until when nothing costs (RFC 3339); more as the
    # channel has it.
    data: dict[str, Any] = field(default_factory=dict)


class IdentityChanged(Struct, frozen=True, tag_field="event", tag="identity"):
    """The provider knows a person under new keys; the history stays with the contact."""

    account: str
    previous: tuple[Identity, ...]
    current: tuple[Identity, ...]
    at: datetime
    provider_id: str | None = None
    text: str | None = None


class ConsentChanged(Struct, frozen=True, tag_field="event", tag="consent"):
    """A person agreed to something or withdrew; `source` says how it is known, in a word of the channel's."""

    account: str
    identities: tuple[Identity, ...]  # strongest first
    purpose: str  # marketing … or all
    state: Literal["granted", "withdrawn"]
    source: str
    at: datetime
    name: str | None = None
    detail: str = ""


class TemplateChanged(Struct, frozen=True, tag_field="event", tag="template"):
    account: str
    name: str
    language: str
    changes: dict[str, Any]  # any of: status, category, next_category, quality, reason, components (those told anew)
    at: datetime | None = None


class AccountNotice(Struct, frozen=True, tag_field="event", tag="notice"):
    """Something about the account itself: limits, quality, restrictions. Health is None when it is only news."""

    account: str
    kind: str
    detail: str
    health: Literal["ok", "attention", "down"] | None = None
    data: dict[str, Any] = field(default_factory=dict)


class Unknown(Struct, frozen=True, tag_field="event", tag="unknown"):
    """Understood as the provider's, but not known to us: kept in the ingest log and counted, never refused."""

    kind: str
    detail: str = ""


class Broken(Struct, frozen=True, tag_field="event", tag="broken"):
    """Cannot be read at all (broken JSON, a field of the wrong shape): set aside for an admin."""

    detail: str


Event = (
    MessageReceived
    | MessageEdited
    | MessageRevoked
    | ReactionChanged
    | ContactNamed
    | ReceiptReceived
    | IdentityChanged
    | ConsentChanged
    | TemplateChanged
    | AccountNotice
    | Unknown
    | Broken
)
