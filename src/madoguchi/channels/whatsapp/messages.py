"""One message of a customer → one event."""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from madoguchi.channels.events import Event, Identity, InboundMedia, MessageReceived, ReactionChanged, Sender, Unknown
from madoguchi.channels.whatsapp import wire
from madoguchi.channels.whatsapp.changes import read_change
from madoguchi.channels.whatsapp.clean import ID_LIMIT, Malformed, clean, identifier, moment, optional_id
from madoguchi.channels.whatsapp.identity import identities
from madoguchi.channels.whatsapp.replies import read_reply
from madoguchi.channels.whatsapp.statuses import code_of


class People:
    """The `contacts` of a batch, found by user id or phone; their order means nothing."""

    def __init__(self, contacts: Iterable[wire.Contact]) -> None:
        self._by_user: dict[str | None, wire.Contact] = {}
        self._by_phone: dict[str | None, wire.Contact] = {}
        for contact in contacts:
            self._by_user.setdefault(contact.user_id, contact)
            self._by_phone.setdefault(contact.wa_id, contact)

    def find(self, user_id: str | None, phone: str | None) -> wire.Contact | None:
        return (user_id and self._by_user.get(user_id)) or (phone and self._by_phone.get(phone)) or None


class Content(NamedTuple):
    """What a message says, apart from who said it and when."""

    type: str
    text: str | None = None
    data: dict[str, Any] | None = None
    media: tuple[InboundMedia, ...] = ()
    opens_window: bool = True


def read_message(account: str, message: wire.Message, people: People) -> Sequence[Event]:
    if message.group_id:
        return (Unknown("messages.group"),)
    if message.type == "request_welcome":
        return (Unknown("messages.request_welcome"),)
    if message.type == "system":
        return read_change(account, message)
    sender = _sender(message, people)
    if message.type == "reaction" and message.reaction is not None:
        return (_reaction(account, message, message.reaction, sender),)
    content = _READERS.get(message.type, _not_understood)(message)
    reply_to, data = _surroundings(message, content.data or {})
    return (
        MessageReceived(
            account=account,
            provider_id=identifier(message.id, "id"),
            sender=sender,
            sent_at=moment(message.timestamp),
            type=content.type,
            text=content.text,
            data=data,
            media=content.media,
            reply_to=reply_to,
            opens_window=content.opens_window,
        ),
    )


def _sender(message: wire.Message, people: People) -> Sender:
    contact = people.find(message.from_user_id, message.sender)
    if contact is None:
        return _known_by(identities(message.from_user_id, message.from_parent_user_id, message.sender), None, {})
    found = identities(
        message.from_user_id or contact.user_id,
        message.from_parent_user_id or contact.parent_user_id,
        message.sender or contact.wa_id,
    )
    return _known_by(found, *_profile(contact))


def _known_by(found: tuple[Identity, ...], name: str | None, details: dict[str, Any]) -> Sender:
    if not found:
        raise Malformed("a message without a sender")
    return Sender(found, name, details)


def _profile(contact: wire.Contact) -> tuple[str | None, dict[str, Any]]:
    details: dict[str, Any] = {}
    if contact.identity_key_hash:
        details["identity_key_hash"] = contact.identity_key_hash
    if contact.profile is None:
        return None, details
    if contact.profile.username:
        details["username"] = contact.profile.username
    return (contact.profile.name or "").strip()[:200] or None, details


