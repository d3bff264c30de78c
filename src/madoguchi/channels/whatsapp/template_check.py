"""Would Meta take this template with these values? Found here, it is not counted against the number's quality."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from madoguchi.channels.base import Draft, RenderedTemplate, Template, TemplateVariable
from madoguchi.channels.manifest import Capabilities
from madoguchi.channels.whatsapp.file_check import check_header_file
from madoguchi.channels.whatsapp.findings import Findings
from madoguchi.channels.whatsapp.template_cards import cards_of, prefix
from madoguchi.channels.whatsapp.template_parts import (
    buttons_of,
    header_format,
    is_authentication,
    kind_of,
    render_template,
    template_variables,
)
from madoguchi.channels.whatsapp.template_products import section_error

_AT = "template.variables"
_BODY, _HEADER, _LINK, _COUPON, _CODE, _PAYLOAD, _PRODUCT = 1024, 60, 2000, 20, 15, 256, 256
_FORBIDDEN = re.compile(r"[\n\r\t]| {4}")
_CARD_BODY, _OFFER_BODY = 160, 600
# Payments are of two countries; moving pictures are for Meta's other way of sending.
_UNSUPPORTED_BUTTONS = {"ORDER_DETAILS"}
_UNSUPPORTED_HEADERS = {"GIF"}


def check_template(draft: Draft, capabilities: Capabilities, findings: Findings) -> None:
    template, chosen = draft.template, draft.data.get("template")
    chosen = chosen if isinstance(chosen, dict) else {}
    if template is None:
        findings.add("template.name", "There is no template of this name and language in this inbox.")
        return
    _check_identity(template, chosen, findings)
    if _check_parts(template, findings):
        values = chosen.get("variables") or {}
        _check_values(template, values, findings)
        _check_file(draft, template, values, capabilities, findings)


def _check_identity(template: Template, chosen: dict[str, Any], findings: Findings) -> None:
    for key, is_so in (("name", template.name), ("language", template.language)):
        if chosen.get(key, is_so) != is_so:
            findings.add(f"template.{key}", f"The template's {key} is {is_so}.")
    if template.status.lower() != "approved":
        findings.add(
            "template.name", f"The template is {template.status.lower()}; only approved templates can be sent."
        )


def _check_parts(template: Template, findings: Findings) -> bool:
    kinds = {kind_of(each) for each in buttons_of(template)} & _UNSUPPORTED_BUTTONS
    kinds |= {header_format(each) for each in (template, *cards_of(template))} & _UNSUPPORTED_HEADERS
    for kind in sorted(kinds):
        findings.add("template.name", f"Templates with the part {kind.lower()} cannot be sent from here.")
    return not kinds


def _check_values(template: Template, values: Any, findings: Findings) -> None:
    if not isinstance(values, dict):
        findings.add(_AT, "This must be an object of keys and texts.")
        return
    wanted = template_variables(template)
    good = [_check_value(variable, values, findings) for variable in wanted]
    optional = _payloads(template)
    for index, card in enumerate(cards_of(template)):
        optional |= {prefix(index) + key for key in _payloads(card)}
    for key in sorted(values.keys() - {variable.key for variable in wanted}):
        if key not in optional:
            findings.add(f"{_AT}.{key}", "The template has no such variable.")
        else:
            findings.text(f"{_AT}.{key}", values[key], _PAYLOAD, required=False)
    if all(good):
        _check_lengths(template, {key: str(value) for key, value in values.items()}, findings)


def _payloads(template: Template) -> set[str]:
    """What may be given and is no blank: what a tap on a button tells us, a form's token."""
    if is_authentication(template):
        return set()
    buttons = enumerate(buttons_of(template))
    return {f"button.{index}" for index, button in buttons if kind_of(button) in {"QUICK_REPLY", "FLOW"}}


