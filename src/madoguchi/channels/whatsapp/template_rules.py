"""Would Meta take this template for review? Asked while somebody writes it, so that every mistake has its place.

Limits and rules: Meta's pages on templates and their components; lengths are counted in code points, as Meta counts.
"""

import re
from typing import Any

from madoguchi.channels.base import RuleBroken, TemplateDraft
from madoguchi.channels.whatsapp.broken_rules import Broken, kind, objects
from madoguchi.channels.whatsapp.template_blanks import check_examples, check_places, check_text
from madoguchi.channels.whatsapp.template_buttons import check_buttons
from madoguchi.channels.whatsapp.template_codes import check_codes

_NAME, _LANGUAGE = re.compile(r"[a-z0-9_]+"), re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?")
_LONGEST_NAME, _HEADER, _BODY, _BODY_OF_OFFER, _FOOTER, _OFFER, _CARD = 512, 60, 1024, 600, 60, 16, 160
_CARDS, _BUTTONS_OF_CARD, _BREAKS_OF_CARD = (2, 10), 2, 2
_CATEGORIES = {"marketing", "utility", "authentication"}
_FORMATS = {"TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION", "PRODUCT"}
_FILES = {"IMAGE", "VIDEO", "DOCUMENT"}
_PARTS = {"HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER", "CALL_PERMISSION_REQUEST"}
_FORMATTING = re.compile(r"[*_~`\n\r]")
_LIVES = {"authentication": (30, 900), "utility": (30, 43_200), "marketing": (43_200, 2_592_000)}
_FOREVER = -1


def check_definition(draft: TemplateDraft) -> list[RuleBroken]:
    broken = Broken()
    _check_head(broken, draft)
    parts = _parts(broken, draft.components)
    if draft.category.lower() == "authentication":
        check_codes(broken, parts)
    else:
        _check_parts(broken, parts, draft)
    return broken.found


def _check_head(broken: Broken, draft: TemplateDraft) -> None:
    name = broken.text("name", draft.name, _LONGEST_NAME)
    if name and not _NAME.fullmatch(name):
        broken.add("name", "name", "A name has lowercase letters, digits and underscores only.")
    if not _LANGUAGE.fullmatch(draft.language):
        broken.add("language", "language", "This must be a language such as en, en_US or ja.")
    category = draft.category.lower()
    if category not in _CATEGORIES:
        broken.add("category", "category", "This must be marketing, utility or authentication.")
    if draft.parameter_format.lower() not in {"positional", "named"}:
        broken.add("parameter_format", "parameter_format", "This must be positional or named.")
    if draft.ttl_seconds is not None and not (draft.ttl_seconds == _FOREVER and category != "marketing"):
        broken.number("ttl_seconds", draft.ttl_seconds, *_LIVES.get(category, (30, 2_592_000)))


