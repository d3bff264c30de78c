"""What a caller asks to send: the body of `POST /conversations/{id}/messages`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from madoguchi.channels.base import Draft, OutboundMedia, Template
from madoguchi.core import clock
from madoguchi.core.errors import FieldError

FURTHEST = timedelta(days=366)
MEDIA_TYPES = ("image", "video", "audio", "document", "sticker")


class TemplateChoice(Struct, frozen=True):
    """`variables`: "1", "2" … or names for the body, "header.1", "header.media_id", "button.0", "card.0.1", "offer.expires_at".

    `GET /inboxes/{id}/templates` names those of each template. A list fills "1", "2" …
    """

    name: str
    language: str
    variables: dict[str, str] | list[str] = field(default_factory=dict)

    def values(self) -> dict[str, str]:
        """By key, however they were given."""
        if isinstance(self.variables, list):
            return {str(number): value for number, value in enumerate(self.variables, start=1)}
        return self.variables


class ReactionChoice(Struct, frozen=True):
    """`emoji` None or empty takes the reaction away."""

    message_id: UUID
    emoji: str | None = None


_INTERACTIVE = Meta(
    description="By `kind`: buttons, list, cta_url, location_request, product, product_list, catalog, carousel,"
    " product_carousel, flow, address, contact_request, call_permission. See the channel's page.",
    examples=[
        {"kind": "buttons", "body": "Shall we hold it?", "buttons": [{"id": "yes", "title": "Yes"}]},
        {"kind": "cta_url", "body": "Our menu", "display_text": "Open", "url": "https://example.com/menu"},
        {
            "kind": "product_list",
            "header": "Beans",
            "body": "Fresh today",
            "catalog_id": "400000000000001",
            "sections": [{"title": "Light", "products": ["beans-house-200"]}],
        },
        {"kind": "flow", "body": "Book a table", "button": "Book", "flow_id": "600000000000001"},
        {"kind": "contact_request", "body": "May we have your number?"},
    ],
)


class Person(Struct, frozen=True):
    """A recipient as a letter names them."""

    address: str
    name: str = ""


class Letter(Struct, frozen=True):
    """What only a letter has. Without `to` the conversation's contact gets it; without `subject` it answers the one there."""

    subject: str | None = None
    to: list[Person] = field(default_factory=list)
    cc: list[Person] = field(default_factory=list)
    bcc: list[Person] = field(default_factory=list)

    def stored(self) -> dict[str, Any]:
        data: dict[str, Any] = {"subject": self.subject} if self.subject else {}
        people = {"to": self.to, "cc": self.cc, "bcc": self.bcc}
        return data | {name: [msgspec.structs.asdict(p) for p in given] for name, given in people.items() if given}


class MessageDraft(Struct, frozen=True, kw_only=True):
    """`claim` is the conversation's claim the writer saw; a stale one is refused. `mentions`: the agents a note names.

    `send_at`: not before then, at most a year ahead; when the time has come the rules are asked again, and where they say no,
    the message stays `scheduled` and its `schedule.needs` says why. `hold`: seconds it can still be taken back before it
    leaves.

    `link_preview`: whether the customer sees a preview of the first link; where the channel can choose, the default is yes.
    """

    type: Literal[
        "text",
        "image",
        "video",
        "audio",
        "document",
        "sticker",
        "template",
        "interactive",
        "location",
        "contacts",
        "reaction",
        "note",
    ]
    text: str | None = None
    media_id: UUID | None = None
    media_ids: list[UUID] = field(default_factory=list)
    caption: str | None = None
    voice: bool = False
    link_preview: bool | None = None
    template: TemplateChoice | None = None
    interactive: Annotated[dict[str, Any] | None, _INTERACTIVE] = None
    location: dict[str, Any] | None = None
    contacts: list[dict[str, Any]] | None = None
    reaction: ReactionChoice | None = None
    claim: int | None = None
    reply_to: UUID | None = None
    mentions: list[UUID] = field(default_factory=list)
    send_at: datetime | None = None
    hold: Annotated[int, Meta(ge=0, le=30)] = 0
    letter: Letter | None = None


