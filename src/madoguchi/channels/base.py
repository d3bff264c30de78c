"""The contract between a channel and the pipelines.

A channel is one folder: `manifest.toml`, `strings.toml`, `channel.py` with a class `Channel`, `cases/*.json`. It says what happened and
what the provider answered; what to do about it is decided by `inbound/` and `outbound/`, once for all channels.
"""

# ruff: noqa: ARG002 - what a channel does not offer ignores what it is given

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import UUID

from msgspec import Struct, field

from madoguchi.channels.events import AccountNotice, Event, Identity, ProviderError, Sender
from madoguchi.channels.fetching import Intake
from madoguchi.channels.forms import FormAnswer, FormRefused, FormRequest
from madoguchi.channels.health import AccountChange, Health
from madoguchi.channels.http import Http, HttpFailure
from madoguchi.channels.manifest import Manifest
from madoguchi.channels.signup import SignedUp, SignUp
from madoguchi.core.errors import FieldError

if TYPE_CHECKING:
    from madoguchi.channels.account import Account

# --- what an inbox is to its channel -------------------------------------------------------------


class InboxConfig(Struct, frozen=True):
    """One connected account, with its secrets in clear: never logged, never sent to a browser."""

    id: UUID
    workspace_id: UUID
    channel: str
    name: str
    credentials: Mapping[str, str]
    settings: Mapping[str, Any]
    webhook_url: str = (
        ""  # where the provider reaches us, as it knows it; some sign it, some are told it with each send
    )


# --- inbound: verify --------------------------------------------------------------------------------


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
    reason: str | None = None  # the provider's own words, or its code for them


class TemplateDraft(Struct, frozen=True):
    """A template as it would be submitted; `components` in the channel's own shape.

    A file that shows what a heading will be like is named by our id: `example: {"media_id": …}`.
    """

    name: str
    language: str
    category: str
    components: list[dict[str, Any]]
    parameter_format: str = "positional"
    ttl_seconds: int | None = None


class RuleBroken(Struct, frozen=True):
    """What the provider would refuse: `field` names the part, `rule` the rule for clients that have their own words."""

    field: str
    rule: str
    message: str
    values: dict[str, Any] = {}  # limit, given … for the words


class TemplateVariable(Struct, frozen=True):
    """One blank of a template. `key` is its name in the `variables` of a send; `kind` says what fills it."""

    component: str  # header, body, button, offer
    key: str
    example: str = ""
    label: str = ""  # the button's words, or the name of a named variable
    kind: Literal[
        "text", "image", "video", "document", "location", "code", "url", "time", "product", "products", "data"
    ] = "text"
    required: bool = True


class RenderedTemplate(Struct, frozen=True, omit_defaults=True):
    """A template with its variables filled in. `media` names the header's file: {type, media_id?}."""

    body: str
    header: str | None = None
    footer: str | None = None
    buttons: tuple[dict[str, Any], ...] = ()  # {type, text, url?}
    media: dict[str, Any] | None = None
    offer: dict[str, Any] | None = None  # {text, expires_at?}
    cards: "tuple[RenderedTemplate, ...]" = ()


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
    signature: str = ""  # of whoever wrote it, on channels with threads