def _surroundings(message: wire.Message, data: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The quote, the forwarding mark, the product and the advertisement a message came from."""
    if message.referral:
        data["referral"] = clean(message.referral)
    context = message.context
    if context is None:
        return None, data
    if context.forwarded or context.frequently_forwarded:
        data["forwarded"] = "often" if context.frequently_forwarded else "once"
    if context.referred_product is not None:
        product = context.referred_product
        data["referred_product"] = {"catalog_id": product.catalog_id, "product_id": product.product_retailer_id}
    return optional_id(context.id), data


def _reaction(account: str, message: wire.Message, reaction: wire.Reaction, sender: Sender) -> ReactionChanged:
    return ReactionChanged(
        account=account,
        provider_id=identifier(message.id, "id"),
        target=identifier(reaction.message_id, "reaction.message_id"),
        emoji=(reaction.emoji or "")[:64] or None,
        sender=sender,
        sent_at=moment(message.timestamp),
    )


# --- the kinds ------------------------------------------------------------------------------------


def _text(message: wire.Message) -> Content:
    if message.text is None:
        raise Malformed("a text without its words")
    return Content("text", message.text.body)


def _media(kind: str) -> Callable[[wire.Message], Content]:
    def read(message: wire.Message) -> Content:
        media: wire.Media | None = getattr(message, kind)
        if media is None:
            # Too large for WhatsApp to hand over: the message says so in its errors.
            return _unsupported(message)
        data = {"voice": True} if media.voice or kind == "voice" else {}
        if media.animated:
            data["animated"] = True
        return Content("audio" if kind == "voice" else kind, media.caption or None, data, (_file(media),))

    return read


def _file(media: wire.Media) -> InboundMedia:
    return InboundMedia(
        reference={"id": identifier(media.id, "media id")},
        content_type=media.mime_type,
        name=(media.filename or "")[:255] or None,
        sha256=_hex(media.sha256),
    )


def _hex(given: str | None) -> str | None:
    """Meta writes the digest in base64."""
    try:
        digest = base64.b64decode(given or "", validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest.hex() if len(digest) == 32 else None


def _location(message: wire.Message) -> Content:
    place = message.location
    if place is None or not (abs(place.latitude) <= 90 and abs(place.longitude) <= 180):
        raise Malformed("a location without a place on Earth")
    data: dict[str, Any] = {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "name": place.name,
        "address": place.address,
    }
    return Content("location", None, data | ({"url": place.url} if place.url else {}))


def _contacts(message: wire.Message) -> Content:
    if not message.contacts:
        raise Malformed("contacts without a card")
    cards = [_card(clean(card)) for card in message.contacts]
    # Whether an answer to our request for the phone number opens the window is not documented: it does not, for us.
    asked = any(card.get("origin") == "contact_request" for card in message.contacts)
    return Content("contacts", None, {"contacts": cards}, opens_window=not asked)


def _card(card: dict[str, Any]) -> dict[str, Any]:
    """The neutral shape: the name in one piece, the rest as Meta has it."""
    name = card.get("name")
    parts = name if isinstance(name, dict) else {}
    whole = name if isinstance(name, str) else parts.get("formatted_name")
    lists = {key: card[key] if isinstance(card.get(key), list) else [] for key in ("phones", "emails")}
    known = ("addresses", "urls", "org", "birthday", "origin", "vcard")
    more = {key: card[key] for key in known if card.get(key)}
    return {"name": whole, **({"name_parts": parts} if parts else {}), **lists, **more}


def _order(message: wire.Message) -> Content:
    order = message.order
    if order is None:
        raise Malformed("an order without its lines")
    items = [
        {
            "product_id": item.get("product_retailer_id"),
            "quantity": item.get("quantity"),
            "price": item.get("item_price"),
            "currency": item.get("currency"),
        }
        for item in clean(order.product_items)
    ]
    data = {"catalog_id": order.catalog_id, "items": items, "note": order.text or None}
    return Content("order", order.text or None, data)


def _button(message: wire.Message) -> Content:
    """A tap on the quick-reply button of a template."""
    if message.button is None:
        raise Malformed("a button without its words")
    title = message.button.text
    reply = {"kind": "button", "id": message.button.payload or title, "title": title}
    return Content("interactive", title, {"reply": reply | {"description": None, "response": None}})


def _interactive(message: wire.Message) -> Content:
    given = clean(message.interactive or {})
    kind = str(given.get("type") or "")[:60]
    reply = read_reply(kind, given.get(kind))
    if reply is None:
        return _explained(f"interactive.{kind}", "not_understood")
    # Meta does not say whether the answer to a request to call opens the window; some are given automatically.
    return Content("interactive", reply["title"], {"reply": reply}, opens_window=reply["kind"] != "call_permission")


_REASONS = {131051: "unknown_type", 131060: "not_available", 130501: "group_type", 131052: "too_large"}


def _unsupported(message: wire.Message) -> Content:
    """Something WhatsApp itself cannot hand over (a poll, a file over 100 MB …): the agent learns that it came."""
    kind = message.unsupported.type if message.unsupported else None
    if kind is None and message.type != "unsupported":
        kind = message.type
    if not message.errors:
        return _explained(kind, "unknown_type")
    first = message.errors[0]
    detail = first.error_data.details if first.error_data else None
    return _explained(kind, _REASONS.get(code_of(first), "other"), detail)


def _not_understood(message: wire.Message) -> Content:
    return _explained(message.type[:ID_LIMIT], "not_understood")


def _explained(kind: str | None, reason: str, detail: str | None = None) -> Content:
    data = {"unsupported": {"type": kind, "reason": reason} | ({"detail": detail} if detail else {})}
    return Content("unsupported", None, data, opens_window=False)


def _edit(message: wire.Message) -> Content:
    """Customers can change a message for a while; ours keeps its words, and the new ones follow as a note."""
    if message.edit is None:
        raise Malformed("an edit without its message")
    new = clean(message.edit.message)
    kind = str(new.get("type") or "")
    content = new.get(kind)
    words = (content.get("body") or content.get("caption")) if isinstance(content, dict) else None
    text = words if isinstance(words, str) else None
    return _about_message("edited", message.edit.original_message_id, text)


def _revoke(message: wire.Message) -> Content:
    if message.revoke is None:
        raise Malformed("a revocation without its message")
    return _about_message("revoked", message.revoke.original_message_id, None)


def _about_message(kind: str, target: str, text: str | None) -> Content:
    data = {"system": {"kind": kind, "message_id": optional_id(target)}}
    return Content("system", text, data, opens_window=False)


_READERS: dict[str, Callable[[wire.Message], Content]] = {
    "text": _text,
    **{kind: _media(kind) for kind in ("image", "video", "audio", "voice", "document", "sticker")},
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "button": _button,
    "interactive": _interactive,
    "unsupported": _unsupported,
    "unknown": _unsupported,
    "edit": _edit,
    "revoke": _revoke,
}
