"""The contract between a channel and the pipelines.

A channel is one folder: `manifest.toml`, `strings.toml`, `channel.py` with a class `Channel`, `cases/*.json`. It says what happened and
what the provider answered; what to do about it is decided by `inbound/` and `outbound/`, once for all channels.
"""

# ruff: noqa: ARG002 - what a channel does not offer ignores what it is given

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from msgspec import Struct, field

from madoguchi.channels.http import Http, HttpFailure
from madoguchi.core.errors import FieldError

# --- what an inbox is to its channel -------------------------------------------------------------


class InboxConfig(Struct, frozen=True):
    """One connected account, with its secrets in clear: never logged, never sent to a browser."""

    id: UUID
    workspace_id: UUID
    channel: str
    name: str
    credentials: Mapping[str, str]
    settings: Mapping[str, Any]


# --- inbound: verify and parse --------------------------------------------------------------------

# Stands for a time the provider did not give, or gave absurdly. `parse` is pure and cannot ask the clock; a message of
# 1970 opens no window, and the pipeline keeps its own time of receipt beside it.
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class RawRequest(Struct, frozen=True):
    """A provider's request as it came: header names in lower case, the body untouched."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Verified(Struct, frozen=True):
    """The request is the provider's: store it, then answer 200 with this body."""

    answer: bytes = b""
    keep: Mapping[str, str] = {}  # headers to store with it in place of what came under these names


class Handshake(Struct, frozen=True):
    """The provider asks whether we are there (Meta's GET): answer, store nothing."""

    answer: bytes


class Refused(Struct, frozen=True):
    """Not the provider, or not signed as it should be: nothing is stored but a counter."""

    status: int
    reason: str


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


class ReactionChanged(Struct, frozen=True, tag_field="event", tag="reaction"):
    """A reaction on one of our messages; `emoji` None takes it away."""

    account: str
    provider_id: str
    target: str
    emoji: str | None
    sender: Sender
    sent_at: datetime


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
    data: dict[str, Any] = field(default_factory=dict)  # pricing and the like, kept per message


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
    changes: dict[str, Any]  # any of: status, category, quality, reason
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
    | ReactionChanged
    | ReceiptReceived
    | IdentityChanged
    | ConsentChanged
    | TemplateChanged
    | AccountNotice
    | Unknown
    | Broken
)

# --- outbound: check and send ---------------------------------------------------------------------


class OutboundMedia(Struct, frozen=True):
    """A file of ours to send. `provider_id` is set when the channel uploaded it before (Accepted.data["media"]).

    A send that fails with the code `media_expired` asks for the next try without `provider_id`.
    """

    id: UUID
    name: str
    content_type: str
    size: int
    storage_key: str
    provider_id: str | None = None


class Draft(Struct, frozen=True):
    """A message before it is queued: what an agent, a bot or the API asks to send."""

    type: str
    text: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    media: tuple[OutboundMedia, ...] = ()
    template: "Template | None" = None


class Template(Struct, frozen=True):
    """An approved text of the provider, as last synchronised."""

    name: str
    language: str
    category: str
    status: str
    components: list[dict[str, Any]]
    parameter_format: str = "positional"
    quality: str | None = None
    provider_id: str | None = None
    reason: str | None = None


class TemplateVariable(Struct, frozen=True):
    """One blank of a template. `key` is its name in the `variables` of a send; `kind` says what fills it."""

    component: str  # header, body, button
    key: str
    example: str = ""
    label: str = ""  # the button's words, or the name of a named variable
    kind: Literal["text", "image", "video", "document", "location", "code", "url"] = "text"
    required: bool = True


class RenderedTemplate(Struct, frozen=True, omit_defaults=True):
    """A template with its variables filled in. `media` names the header's file: {type, media_id?}."""

    body: str
    header: str | None = None
    footer: str | None = None
    buttons: tuple[dict[str, Any], ...] = ()  # {type, text, url?}
    media: dict[str, Any] | None = None


class SendThread(Struct, frozen=True):
    """Where a message belongs, on channels with `threads`. `proof` is what comes back in ThreadHints.proofs."""

    conversation_id: UUID
    proof: str
    references: tuple[str, ...] = ()  # ids of the messages before, oldest first
    subject: str = ""


class Part(Struct, frozen=True):
    """One request to the provider: a message, or a piece of one where the channel splits."""

    reference: str  # our message id; travels with the request and comes back in receipts
    recipient: tuple[Identity, ...]
    type: str
    text: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    media: tuple[OutboundMedia, ...] = ()
    template: Template | None = None
    reply_to: str | None = None  # provider id
    thread: SendThread | None = None
    automatic: bool = False  # no person wrote it


class Accepted(Struct, frozen=True):
    """The provider took it. `identities`: keys of the recipient learnt from the answer."""

    provider_id: str
    identities: tuple[Identity, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)


FailureKind = Literal["retry", "retry_after", "stop", "channel_down", "window_closed", "not_reachable"]


class Failed(Struct, frozen=True):
    """The provider certainly did not take it. `retry_in` in seconds, with retry_after only."""

    kind: FailureKind
    error: ProviderError
    retry_in: float | None = None


class Refusal(HttpFailure):
    """The provider answered a question about the account (templates, files …) with a refusal; `failed` says which."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(f"{failed.error.code} ({failed.error.provider_code})", left=True)
        self.failed = failed


class Uncertain(Struct, frozen=True):
    """The request left and no answer came: it may or may not have been taken. Never sent again by itself."""

    detail: str


SendResult = Accepted | Failed | Uncertain


class MediaSource(Protocol):
    """Reads our stored files for the channel's upload."""

    def read(self, storage_key: str) -> AsyncIterator[bytes]: ...


