"""The parts of a template and the blanks in them.

Keys of the blanks: "1", "2" … or the name for the body; "header.1" for a text in the header, "header.media_id" for its
file, "header.latitude" … for its place, "header.product_id" and "header.catalog_id"; "offer.expires_at"; "button.0" for
the end of a link, a coupon's code or a form's token; "button.0.products", "button.0.thumbnail", "button.0.data". A card's
blanks have "card.0." before them.
"""

import re
from collections.abc import Mapping
from typing import Any

from madoguchi.channels.base import RenderedTemplate, Template, TemplateVariable
from madoguchi.channels.whatsapp.template_cards import cards_of, on_card, values_of

BLANK = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_MEDIA = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}


def component(template: Template, kind: str) -> dict[str, Any]:
    """The component of that kind, or an empty one. Meta's letters are now upper, now lower case."""
    return next((each for each in template.components if str(each.get("type")).upper() == kind), {})


def buttons_of(template: Template) -> list[dict[str, Any]]:
    found = component(template, "BUTTONS").get("buttons")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def kind_of(each: Mapping[str, Any], key: str = "type") -> str:
    return str(each.get(key) or "").upper()


def is_authentication(template: Template) -> bool:
    return template.category.lower() == "authentication"


def is_named(template: Template) -> bool:
    return template.parameter_format.lower() == "named"


def body_text(template: Template) -> str:
    """Meta writes the body of an authentication template itself; all we know of it is that it shows the code."""
    text = component(template, "BODY").get("text")
    return text if isinstance(text, str) else ("{{1}}" if is_authentication(template) else "")


def blanks(text: Any, *, named: bool) -> list[str]:
    """The blanks of a text, each once: by number, or in the order of reading."""
    found = list(dict.fromkeys(BLANK.findall(text))) if isinstance(text, str) else []
    return found if named else sorted(found, key=lambda blank: (len(blank), blank))


def header_format(template: Template) -> str:
    header = component(template, "HEADER")
    return kind_of(header, "format") or ("TEXT" if header else "")


def template_variables(template: Template) -> list[TemplateVariable]:
    if is_authentication(template):
        return [TemplateVariable("body", "1", _example(component(template, "BODY"), "body", 0, ""), kind="code")]
    found = [*_header_variables(template), *_body_variables(template), *_offer_variables(template)]
    found += _button_variables(template)
    for index, card in enumerate(cards_of(template)):
        found += on_card(index, template_variables(card))
    return found


def _header_variables(template: Template) -> list[TemplateVariable]:
    header, form = component(template, "HEADER"), header_format(template)
    if form in _MEDIA:
        return [TemplateVariable("header", "header.media_id", kind=_MEDIA[form])]  # type: ignore[arg-type]
    if form == "LOCATION":
        needed = [TemplateVariable("header", f"header.{key}", kind="location") for key in ("latitude", "longitude")]
        named = ("name", "address")
        more = [TemplateVariable("header", f"header.{key}", kind="location", required=False) for key in named]
        return [*needed, *more]
    if form == "PRODUCT":
        return [TemplateVariable("header", f"header.{key}", kind="product") for key in ("product_id", "catalog_id")]
    found = blanks(header.get("text"), named=is_named(template))[:1]
    return [TemplateVariable("header", "header.1", _example(header, "header", 0, name), name) for name in found]


def _body_variables(template: Template) -> list[TemplateVariable]:
    body, named = component(template, "BODY"), is_named(template)
    return [
        TemplateVariable("body", name, _example(body, "body", index, name), name if named else "")
        for index, name in enumerate(blanks(body_text(template), named=named))
    ]


def offer_of(template: Template) -> dict[str, Any] | None:
    found = component(template, "LIMITED_TIME_OFFER")
    inner = found.get("limited_time_offer")
    return inner if isinstance(inner, dict) else (found or None)


def _offer_variables(template: Template) -> list[TemplateVariable]:
    offer = offer_of(template)
    return [TemplateVariable("offer", "offer.expires_at", kind="time")] if offer and offer.get("has_expiration") else []


