"""The world as Meta sees it. Memory is the truth while the simulator runs; see store.py."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

DAY = 86400.0
SERVICE_WINDOW = DAY
ENTRY_POINT_WINDOW = 3 * DAY
PHONE_REMEMBERED = 30 * DAY
CHAT_LENGTH = 500


@dataclass(slots=True)
class Portfolio:
    id: str
    name: str
    messaging_limit: str = "TIER_2K"
    verified: bool = True


@dataclass(slots=True)
class Callback:
    """A webhook address. Nothing is delivered before the GET verification has succeeded."""

    url: str
    verify_token: str
    verified: bool = False


@dataclass(slots=True)
class App:
    id: str
    secret: str
    name: str = "Madoguchi"
    callback: Callback | None = None
    fields: dict[str, str] = field(default_factory=dict)
    require_proof: bool = False


@dataclass(slots=True)
class Token:
    value: str
    app_id: str
    # Empty means: every account of the app's portfolio.
    waba_ids: list[str] = field(default_factory=list)
    scopes: list[str] = field(
        default_factory=lambda: ["whatsapp_business_management", "whatsapp_business_messaging"],
    )
    expires_at: float = 0.0
    revoked: bool = False


@dataclass(slots=True)
class Waba:
    id: str
    name: str
    portfolio_id: str
    payment_ok: bool = True
    locked: bool = False
    # Restrictions by type → until when; 0 means until lifted.
    restrictions: dict[str, float] = field(default_factory=dict)
    marketing_disabled: bool = False
    # Names of deleted templates → when; they cannot be used again for 30 days.
    retired: dict[str, float] = field(default_factory=dict)
    # app id → that app's override of the callback, or None for the app's own.
    subscribed: dict[str, Callback | None] = field(default_factory=dict)


@dataclass(slots=True)
class Number:
    id: str
    waba_id: str
    digits: str
    display: str
    name: str
    country_code: str = "81"
    pin: str = ""
    registered: bool = True
    code_status: str = "VERIFIED"
    verification_code: str = ""
    quality: str = "GREEN"
    # Messages per second, in and out together; 0 lifts the limit.
    throughput: int = 80
    pair_limit: bool = True
    maintenance_until: float = 0.0
    restricted: int = 0
    callback: Callback | None = None
    profile: Json = field(default_factory=dict)
    # Phone digits or user ids → when they were blocked.
    blocked: dict[str, float] = field(default_factory=dict)
    registrations: list[float] = field(default_factory=list)
    # When the PIN was guessed wrongly.
    pin_guesses: list[float] = field(default_factory=list)
    name_status: str = "APPROVED"
    new_name: str = ""
    new_name_status: str = "NONE"
    # The number is also used in the WhatsApp Business app.
    on_biz_app: bool = False
    official: bool = False
    # Another app, or Meta's own agent, handles the conversations at the moment.
    standby: bool = False
    onboarded_at: float = 0.0
    # When "history" and "smb_app_state_sync" were asked for, by name.
    synced: dict[str, float] = field(default_factory=dict)
    qr_codes: dict[str, str] = field(default_factory=dict)
    automation: Json = field(default_factory=dict)
    commerce: dict[str, bool] = field(
        default_factory=lambda: {"is_cart_enabled": True, "is_catalog_visible": False},
    )
    username: str = ""
    public_key: str = ""
    settings: Json = field(default_factory=dict)
    # "2026-11" → service messages delivered in that month.
    service_messages: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Template:
    id: str
    waba_id: str
    name: str
    language: str
    category: str
    status: str
    components: list[Json]
    parameter_format: str = "POSITIONAL"
    quality: str = "UNKNOWN"
    rejected_reason: str = "NONE"
    created_at: float = 0.0
    edits: list[float] = field(default_factory=list)
    # Seconds until Meta gives up on a message of it; 0 means the category's own.
    ttl: int = 0
    previous_category: str = ""
    pauses: int = 0
    # What is sent is held back until its quality is known.
    held: bool = False
    library_name: str = ""


@dataclass(slots=True)
class Customer:
    id: str
    phone: str
    wa_id: str
    name: str
    country: str = "JP"
    username: str = ""
    hides_phone: bool = False
    on_whatsapp: bool = True
    online: bool = True
    read_receipts: bool = True
    blocked: bool = False
    marketing_stopped: bool = False
    marketing_capped: bool = False
    in_experiment: bool = False
    device: str = "android"
    locale: str = "en"
    generation: int = 0
    identity_hash: str = ""
    # The phone number id whose chat lies open on the customer's screen.
    open_chat: str = ""
    # Known only by having been sent to; not shown on the phone page and never stored.
    stranger: bool = False


@dataclass(slots=True)
class Thread:
    number_id: str
    customer_id: str
    last_inbound: float = 0.0
    entry_point_at: float = 0.0
    entry_point_until: float = 0.0
    phone_exchanged_at: float = 0.0
    # How much of the pair limit's burst is used, as of `pair_at`.
    pair_debt: float = 0.0
    pair_at: float = 0.0
    typing_until: float = 0.0

    def window_open(self, now: float) -> bool:
        return now - self.last_inbound < SERVICE_WINDOW


@dataclass(slots=True)
class Message:
    id: str
    number_id: str
    customer_id: str
    direction: str
    type: str
    content: Json
    at: float
    status: str = "accepted"
    context: Json = field(default_factory=dict)
    callback_data: str | None = None
    category: str = "service"
    to_phone: bool = True
    errors: list[Json] = field(default_factory=list)
    # "customer" or "business" → emoji
    reactions: dict[str, str] = field(default_factory=dict)
    pricing: Json | None = None
    ttl: float = 30 * DAY
    # Written by the owner in the WhatsApp Business app, not by way of the API.
    from_app: bool = False
    # Shown on the phone's screen; the business learns of it only when read receipts are on.
    seen: bool = False


@dataclass(slots=True)
class Media:
    id: str
    number_id: str
    mime: str
    sha256: str
    size: int
    filename: str = ""
    expires_at: float = 0.0
    deleted: bool = False
    # Answered with 404 for tests of lost media.
    lost: bool = False


@dataclass(slots=True)
class Upload:
    """A finished resumable upload; `id` is its handle, `file_id` names the bytes."""

    id: str
    file_id: str
    mime: str
    size: int
    name: str = ""


@dataclass(slots=True)
class Catalog:
    id: str
    waba_id: str
    name: str
    # retailer id → {name, description, price, currency, availability, image_url, url}
    products: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Flow:
    id: str
    waba_id: str
    name: str
    categories: list[str]
    status: str = "DRAFT"
    # The screens as uploaded; `published` is what customers see.
    draft: Json = field(default_factory=dict)
    published: Json = field(default_factory=dict)
    validation_errors: list[Json] = field(default_factory=list)
    endpoint: str = ""
    app_id: str = ""
    updated_at: float = 0.0
    # When messages with it were sent while it was throttled.
    throttled: list[float] = field(default_factory=list)


@dataclass(slots=True)
class World:
    portfolios: dict[str, Portfolio] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    wabas: dict[str, Waba] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    threads: dict[tuple[str, str], Thread] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    catalogs: dict[str, Catalog] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    chats: dict[tuple[str, str], deque[str]] = field(default_factory=dict)

    def portfolio_of(self, number: Number) -> str:
        return self.wabas[number.waba_id].portfolio_id

    def thread(self, number_id: str, customer_id: str) -> Thread:
        """The thread as it is, or a blank one which is not kept until `keep_thread`."""
        found = self.threads.get((number_id, customer_id))
        return found or Thread(number_id, customer_id)

    def keep_thread(self, thread: Thread) -> None:
        self.threads[thread.number_id, thread.customer_id] = thread

    def add_message(self, message: Message) -> str | None:
        """Append to the chat; the id of the message that fell off its far end, if any."""
        self.messages[message.id] = message
        chat = self.chats.setdefault((message.number_id, message.customer_id), deque())
        chat.append(message.id)
        if len(chat) <= CHAT_LENGTH:
            return None
        oldest = chat.popleft()
        self.messages.pop(oldest, None)
        return oldest

    def chat(self, number_id: str, customer_id: str) -> list[Message]:
        ids = self.chats.get((number_id, customer_id), ())
        return [self.messages[id_] for id_ in ids if id_ in self.messages]

    def templates_of(self, waba_id: str) -> list[Template]:
        return [t for t in self.templates.values() if t.waba_id == waba_id]

    def catalogs_of(self, waba_id: str) -> list[Catalog]:
        return [c for c in self.catalogs.values() if c.waba_id == waba_id]

    def numbers_of(self, waba_id: str) -> list[Number]:
        return [n for n in self.numbers.values() if n.waba_id == waba_id]