class FetchedMedia(Struct, frozen=True):
    content_type: str | None
    size: int | None
    chunks: AsyncIterator[bytes]


class MediaGone(Exception):  # noqa: N818 - a fact, not a fault
    """The provider no longer has the file; asking again is useless."""


class Health(Struct, frozen=True):
    state: Literal["ok", "attention", "down"]
    detail: str = ""
    facts: dict[str, Any] = field(default_factory=dict)  # quality, limits, display name …


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """How the channel limits free writing; `hours` None = no limit."""

    hours: int | None = None
    outside: tuple[str, ...] = ()  # message types still allowed when it is closed


class Capabilities(Struct, frozen=True, forbid_unknown_fields=True):
    """What the channel can do; drives the policy and the composer."""

    types: tuple[str, ...]
    text_limit: int
    text_unit: Literal["characters", "utf8_bytes", "utf16_units"] = "characters"
    caption_limit: int = 0
    media: dict[str, dict[str, Any]] = field(default_factory=dict)  # type → {max_bytes, content_types[]}
    window: Window = Window()
    receipts: tuple[str, ...] = ()
    typing: bool = False
    read_receipts: bool = False
    reactions: bool = False
    replies: bool = False
    templates: bool = False
    buttons: int = 0
    list_rows: int = 0
    # Several conversations of one person in one inbox, told apart by ThreadHints (e-mail: one per subject thread).
    threads: bool = False
    # Files that one message may carry; 0 = a message is one file, or none.
    attachments: int = 0
    # Files come inside the webhook's body (`read_media`) instead of being fetched from the provider.
    media_in_request: bool = False
    idempotent_send: bool = False
    request_bytes: int = 3_145_728  # the largest webhook it may get
    messages_per_second: float = 80
    pair_seconds: float = 0  # one message per so many seconds to one person …
    pair_burst: int = 1  # … with so many at once


class SetupField(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the inbox's set-up form."""

    key: str
    label: dict[str, str]  # language → text
    type: Literal["text", "secret", "url", "number", "boolean", "choice"] = "text"
    required: bool = False
    default: Any = None
    help: dict[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """`manifest.toml` and `strings.toml` of the folder. `errors` has the words for each ProviderError.code."""

    name: str
    title: dict[str, str]
    icon: str
    capabilities: Capabilities
    credentials: tuple[SetupField, ...]
    settings: tuple[SetupField, ...]
    account_key: str | None = None  # the credential that equals `account` in parsed events
    color: str | None = None
    errors: dict[str, dict[str, str]] = field(default_factory=dict)  # code → language → sentence

    def setting(self, inbox: InboxConfig, key: str) -> Any:
        """The inbox's setting, or the manifest's default where the inbox leaves it empty."""
        return self.value(key, inbox.settings)

    def value(self, key: str, settings: Mapping[str, Any]) -> Any:
        """The same where only the settings are at hand."""
        value = settings.get(key)
        if value is not None and value != "":
            return value
        return next((line.default for line in self.settings if line.key == key), None)


class Channel(ABC):
    """What a channel implements. Only `verify`, `parse` and `send` are required; the rest follows its capabilities."""

    manifest: Manifest

    @abstractmethod
    def verify(self, request: RawRequest, inbox: InboxConfig) -> Verified | Handshake | Refused:
        """Is this request really the provider's? Pure; compares signatures in constant time over the raw bytes."""

    @abstractmethod
    def parse(self, request: RawRequest) -> Sequence[Event]:
        """What happened, in the order given. Pure; never raises, whatever the bytes are."""

    @abstractmethod
    async def send(self, part: Part, inbox: InboxConfig, http: Http, media: MediaSource) -> SendResult:
        """Ask the provider once. Never retries by itself; raises only on programming errors."""

    def check(self, draft: Draft) -> list[FieldError]:
        """What the provider would refuse about this draft, found before it leaves."""
        return []

    def identity_of(self, address: str) -> Identity | None:
        """The key of a person from what a caller wrote as `to`; None when it is no address of this channel."""
        return None

    def template_variables(self, template: Template) -> list[TemplateVariable]:
        """What has to be filled in before the template can be sent, in reading order."""
        return []

    def render_template(self, template: Template, variables: Mapping[str, str]) -> RenderedTemplate:
        """The words the customer will read. Variables not given stay visible as placeholders."""
        return RenderedTemplate(body="")

    def split(self, draft: Draft) -> Sequence[Draft]:
        """The parts of one logical message, for channels that cannot carry it whole."""
        return (draft,)

    async def mark_read(  # noqa: B027 - where there are no receipts there is nothing to do
        self, provider_id: str, inbox: InboxConfig, http: Http, *, typing: bool = False
    ) -> None:
        """Tell the customer that we read up to this message (and that somebody is typing).

        Raises HttpFailure when it is worth another try.
        """

    async def fetch_media(self, reference: dict[str, Any], inbox: InboxConfig, http: Http) -> FetchedMedia:
        """Open the provider's file; raises MediaGone when it is gone for good, HttpFailure to be tried again."""
        raise MediaGone

    async def read_media(self, reference: dict[str, Any], request: RawRequest) -> FetchedMedia:
        """A file out of the webhook it came with, where `media_in_request` says so; raises MediaGone."""
        raise MediaGone

    async def fetch_templates(self, inbox: InboxConfig, http: Http) -> list[Template]:
        """All templates of the account, statuses and categories in lower case. Raises HttpFailure (and Refusal)."""
        return []

    async def probe(self, inbox: InboxConfig, http: Http) -> Health:
        """Ask the provider whether the account works."""
        return Health("ok")