def _button_variables(template: Template) -> list[TemplateVariable]:
    found = []
    for index, button in enumerate(buttons_of(template)):
        label = str(button.get("text") or "")
        if kind_of(button) == "URL" and BLANK.search(str(button.get("url") or "")):
            found.append(TemplateVariable("button", f"button.{index}", _link_example(button), label, "url"))
        elif kind_of(button) == "COPY_CODE":
            found.append(TemplateVariable("button", f"button.{index}", _first_example(button), label, "code"))
        elif kind_of(button) == "MPM":
            found.append(TemplateVariable("button", f"button.{index}.products", "", label, "products"))
            found.append(TemplateVariable("button", f"button.{index}.thumbnail", "", label, "product", required=False))
        elif kind_of(button) == "CATALOG":
            found.append(TemplateVariable("button", f"button.{index}.thumbnail", "", label, "product", required=False))
        elif kind_of(button) == "FLOW":
            found.append(TemplateVariable("button", f"button.{index}.data", "", label, "data", required=False))
    return found


def _first_example(button: Mapping[str, Any]) -> str:
    example = button.get("example")
    return str(example[0] if isinstance(example, list) and example else example or "")


def _link_example(button: Mapping[str, Any]) -> str:
    """Meta's example is the whole address; the blank is its end."""
    example = _first_example(button)
    return example.removeprefix(str(button["url"]).partition("{{")[0])


def _example(part: Mapping[str, Any], where: str, index: int, name: str) -> str:
    """The sample that was submitted with the template."""
    given = part.get("example")
    if not isinstance(given, dict):
        return ""
    for each in given.get(f"{where}_text_named_params") or []:
        if isinstance(each, dict) and each.get("param_name") == name:
            return str(each.get("example") or "")
    samples = given.get(f"{where}_text") or []
    if samples and isinstance(samples[0], list):
        samples = samples[0]
    return str(samples[index]) if isinstance(samples, list) and index < len(samples) else ""


# --- what the customer will read ------------------------------------------------------------------


def render_template(template: Template, variables: Mapping[str, str]) -> RenderedTemplate:
    header = component(template, "HEADER")
    form = header_format(template)
    footer = component(template, "FOOTER").get("text")
    return RenderedTemplate(
        body=fill(body_text(template), variables),
        header=_one_blank(str(header.get("text") or ""), variables.get("header.1")) if form == "TEXT" else None,
        footer=footer if isinstance(footer, str) else None,
        buttons=tuple(
            _button(each, variables.get("1" if is_authentication(template) else f"button.{index}"))
            for index, each in enumerate(buttons_of(template))
        ),
        media=_media(form, variables),
        offer=_offer(template, variables),
        cards=tuple(
            render_template(card, values_of(index, variables)) for index, card in enumerate(cards_of(template))
        ),
    )


def _offer(template: Template, variables: Mapping[str, str]) -> dict[str, Any] | None:
    offer = offer_of(template)
    if offer is None:
        return None
    ends = variables.get("offer.expires_at")
    return {"text": str(offer.get("text") or "")} | ({"expires_at": ends} if ends else {})


def fill(text: str, variables: Mapping[str, str]) -> str:
    return BLANK.sub(lambda found: str(variables.get(found[1], found[0])), text)


def _one_blank(text: str, value: str | None) -> str:
    return BLANK.sub(lambda found: found[0] if value is None else value, text)


def _media(form: str, variables: Mapping[str, str]) -> dict[str, Any] | None:
    if form in _MEDIA:
        return {"type": _MEDIA[form], "media_id": variables.get("header.media_id")}
    if form == "LOCATION":
        place = {key: variables.get(f"header.{key}") for key in ("latitude", "longitude", "name", "address")}
        return {"type": "location", **place}
    if form == "PRODUCT":
        return {"type": "product", "product_id": variables.get("header.product_id")}
    return None


def _button(button: Mapping[str, Any], value: str | None) -> dict[str, Any]:
    shown = {"type": kind_of(button).lower(), "text": str(button.get("text") or "")}
    if isinstance(button.get("url"), str):
        shown["url"] = _one_blank(button["url"], value)
    if isinstance(button.get("phone_number"), str):
        shown["phone_number"] = button["phone_number"]
    return shown