class Accepted(Struct, frozen=True):
    """The provider took it. `identities`: keys of the recipient learnt from the answer. In `data`: `parts` and `media`, the
    provider's ids of them; `shown`, what readers of the message find in its `data`."""

    provider_id: str
    identities: tuple[Identity, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    held: bool = False
    """It has it and looks at it first: it may still let it go, or fail it. Receipts tell."""


FailureKind = Literal["retry", "retry_after", "stop", "channel_down", "window_closed", "not_reachable"]


class Failed(Struct, frozen=True):
    """The provider certainly did not take it. `retry_in` in seconds, with retry_after only.

    `begun`: what the channel wants to know at the next try, in `Part.data["begun"]`, whichever worker makes it.
    """

    kind: FailureKind
    error: ProviderError
    retry_in: float | None = None
    begun: dict[str, Any] = field(default_factory=dict)


class Refusal(HttpFailure):
    """The provider answered a question about the account (templates, files …) with a refusal; `failed` says which."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(f"{failed.error.code} ({failed.error.provider_code})", left=True)
        self.failed = failed


class Uncertain(Struct, frozen=True):
    """The request left and no answer came: it may or may not have been taken. Never sent again by itself.

    `parts`: of a message in several, the provider's ids of those it took, empty for the others.
    """

    detail: str
    parts: tuple[str, ...] = ()


SendResult = Accepted | Failed | Uncertain


class MediaSource(Protocol):
    """Reads our stored files for the channel's upload."""

    def read(self, storage_key: str) -> AsyncIterator[bytes]: ...


class FetchedMedia(Struct, frozen=True):
    content_type: str | None
    size: int | None
    chunks: AsyncIterator[bytes]


class NoSuchAction(Exception):  # noqa: N818 - a fact, not a fault
    """The channel does not offer this; its capabilities say so."""


class MediaGone(Exception):  # noqa: N818 - a fact, not a fault
    """The provider no longer has the file; asking again is useless."""


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

    def check_settings(self, credentials: Mapping[str, Any], settings: Mapping[str, Any]) -> list[FieldError]:
        """What is wrong with an inbox's form beyond what the manifest says about its lines."""
        return []

    def identity_of(self, address: str) -> Identity | None:
        """The key of a person from what a caller wrote as `to`; None when it is no address of this channel."""
        return None

    def identity_in(self, address: str, settings: Mapping[str, Any]) -> Identity | None:
        """The same where the inbox's settings say how to read it (a national number). Raises Invalid naming `to` when it
        could be an address of this channel and something is missing."""
        return self.identity_of(address)

    def confirmation(
        self, inbox: InboxConfig, sender: Sender, state: Literal["granted", "withdrawn"]
    ) -> Mapping[str, str]:
        """What is sent once to who stopped or allowed all messages by a word: language → text, `{company}` is filled in, "" is a
        text for everybody. Empty: nothing, because the provider says it or the channel has no such custom."""
        return {}

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

    def check_template(self, draft: TemplateDraft) -> list[RuleBroken]:
        """The provider's rules for new templates, before it sees them. Pure and fast: asked while somebody types."""
        return []

    def template_samples(self, draft: TemplateDraft) -> list[str]:
        """Our ids of the files that `create_template` and `edit_template` need with the draft."""
        return []

    async def create_template(
        self,
        draft: TemplateDraft,
        inbox: InboxConfig,
        http: Http,
        *,
        files: Sequence[OutboundMedia] = (),
        source: MediaSource | None = None,
    ) -> Template:
        """Submit it; what is answered says its status and category. Raises HttpFailure (and Refusal)."""
        raise NoSuchAction

    async def edit_template(
        self,
        present: Template,
        draft: TemplateDraft,
        inbox: InboxConfig,
        http: Http,
        *,
        files: Sequence[OutboundMedia] = (),
        source: MediaSource | None = None,
    ) -> None:
        """Replace the content of a submitted template. Raises HttpFailure (and Refusal)."""
        raise NoSuchAction

    async def delete_template(self, name: str, provider_id: str | None, inbox: InboxConfig, http: Http) -> None:
        """One language where `provider_id` is given, else every one. Raises HttpFailure (and Refusal)."""
        raise NoSuchAction

    async def read_media(self, reference: dict[str, Any], request: RawRequest) -> FetchedMedia:
        """A file out of the webhook it came with, where `media_in_request` says so; raises MediaGone."""
        raise MediaGone

    def listens(self, inbox: InboxConfig) -> bool:
        """Does `listen` have something to do for this inbox? One worker at a time does it."""
        return False

    async def listen(  # noqa: B027 - most channels are called by their provider
        self, inbox: InboxConfig, intake: Intake, http: Http
    ) -> None:
        """Fetch until cancelled. Raises ListenFailure when the account has to be looked at, HttpFailure and OSError when
        it may be different in a minute."""

    async def fetch_templates(self, inbox: InboxConfig, http: Http) -> list[Template]:
        """All templates of the account, statuses and categories in lower case. Raises HttpFailure (and Refusal)."""
        return []

    def rate(self, inbox: InboxConfig, facts: Mapping[str, Any]) -> float:
        """Messages a second that the inbox may send; `facts` is what the provider said about the account. Pure."""
        chosen = inbox.settings.get("messages_per_second")
        usual = self.manifest.capabilities.messages_per_second
        return float(chosen) if isinstance(chosen, int | float) and chosen > 0 else float(usual)

    async def request_archive(  # noqa: B027 - few channels have one
        self, inbox: InboxConfig, http: Http
    ) -> None:
        """Ask the provider for the address book and the messages of before; they come as events. Raises HttpFailure, Refusal."""

    def account(self, inbox: InboxConfig, http: Http) -> "Account | None":
        """The parts of `Capabilities.account`; None when there are none."""
        return None

    async def sign_up(self, given: SignUp, settings: Mapping[str, Any], http: Http) -> SignedUp | None:
        """The credentials for what the provider's own page handed over; None where there is no such page."""
        return None

    def open_form(self, request: RawRequest, inbox: InboxConfig, private_key: str) -> FormRequest | FormRefused:
        """Pure; never raises, whatever the bytes are."""
        return FormRefused(404, "no forms here")

    def seal_form(self, request: FormRequest, answer: FormAnswer | None) -> tuple[int, bytes]:
        """HTTP status and body; without an answer, what a ping or an error is answered with."""
        return 404, b""

    def account_change(self, notice: AccountNotice) -> AccountChange:
        """What the notice means for the account as it is shown. Pure."""
        return AccountChange()

    def is_stale(self, inbox: InboxConfig, now: datetime) -> bool:
        """Must `renew` be asked before the account is used? Pure."""
        return False

    async def renew(self, inbox: InboxConfig, http: Http) -> dict[str, str]:
        """What replaces some of the inbox's credentials: `access_token`, and whatever the provider gave anew with it. One
        worker at a time asks. Raises Refusal when the account has to be signed in again, HttpFailure."""
        raise NoSuchAction

    async def probe(self, inbox: InboxConfig, http: Http) -> Health:
        """Ask the provider whether the account works."""
        return Health("ok")
