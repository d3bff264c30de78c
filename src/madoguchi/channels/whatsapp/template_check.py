"""Would Meta take this template with these values? Found here, it is not counted against the number's quality."""

import re
from typing import Any

from madoguchi.channels.base import Capabilities, Draft, Template, TemplateVariable
from madoguchi.channels.whatsapp.file_check import check_header_file
from madoguchi.channels.whatsapp.findings import Findings
from madoguchi.channels.whatsapp.template_parts import (
    buttons_of,
    header_format,
    is_authentication,
    kind_of,
    render_template,
    template_variables,
)

_AT = "template.variables"
_BODY, _HEADER, _LINK, _COUPON, _CODE, _PAYLOAD = 1024, 60, 2000, 20, 15, 256
_FORBIDDEN = re.compile(r"[\n\r\t]| {4}")
# Parts that need more than values for blanks: they come with catalogues and carousels.
_UNSUPPORTED_PARTS = {"CAROUSEL", "LIMITED_TIME_OFFER"}
_UNSUPPORTED_BUTTONS = {"MPM", "SPM", "CATALOG", "ORDER_DETAILS"}


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
    kinds = {kind_of(each) for each in template.components} & _UNSUPPORTED_PARTS
    kinds |= {kind_of(each) for each in buttons_of(template)} & _UNSUPPORTED_BUTTONS
    if header_format(template) in {"PRODUCT", "GIF"}:
        kinds.add(header_format(template))
    for kind in sorted(kinds):
        findings.add("template.name", f"Templates with the part {kind.lower()} cannot be sent from here.")
    return not kinds


def _check_values(template: Template, values: Any, findings: Findings) -> None:
    if not isinstance(values, dict):
        findings.add(_AT, "This must be an object of keys and texts.")
        return
    wanted = template_variables(template)
    good = [_check_value(variable, values, findings) for variable in wanted]
    optional = {
        f"button.{index}"
        for index, button in enumerate(buttons_of(template))
        if kind_of(button) in {"QUICK_REPLY", "FLOW"} and not is_authentication(template)
    }
    for key in sorted(values.keys() - {variable.key for variable in wanted}):
        if key not in optional:
            findings.add(f"{_AT}.{key}", "The template has no such variable.")
        else:
            findings.text(f"{_AT}.{key}", values[key], _PAYLOAD, required=False)
    if all(good):
        _check_lengths(template, {key: str(value) for key, value in values.items()}, findings)


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
    return not (value and variable.kind == "location" and not _check_place(field, variable.key, value, findings))


_RULES = {
    ("body", "code"): (re.compile(rf"\S{{1,{_CODE}}}"), f"A code has at most {_CODE} characters and no spaces."),
    ("button", "code"): (
        re.compile(rf"[A-Za-z0-9]{{1,{_COUPON}}}"),
        f"A coupon's code has at most {_COUPON} letters and digits.",
    ),
    ("button", "url"): (re.compile(r"[^\s{}]+"), "The end of a web address has no spaces."),
}


def _check_file(draft: Draft, template: Template, values: Any, capabilities: Capabilities, findings: Findings) -> None:
    kind = header_format(template).lower()
    given = values.get("header.media_id") if isinstance(values, dict) else None
    if kind in capabilities.media and isinstance(given, str) and given:
        check_header_file(f"{_AT}.header.media_id", kind, given, draft.media, capabilities, findings)


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
    if len(shown.body) > _BODY:
        findings.add(
            _AT, f"At most {_BODY} characters are allowed in the body; with these values it has {len(shown.body)}."
        )
    if shown.header and len(shown.header) > _HEADER:
        message = f"At most {_HEADER} characters are allowed in the header; with this value it has {len(shown.header)}."
        findings.add(f"{_AT}.header.1", message)
    for index, button in enumerate(shown.buttons):
        if len(button.get("url") or "") > _LINK:
            findings.add(f"{_AT}.button.{index}", f"At most {_LINK} characters are allowed in a web address.")
