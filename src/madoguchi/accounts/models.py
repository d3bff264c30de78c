"""The account of an inbox, as the API shows and takes it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from madoguchi.core.times import Timestamp

Pin = Annotated[str, Meta(pattern="^[0-9]{6}$", examples=["246810"])]
Words = dict[str, str]


class TroubleOut(Struct, frozen=True):
    """`title` and `advice` by language; `detail` is the provider's own words, a date …"""

    code: str
    level: Literal["news", "attention", "trouble"]
    title: Words
    advice: Words
    detail: str


class OverviewOut(Struct, frozen=True):
    """`facts`: what the provider said last (display_number, name, name_status, quality, limit, throughput, platform,
    coexistence, token_expires_at, permissions …). `parts`: what of the account can be looked at and changed here.
    `asked_for`: when `contacts` and `history` of the provider's own app were asked for, which is possible once."""

    parts: tuple[str, ...]
    facts: dict[str, Any]
    troubles: list[TroubleOut]
    checked_at: Timestamp | None
    last_event_at: Timestamp | None
    pin_kept: bool
    pin_locked_until: Timestamp | None
    asked_for: dict[str, Timestamp]


class ProfileOut(Struct, frozen=True):
    """`values` by the keys of the channel's manifest."""

    values: dict[str, Any]
    has_picture: bool


class ProfilePatch(Struct, forbid_unknown_fields=True):
    """What is absent stays. `picture_media_id`: an upload of `POST /media`."""

    values: dict[str, Any] = {}
    picture_media_id: UUID | None = None


class LinkBody(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(max_length=10_000, examples=["I would like to book a table"])]


class LinkOut(Struct, frozen=True):
    """`url` opens a chat with `text` written already; the picture is at `…/links/{code}/image`."""

    code: str
    text: str
    url: str


class ContactName(Struct, frozen=True):
    id: UUID
    name: str | None


class BlockedOut(Struct, frozen=True):
    """`contact` is null for somebody we do not know."""

    kind: str
    value: str
    contact: ContactName | None


class BlockBody(Struct, forbid_unknown_fields=True):
    contact_id: UUID


class BlockOut(Struct, frozen=True):
    """A contact who is blocked in an inbox, and since when."""

    inbox_id: UUID
    blocked_at: Timestamp


class NameBody(Struct, forbid_unknown_fields=True):
    """The name customers see."""

    name: Annotated[str, Meta(min_length=1, max_length=512)]


class ShopBody(Struct, forbid_unknown_fields=True):
    """What of the catalogue customers see in the chat."""

    catalog_visible: bool
    cart_enabled: bool


class UsernameBody(Struct, forbid_unknown_fields=True):
    """`transfer`: take it from another number of one's own."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    transfer: bool = False


class PinBody(Struct, forbid_unknown_fields=True):
    """Two-step verification: six digits."""

    pin: Pin


class CodeRequest(Struct, forbid_unknown_fields=True):
    method: Literal["sms", "voice"] = "sms"
    language: Annotated[str, Meta(pattern="^[a-z]{2}(_[A-Z]{2})?$")] = "en"


class CodeBody(Struct, forbid_unknown_fields=True):
    code: Annotated[str, Meta(min_length=1, max_length=20)]


class FormBody(Struct, forbid_unknown_fields=True):
    """`name`: one of the forms that this installation answers."""

    name: Annotated[str, Meta(min_length=1, max_length=100, examples=["contact_form"])]


class SignUpBody(Struct, forbid_unknown_fields=True):
    """What the provider's sign-up page handed over. `settings` as for a new inbox."""

    app_id: Annotated[str, Meta(min_length=1, max_length=100)]
    app_secret: Annotated[str, Meta(min_length=1, max_length=500)]
    code: Annotated[str, Meta(min_length=1, max_length=2000)]
    account_id: Annotated[str, Meta(max_length=100)] | None = None
    number_id: Annotated[str, Meta(max_length=100)] | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None
    settings: dict[str, Any] = {}


class SignUpStep(Struct, frozen=True):
    """`step`: subscribe, then register; or contacts and history where the number stays in the provider's app."""

    step: str
    ok: bool
    detail: str = ""


class SignUpOut(Struct, frozen=True):
    inbox_id: UUID
    name: str
    steps: list[SignUpStep]


class SynchroniseBody(Struct, forbid_unknown_fields=True):
    kind: Literal["contacts", "history"]


class SubscribeBody(Struct, forbid_unknown_fields=True):
    """`direct`: to this inbox's own address, which the provider asks at once; else to the app's."""

    direct: bool = True


class SubscriptionOut(Struct, frozen=True):
    """`here`: the events come to this inbox's address."""

    app_id: str
    name: str
    url: str | None
    here: bool


class WebhookOut(Struct, frozen=True):
    url: str
    subscriptions: list[SubscriptionOut]
    last_event_at: Timestamp | None


class TestStep(Struct, frozen=True):
    """`step`: reachable, unsigned_refused, signed_accepted, kept, subscribed."""

    step: str
    ok: bool
    detail: str = ""


class TestOut(Struct, frozen=True):
    ok: bool
    steps: list[TestStep]