_REQUIRED: dict[str, str] = {
    "text": "text",
    "note": "text",
    "template": "template",
    "interactive": "interactive",
    "location": "location",
    "contacts": "contacts",
    "reaction": "reaction",
    **dict.fromkeys(MEDIA_TYPES, "media_id"),
}
_CONTENTS = sorted(set(_REQUIRED.values()) - {"text"})


def check_shape(draft: MessageDraft) -> list[FieldError]:
    """Is everything there that its type needs? Limits and rules are the channel's and the policy's."""
    needed = _REQUIRED[draft.type]
    value = getattr(draft, needed)
    empty = value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip())
    # A letter may be its files alone.
    if empty and not (draft.type == "text" and draft.media_ids):
        return [FieldError(needed, f"A message of type {draft.type} needs {needed}.")]
    # A second content would be sent, or stored, half.
    foreign = [name for name in _CONTENTS if name != needed and getattr(draft, name) is not None]
    if foreign:
        return [FieldError(name, f"This does not belong to a message of type {draft.type}.") for name in foreign]
    return check_time(draft.send_at)


def check_time(send_at: datetime | None) -> list[FieldError]:
    if send_at is None:
        return []
    if send_at.tzinfo is None:
        return [FieldError("send_at", "The time needs a zone, for example 2026-11-22T09:00:00Z.")]
    if send_at - clock.now() > FURTHEST:
        return [FieldError("send_at", f"At most {FURTHEST.days} days ahead.")]
    return []


def named_files(draft: MessageDraft) -> list[tuple[str, str]]:
    """The uploads that a template's header, a header or a card names: field and id, each id once."""
    found: dict[str, str] = {}
    variables = draft.template.values() if draft.template else {}
    for key, value in variables.items():  # the header's, and those of the cards
        if key.endswith("header.media_id") and value:
            found.setdefault(value, f"template.variables.{key}")
    shown = draft.interactive or {}
    cards = shown.get("cards")
    for index, place in enumerate([shown, *(cards if isinstance(cards, list) else [])]):
        header = place.get("header") if isinstance(place, dict) else None
        if isinstance(header, dict) and isinstance(header.get("media_id"), str):
            at = f"cards.{index - 1}.header" if index else "header"
            found.setdefault(header["media_id"], f"interactive.{at}.media_id")
    return [(field, text) for text, field in found.items()]


def with_files(draft: MessageDraft, files: Mapping[str, str]) -> MessageDraft:
    """The draft that names others where `files` says so; the same draft when none is another."""
    if all(before == after for before, after in files.items()):
        return draft
    template = draft.template
    if template:
        variables = {key: files.get(value, value) for key, value in template.values().items()}
        template = msgspec.structs.replace(template, variables=variables)
    shown = _renamed(draft.interactive, files) if draft.interactive else draft.interactive
    return msgspec.structs.replace(draft, template=template, interactive=shown)


def _renamed(value: Any, files: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: files.get(each, each) if key == "media_id" and isinstance(each, str) else _renamed(each, files)
            for key, each in value.items()
        }
    return [_renamed(each, files) for each in value] if isinstance(value, list) else value


def channel_draft(draft: MessageDraft, media: tuple[OutboundMedia, ...], template: Template | None) -> Draft:
    """The same message in the channel's words."""
    return Draft(
        type=draft.type, text=draft.text or draft.caption, data=stored_data(draft), media=media, template=template
    )


def stored_data(draft: MessageDraft) -> dict[str, Any]:
    """What `messages.data` keeps of it, in the neutral shapes of the API."""
    data: dict[str, Any] = {}
    if draft.template is not None:
        data["template"] = {
            "name": draft.template.name,
            "language": draft.template.language,
            "variables": draft.template.values(),
        }
    if draft.interactive is not None:
        data["interactive"] = draft.interactive
    if draft.location is not None:
        data |= draft.location
    if draft.contacts is not None:
        data["contacts"] = draft.contacts
    if draft.voice:
        data["voice"] = True
    if draft.link_preview is not None:
        data["link_preview"] = draft.link_preview
    if draft.letter is not None:
        data |= draft.letter.stored()
    return data
