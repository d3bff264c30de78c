"""A template with its values, as Meta wants to be told."""

from collections.abc import Mapping
from typing import Any

from madoguchi.channels.base import Template
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
)

Shape = dict[str, Any]
Values = Mapping[str, str]


def fill_template(
    template: Template, values: Values, uploads: Mapping[str, str], names: Mapping[str, str], reference: str
) -> Shape:
    """`uploads` and `names` are keyed by our media id; `reference` comes back with a form's answers."""
    parts = [
        _part("header", _header(template, values, uploads, names)),
        _part("body", _texts(body_text(template), values, named=is_named(template))),
        *_buttons(template, values, reference),
    ]
    shape: Shape = {"name": template.name, "language": {"code": template.language}}
    components = [part for part in parts if part is not None]
    return shape | ({"components": components} if components else {})


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
        return _button("flow", index, {"type": "action", "action": {"flow_token": value or reference}})
    return None


def _button(kind: str, index: int, parameter: Shape) -> Shape:
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}
