"""The shapes of Meta's webhooks, as far as we use them. Unknown keys are skipped while decoding."""

from typing import Any

from msgspec import Raw, Struct


class Change(Struct, gc=False):
    field: str
    value: Raw


class Entry(Struct, gc=False):
    changes: list[Change]
    id: str | None = None
    time: int | float | str | None = None


class Envelope(Struct, gc=False):
    object: str
    entry: list[Entry]


class Profile(Struct, gc=False):
    name: str | None = None
    username: str | None = None


class Contact(Struct, gc=False):
    profile: Profile | None = None
    wa_id: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    identity_key_hash: str | None = None


class Metadata(Struct, gc=False):
    phone_number_id: str | None = None
    display_phone_number: str | None = None


class ErrorData(Struct, gc=False):
    details: str | None = None


class Error(Struct, gc=False):
    code: int | str | None = None
    title: str | None = None
    message: str | None = None
    error_data: ErrorData | None = None


class Text(Struct, gc=False):
    body: str


class Media(Struct, gc=False):
    id: str
    mime_type: str | None = None
    sha256: str | None = None
    caption: str | None = None
    filename: str | None = None
    voice: bool | None = None
    animated: bool | None = None


class Location(Struct, gc=False):
    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None
    url: str | None = None


class Reaction(Struct, gc=False):
    message_id: str
    emoji: str | None = None


class Button(Struct, gc=False):
    payload: str | None = None
    text: str | None = None


class Order(Struct, gc=False):
    catalog_id: str | None = None
    text: str | None = None
    product_items: list[dict[str, Any]] = []


class System(Struct, gc=False):
    type: str | None = None
    body: str | None = None
    wa_id: str | None = None
    new_wa_id: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    previous_user_id: str | None = None
    previous_parent_user_id: str | None = None


class Unsupported(Struct, gc=False):
    type: str | None = None


class Edit(Struct, gc=False):
    original_message_id: str
    message: dict[str, Any] = {}


class Revoke(Struct, gc=False):
    original_message_id: str


class Product(Struct, gc=False):
    catalog_id: str | None = None
    product_retailer_id: str | None = None


class Context(Struct, gc=False):
    id: str | None = None
    forwarded: bool | None = None
    frequently_forwarded: bool | None = None
    referred_product: Product | None = None


class Message(Struct, rename={"sender": "from"}, gc=False):
    id: str
    type: str
    timestamp: str | int | float | None = None
    sender: str | None = None
    from_user_id: str | None = None
    from_parent_user_id: str | None = None
    group_id: str | None = None
    context: Context | None = None
    referral: dict[str, Any] | None = None
    errors: list[Error] | None = None
    text: Text | None = None
    image: Media | None = None
    video: Media | None = None
    audio: Media | None = None
    voice: Media | None = None
    document: Media | None = None
    sticker: Media | None = None
    location: Location | None = None
    contacts: list[dict[str, Any]] | None = None
    reaction: Reaction | None = None
    interactive: dict[str, Any] | None = None
    button: Button | None = None
    order: Order | None = None
    system: System | None = None
    unsupported: Unsupported | None = None
    edit: Edit | None = None
    revoke: Revoke | None = None


class Pricing(Struct, gc=False):
    category: str | None = None
    type: str | None = None
    pricing_model: str | None = None
    billable: bool | None = None


class Status(Struct, gc=False):
    id: str
    status: str
    timestamp: str | int | float | None = None
    recipient_id: str | None = None
    recipient_user_id: str | None = None
    recipient_parent_user_id: str | None = None
    recipient_type: str | None = None
    biz_opaque_callback_data: str | None = None
    pricing: Pricing | None = None
    conversation: dict[str, Any] | None = None
    errors: list[Error] | None = None


class Value(Struct, gc=False):
    """The `value` of the field "messages"."""

    metadata: Metadata | None = None
    contacts: list[Contact] = []
    messages: list[Message] = []
    statuses: list[Status] = []
    errors: list[Error] = []