def _parts(broken: Broken, components: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    parts: dict[str, dict[str, Any]] = {}
    for component in objects(components):
        which = kind(component)
        if which not in _PARTS:
            broken.add(which.lower()[:40] or "components", "part", "A template has no such part.")
        elif which in parts:
            broken.add(which.lower(), "twice", "Each part may be there once.")
        else:
            parts[which] = component
    return parts


def _check_parts(broken: Broken, parts: dict[str, dict[str, Any]], draft: TemplateDraft) -> None:
    named, offer = draft.parameter_format.lower() == "named", "LIMITED_TIME_OFFER" in parts
    _check_body(broken, "body", parts.get("BODY", {}), _BODY_OF_OFFER if offer else _BODY, named=named)
    if "HEADER" in parts:
        _check_header(broken, "header", parts["HEADER"], named=named)
    if "FOOTER" in parts:
        _check_footer(broken, parts["FOOTER"])
    if "BUTTONS" in parts:
        check_buttons(broken, "buttons", parts["BUTTONS"].get("buttons"), offer=offer)
    if offer:
        _check_offer(broken, parts, draft)
    if "CAROUSEL" in parts:
        _check_carousel(broken, parts, named=named)


def _check_body(broken: Broken, field: str, body: dict[str, Any], limit: int, *, named: bool) -> None:
    text = broken.text(f"{field}.text", body.get("text"), limit)
    if not text:
        return
    names = check_text(broken, f"{field}.text", text, named=named)
    check_places(broken, f"{field}.text", text)
    check_examples(broken, f"{field}.example", "body", body.get("example"), names, named=named, limit=limit)


def _check_header(broken: Broken, field: str, header: dict[str, Any], *, named: bool) -> None:
    form = kind(header, "format") or "TEXT"
    if form not in _FORMATS:
        broken.add(
            f"{field}.format", "header_format", "A heading is a text, picture, video, document, place or product."
        )
    elif form in _FILES:
        _check_sample(broken, field, header)
    elif form == "TEXT":
        text = broken.text(f"{field}.text", header.get("text"), _HEADER)
        names = check_text(broken, f"{field}.text", text, named=named, most=1)
        # An underscore belongs to the name of a variable.
        if _FORMATTING.search(re.sub(r"\{\{[^{}]*\}\}", "", text)):
            broken.add(f"{field}.text", "formatting", "A heading has no formatting marks and no line breaks.")
        check_examples(broken, f"{field}.example", "header", header.get("example"), names, named=named, limit=_HEADER)


def _check_sample(broken: Broken, field: str, header: dict[str, Any]) -> None:
    example = header.get("example")
    given = example if isinstance(example, dict) else {}
    handles = given.get("header_handle")
    if not given.get("media_id") and not (isinstance(handles, list) and handles and handles[0]):
        broken.add(f"{field}.example", "sample_missing", "Choose a file that shows Meta what the heading will be like.")


def _check_footer(broken: Broken, footer: dict[str, Any]) -> None:
    text = broken.text("footer.text", footer.get("text"), _FOOTER)
    if "{{" in text:
        broken.add("footer.text", "no_variables", "A footer has no variables.")


def _check_offer(broken: Broken, parts: dict[str, dict[str, Any]], draft: TemplateDraft) -> None:
    offer = parts["LIMITED_TIME_OFFER"].get("limited_time_offer")
    broken.text("limited_time_offer.text", offer.get("text") if isinstance(offer, dict) else None, _OFFER)
    if draft.category.lower() != "marketing":
        broken.add("category", "offer_is_marketing", "A limited-time offer belongs to the category marketing.")
    if "FOOTER" in parts:
        broken.add("footer", "offer_without_footer", "A template with a limited-time offer has no footer.")
    if kind(parts.get("HEADER", {}), "format") in {"TEXT", "DOCUMENT", "LOCATION"}:
        broken.add("header.format", "offer_header", "A limited-time offer may have a picture or a video as heading.")


def _check_carousel(broken: Broken, parts: dict[str, dict[str, Any]], *, named: bool) -> None:
    for part in ("HEADER", "FOOTER", "BUTTONS"):
        if part in parts:
            message = "Beside a carousel there is only the body; the rest stands on the cards."
            broken.add(part.lower(), "beside_carousel", message)
    cards = objects(parts["CAROUSEL"].get("cards"))
    least, most = _CARDS
    if not least <= len(cards) <= most:
        message = f"A carousel has {least} to {most} cards; there are {len(cards)}."
        broken.add("cards", "card_count", message, least=least, most=most, given=len(cards))
    shapes = [_check_card(broken, f"cards.{index}", card, named=named) for index, card in enumerate(cards)]
    for index, shape in enumerate(shapes):
        if shape != shapes[0]:
            broken.add(f"cards.{index}", "card_shape", "Every card has the same parts and buttons as the first one.")


def _check_card(broken: Broken, field: str, card: dict[str, Any], *, named: bool) -> tuple[Any, ...]:
    """What has to be the same on every card."""
    parts = {kind(each): each for each in objects(card.get("components"))}
    header, body = parts.get("HEADER", {}), parts.get("BODY", {})
    form = kind(header, "format")
    if form not in {"IMAGE", "VIDEO", "PRODUCT"}:
        broken.add(f"{field}.header.format", "card_header", "A card has a picture or a video on top.")
    elif form != "PRODUCT":
        _check_sample(broken, f"{field}.header", header)
    if body:
        _check_body(broken, f"{field}.body", body, _CARD, named=named)
        if str(body.get("text") or "").count("\n") > _BREAKS_OF_CARD:
            broken.add(f"{field}.body.text", "line_breaks", "A card's text has at most two line breaks.")
    buttons = parts.get("BUTTONS", {}).get("buttons")
    if form != "PRODUCT" or buttons:
        check_buttons(broken, f"{field}.buttons", buttons, most=_BUTTONS_OF_CARD)
    return form, bool(body), [kind(each) for each in objects(buttons)]
