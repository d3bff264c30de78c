"""Check 4 of a send: is the body well-formed, and is every length within Meta's limits?"""

from collections.abc import Callable
from typing import Any

from madoguchi.simulator.graph import interactive
from madoguchi.simulator.graph.errors import GraphError, invalid, missing
from madoguchi.simulator.state import Json

ENVELOPE = {
    "messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data",
    "recipient_identity_key_hash", "category", "ttl_seconds", "direct_send_template_name", "messaging_account_id",
    "product_policy", "message_activity_sharing", "status", "message_id", "typing_indicator", "preview_url", "access_token", "appsecret_proof",
}  # fmt: skip
CALLBACK_DATA = 512
TEXT = 4096
CAPTION = 1024
CONTACTS = 257
LATITUDE, LONGITUDE = 90.0, 180.0


def check(body: Json) -> str:
    """The message's type. Raises 131008, 131009, 131051 or 100, naming the parameter."""
    envelope(body)
    kind = str(body.get("type", "text"))
    if kind not in CONTENT:
        raise GraphError(131051, f"Message type {kind!r} is not supported.")
    if kind not in body:
        raise missing(kind)
    CONTENT[kind](body[kind])
    return kind


def envelope(body: Json) -> None:
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(
            100,
            "The parameter messaging_product is required.",
            message="(#100) The parameter messaging_product is required.",
        )
    unknown = body.keys() - ENVELOPE - CONTENT.keys()
    if unknown:
        raise GraphError(
            100,
            f'Unexpected key "{min(unknown)}" on param "$".',
            message="(#100) Invalid parameter",
        )
    _text(body, "biz_opaque_callback_data", CALLBACK_DATA, required=False)
    if body.get("recipient_type", "individual") not in {"individual", "group"}:
        raise invalid("recipient_type", "must be one of {individual, group}.")
    context = body.get("context")
    if context is not None and (not isinstance(context, dict) or not isinstance(context.get("message_id"), str)):
        raise missing("context.message_id")


def _text(parent: Json, path: str, limit: int, *, required: bool = True) -> None:
    name = path.rsplit(".", 1)[-1]
    value = parent.get(name)
    if value is None or value == "":
        if required:
            raise missing(path)
        return
    if not isinstance(value, str):
        raise invalid(path, "must be a string.")
    if len(value) > limit:
        raise GraphError(
            100,
            f"{path}: must be at most {limit} characters long.",
            message=f"(#100) Param {path} must be at most {limit} characters long.",
        )


def _object(value: Any, path: str) -> Json:
    if not isinstance(value, dict):
        raise invalid(path, "must be an object.")
    return value


def _check_text(value: Any) -> None:
    text = _object(value, "text")
    _text(text, "text.body", TEXT)
    if not isinstance(text.get("preview_url", False), bool):
        raise invalid("text.preview_url", "must be a boolean.")


def asset(value: Any, path: str) -> Json:
    """An object with exactly one of `id` and `link`."""
    part = _object(value, path)
    if bool(part.get("id")) == bool(part.get("link")):
        raise GraphError(131008, f"{path}: exactly one of id and link is required.")
    link = part.get("link")
    if link and not str(link).startswith(("http://", "https://")):
        raise invalid(f"{path}.link", "must be an http or https address.")
    return part


def _media(kind: str, *, caption: bool) -> Callable[[Any], None]:
    def check_media(value: Any) -> None:
        part = asset(value, kind)
        if "caption" in part and not caption:
            raise GraphError(100, f"{kind}.caption is not allowed.", message="(#100) Invalid parameter")
        _text(part, f"{kind}.caption", CAPTION, required=False)
        if not isinstance(part.get("voice", False), bool):
            raise invalid(f"{kind}.voice", "must be a boolean.")

    return check_media


def _check_location(value: Any) -> None:
    location = _object(value, "location")
    for name, limit in (("latitude", LATITUDE), ("longitude", LONGITUDE)):
        if location.get(name) in (None, ""):
            raise missing(f"location.{name}")
        try:
            within = abs(float(location[name])) <= limit
        except (TypeError, ValueError):
            within = False
        if not within:
            raise invalid(f"location.{name}", f"must be a number between -{limit:g} and {limit:g}.")


def _check_contacts(value: Any) -> None:
    if not isinstance(value, list) or not value:
        raise invalid("contacts", "must be a list of at least one contact.")
    if len(value) > CONTACTS:
        raise invalid("contacts", f"must be at most {CONTACTS} contacts.")
    for index, contact in enumerate(value):
        path = f"contacts[{index}].name"
        name = _object(_object(contact, f"contacts[{index}]").get("name"), path)
        if not name.get("formatted_name"):
            raise missing(f"{path}.formatted_name")
        others = {"first_name", "last_name", "middle_name", "suffix", "prefix"}
        if not others & {key for key, part in name.items() if part}:
            raise GraphError(131008, f"{path}: formatted_name needs at least one further part of the name.")


def _check_reaction(value: Any) -> None:
    reaction = _object(value, "reaction")
    if not reaction.get("message_id"):
        raise missing("reaction.message_id")
    if not isinstance(reaction.get("emoji"), str):
        raise missing("reaction.emoji")


def _check_template(value: Any) -> None:
    template = _object(value, "template")
    _text(template, "template.name", 512)
    language = _object(template.get("language") or {}, "template.language")
    if not language.get("code"):
        raise missing("template.language.code")
    components = template.get("components", [])
    if not isinstance(components, list) or not all(isinstance(c, dict) for c in components):
        raise invalid("template.components", "must be a list of objects.")


CONTENT: dict[str, Callable[[Any], None]] = {
    "text": _check_text,
    "image": _media("image", caption=True),
    "video": _media("video", caption=True),
    "audio": _media("audio", caption=False),
    "document": _media("document", caption=True),
    "sticker": _media("sticker", caption=False),
    "location": _check_location,
    "contacts": _check_contacts,
    "reaction": _check_reaction,
    "interactive": lambda value: interactive.check(_object(value, "interactive")),
    "template": _check_template,
}
