"""The JSON of an outgoing message."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from madoguchi.channels.base import Part
from madoguchi.channels.whatsapp.cards import contact_card
from madoguchi.channels.whatsapp.errors import PHONE_REQUIRED, RECIPIENT_MISSING, REFUSED, TEMPLATE_MISSING, Unsendable
from madoguchi.channels.whatsapp.identity import value_of
from madoguchi.channels.whatsapp.interactive import build_interactive
from madoguchi.channels.whatsapp.template_fill import fill_template

Uploads = dict[UUID, str]  # our media id → Meta's


def message_body(part: Part, uploads: Uploads) -> dict[str, Any]:
    """Raises Unsendable."""
    build = _BUILDERS.get(part.type)
    if build is None:
        raise Unsendable(REFUSED, f"type {part.type}")
    try:
        content = build(part, uploads)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise Unsendable(REFUSED, f"{type(error).__name__} in a message of type {part.type}") from error
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_recipient(part),
        "type": part.type,
        part.type: content,
        # Comes back in every status: what happened to a message is found even when the answer to it was lost.
        "biz_opaque_callback_data": part.reference,
    }
    if part.reply_to and part.type != "reaction":
        body["context"] = {"message_id": part.reply_to}
    return body


def _recipient(part: Part) -> dict[str, str]:
    """The phone where we know it (writing to it keeps it visible to us); with a plus, or Meta adds a country code."""
    phone = value_of(part.recipient, "phone")
    if phone:
        return {"to": f"+{phone}"}
    if part.template is not None and part.template.category.lower() == "authentication":
        raise Unsendable(PHONE_REQUIRED)
    user_id = value_of(part.recipient, "bsuid") or value_of(part.recipient, "parent_bsuid")
    if not user_id:
        raise Unsendable(RECIPIENT_MISSING)
    return {"recipient": user_id}


def _text(part: Part, _uploads: Uploads) -> dict[str, Any]:
    content: dict[str, Any] = {"body": part.text or ""}
    if part.data.get("preview_url"):
        content["preview_url"] = True
    return content


def _media(part: Part, uploads: Uploads) -> dict[str, Any]:
    file = part.media[0]
    content: dict[str, Any] = {"id": uploads[file.id]}
    if part.text and part.type in {"image", "video", "document"}:
        content["caption"] = part.text
    if part.type == "document":
        content["filename"] = file.name
    if part.type == "audio" and part.data.get("voice"):
        content["voice"] = True
    return content


def _location(part: Part, _uploads: Uploads) -> dict[str, Any]:
    """Coordinates as text, as Meta's pages show them."""
    place = {"latitude": str(float(part.data["latitude"])), "longitude": str(float(part.data["longitude"]))}
    return place | {key: part.data[key] for key in ("name", "address") if part.data.get(key)}


def _contacts(part: Part, _uploads: Uploads) -> list[dict[str, Any]]:
    return [contact_card(card) for card in part.data["contacts"]]


def _reaction(part: Part, _uploads: Uploads) -> dict[str, Any]:
    """An empty emoji takes the reaction away."""
    given = part.data.get("reaction") or {}
    target = given.get("message_id") or part.reply_to
    if not target:
        raise ValueError("no message to react to")
    return {"message_id": target, "emoji": given.get("emoji") or ""}


def _interactive(part: Part, uploads: Uploads) -> dict[str, Any]:
    # Without a token of the caller's, a form's answers name the message that brought it.
    given = {"token": part.reference, **part.data["interactive"]}
    return build_interactive(given, {str(ours): theirs for ours, theirs in uploads.items()})


def _template(part: Part, uploads: Uploads) -> dict[str, Any]:
    if part.template is None:
        raise Unsendable(TEMPLATE_MISSING)
    chosen = part.data.get("template") or {}
    names = {str(file.id): file.name for file in part.media}
    files = {str(ours): theirs for ours, theirs in uploads.items()}
    return fill_template(part.template, chosen.get("variables") or {}, files, names, part.reference)


_BUILDERS: dict[str, Callable[[Part, Uploads], Any]] = {
    "text": _text,
    **dict.fromkeys(("image", "video", "audio", "document", "sticker"), _media),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": _interactive,
    "template": _template,
}
