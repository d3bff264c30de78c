"""A template with its values, as Meta wants to be told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from madoguchi.channels.base import Template
from madoguchi.channels.whatsapp.template_cards import cards_of, values_of
from madoguchi.channels.whatsapp.template_parts import (
    BLANK,
    blanks,
    body_text,
    buttons_of,
    component,
    header_format,
    is_authentication,
    is_named,
    kind_of,
    offer_of,
)
from madoguchi.channels.whatsapp.template_products import list_action

Shape = dict[str, Any]
Values = Mapping[str, str]


def fill_template(
    template: Template, values: Values, uploads: Mapping[str, str], names: Mapping[str, str], reference: str
) -> Shape:
    """`uploads` and `names` are keyed by our media id; `reference` comes back with a form's answers."""
    files = _Files(uploads, names, reference)
    components = [*_components(template, values, files), *_cards(template, values, files)]
    shape: Shape = {"name": template.name, "language": {"code": template.language}}
    return shape | ({"components": components} if components else {})


class _Files(NamedTuple):
    """What the parts need besides their values."""

    uploads: Mapping[str, str]
    names: Mapping[str, str]
    reference: str


def _components(template: Template, values: Values, files: _Files) -> list[Shape]:
    parts = [
        _part("header", _header(template, values, files.uploads, files.names)),
        _part("body", _texts(body_text(template), values, named=is_named(template))),
        _part("limited_time_offer", _offer(template, values)),
        *_buttons(template, values, files.reference),
    ]
    return [part for part in parts if part is not None]


def _cards(template: Template, values: Values, files: _Files) -> list[Shape]:
    """All of them, in the order in which the template has them, also those without blanks."""
    cards = [
        {"card_index": index, "components": _components(card, values_of(index, values), files)}
        for index, card in enumerate(cards_of(template))
    ]
    return [{"type": "carousel", "cards": cards}] if cards else []


def _offer(template: Template, values: Values) -> list[Shape]:
    ends = values.get("offer.expires_at")
    if not ends or offer_of(template) is None:
        return []
    milliseconds = int(datetime.fromisoformat(ends).timestamp() * 1000)
    return [{"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": milliseconds}}]


def _part(kind: str, parameters: list[Shape]) -> Shape | None:
    return {"type": kind, "parameters": parameters} if parameters else None


def _header(template: Template, values: Values, uploads: Mapping[str, str], names: Mapping[str, str]) -> list[Shape]:
    form = header_format(template)
    if form == "LOCATION":
        place = {key: values.get(f"header.{key}") for key in ("latitude", "longitude", "name", "address")}
        return [{"type": "location", "location": {key: value for key, value in place.items() if value}}]
    if form in {"IMAGE", "VIDEO", "DOCUMENT"}:
        ours = values["header.media_id"]
        file: Shape = {"id": uploads[ours]} | ({"filename": names[ours]} if form == "DOCUMENT" else {})
        return [{"type": form.lower(), form.lower(): file}]
    if form == "PRODUCT":
        product = {"product_retailer_id": values["header.product_id"], "catalog_id": values["header.catalog_id"]}
        return [{"type": "product", "product": product}]
    text, named = component(template, "HEADER").get("text"), is_named(template)
    return [_text(values["header.1"], name if named else None) for name in blanks(text, named=named)[:1]]


def _texts(text: str, values: Values, *, named: bool) -> list[Shape]:
    return [_text(values[name], name if named else None) for name in blanks(text, named=named)]


def _text(value: str, name: str | None) -> Shape:
    return {"type": "text"} | ({"parameter_name": name} if name else {}) | {"text": value}


def _buttons(template: Template, values: Values, reference: str) -> list[Shape]:
    if is_authentication(template):
        # The code goes into the button too, whatever kind of button Meta made of it.
        return [_button("url", 0, {"type": "text", "text": values["1"]})]
    found = (_one(index, each, values, reference) for index, each in enumerate(buttons_of(template)))
    return [each for each in found if each is not None]


def _one(index: int, button: Shape, values: Values, reference: str) -> Shape | None:
    kind, value = kind_of(button), values.get(f"button.{index}")
    if kind == "URL" and BLANK.search(str(button.get("url") or "")):
        return _button("url", index, {"type": "text", "text": values[f"button.{index}"]})
    if kind == "COPY_CODE":
        return _button("copy_code", index, {"type": "coupon_code", "coupon_code": values[f"button.{index}"]})
    if kind == "QUICK_REPLY" and value:
        return _button("quick_reply", index, {"type": "payload", "payload": value})
    if kind == "FLOW":
        data = values.get(f"button.{index}.data")
        action = {"flow_token": value or reference} | ({"flow_action_data": msgspec.json.decode(data)} if data else {})
        return _button("flow", index, {"type": "action", "action": action})
    return _products(kind, index, values)


def _products(kind: str, index: int, values: Values) -> Shape | None:
    thumbnail = values.get(f"button.{index}.thumbnail")
    if kind == "MPM":
        action = list_action(values[f"button.{index}.products"], thumbnail)
        return _button("mpm", index, {"type": "action", "action": action})
    if kind == "CATALOG" and thumbnail:
        return _button("catalog", index, {"type": "action", "action": {"thumbnail_product_retailer_id": thumbnail}})
    return None


def _button(kind: str, index: int, parameter: Shape) -> Shape:
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}