def _check_value(variable: TemplateVariable, values: dict[str, Any], findings: Findings) -> bool:
    field, value = f"{_AT}.{variable.key}", values.get(variable.key)
    if not findings.text(field, value, 32_768, required=variable.required):
        return False
    if value and variable.kind == "text" and _FORBIDDEN.search(value):
        findings.add(field, "Line breaks, tabs and four or more spaces in a row are not allowed.")
        return False
    rule = _RULES.get((variable.component, variable.kind))
    if value and rule and not rule[0].fullmatch(value):
        findings.add(field, rule[1])
        return False
    if value and variable.kind == "location":
        return _check_place(field, variable.key[variable.key.index("header.") :], value, findings)
    if value and variable.kind in _READABLE and (error := _READABLE[variable.kind](value)):
        findings.add(field, error)
        return False
    return True


def _time_error(value: str) -> str | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return "This must be a time, for example 2026-12-24T18:00:00+09:00."
    return None if moment.tzinfo else "The time needs a zone, for example 2026-12-24T18:00:00+09:00."


def _data_error(value: str) -> str | None:
    try:
        found = msgspec.json.decode(value)
    except msgspec.MsgspecError:
        found = None
    return None if isinstance(found, dict) and found else "This must be a JSON object that is not empty."


def _product_error(value: str) -> str | None:
    return None if len(value) <= _PRODUCT else f"At most {_PRODUCT} characters are allowed in a product's id."


_READABLE: dict[str, Callable[[str], str | None]] = {
    "time": _time_error,
    "data": _data_error,
    "product": _product_error,
    "products": section_error,
}


_RULES = {
    ("body", "code"): (re.compile(rf"\S{{1,{_CODE}}}"), f"A code has at most {_CODE} characters and no spaces."),
    ("button", "code"): (
        re.compile(rf"[A-Za-z0-9]{{1,{_COUPON}}}"),
        f"A coupon's code has at most {_COUPON} letters and digits.",
    ),
    ("button", "url"): (re.compile(r"[^\s{}]+"), "The end of a web address has no spaces."),
}


def _check_file(draft: Draft, template: Template, values: Any, capabilities: Capabilities, findings: Findings) -> None:
    if not isinstance(values, dict):
        return
    places = [("", template), *((prefix(index), card) for index, card in enumerate(cards_of(template)))]
    for start, each in places:
        key, kind = f"{start}header.media_id", header_format(each).lower()
        given = values.get(key)
        if kind in capabilities.media and isinstance(given, str) and given:
            check_header_file(f"{_AT}.{key}", kind, given, draft.media, capabilities, findings)


def _check_place(field: str, key: str, value: str, findings: Findings) -> bool:
    limit = {"header.latitude": 90, "header.longitude": 180}.get(key)
    if limit is None:
        return True
    try:
        fits = abs(float(value)) <= limit
    except ValueError:
        fits = False
    if not fits:
        findings.add(field, f"This must be a number between -{limit} and {limit}.")
    return fits


def _check_lengths(template: Template, values: dict[str, str], findings: Findings) -> None:
    """With the values in, since that is what Meta measures."""
    shown = render_template(template, values)
    _check_rendered(_AT, shown, _OFFER_BODY if shown.offer else _BODY, findings)
    for index, card in enumerate(shown.cards):
        _check_rendered(f"{_AT}.card.{index}", card, _CARD_BODY, findings)


def _check_rendered(at: str, shown: RenderedTemplate, most: int, findings: Findings) -> None:
    if len(shown.body) > most:
        findings.add(
            at, f"At most {most} characters are allowed in the body; with these values it has {len(shown.body)}."
        )
    if shown.header and len(shown.header) > _HEADER:
        message = f"At most {_HEADER} characters are allowed in the header; with this value it has {len(shown.header)}."
        findings.add(f"{at}.header.1", message)
    for index, button in enumerate(shown.buttons):
        if len(button.get("url") or "") > _LINK:
            findings.add(f"{at}.button.{index}", f"At most {_LINK} characters are allowed in a web address.")
