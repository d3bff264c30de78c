"""What Meta demands of the components of a template when it is created or edited."""

import re
from itertools import pairwise
from typing import Any

from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.graph.template_send import VARIABLE, variables
from madoguchi.simulator.state import Json

BODY, HEADER, FOOTER, LABEL, URL = 1024, 60, 60, 25, 2000
BUTTONS = 10
AT_MOST = {"URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1}
WORDS_PER_VARIABLE = 2
NAMED = re.compile(r"[a-z][a-z0-9_]*")


def check_components(given: Any, category: str, form: str) -> list[Json]:
    """The components with their types in capitals. Raises 100 with the reason for the author."""
    if not isinstance(given, list) or not all(isinstance(c, dict) and c.get("type") for c in given):
        raise _refusal(2388043, "components must be a list of components, each with its type.")
    components = [{**c, "type": str(c["type"]).upper()} for c in given]
    kinds = [c["type"] for c in components]
    if "BODY" not in kinds:
        raise _refusal(2388043, "A template needs a body.")
    if len(set(kinds)) < len(kinds):
        raise _refusal(2388043, "Each component may occur once.")
    for component in components:
        _CHECKS.get(component["type"], _accept)(component, category, form)
    return components


def _refusal(subcode: int, words: str) -> GraphError:
    return GraphError(
        100,
        message="(#100) Invalid parameter",
        subcode=subcode,
        user_title="Message template not valid",
        user_message=words,
    )


def _accept(_component: Json, _category: str, _form: str) -> None:
    """Components such as a carousel are taken as they are."""


def _check_body(component: Json, category: str, form: str) -> None:
    if category == "AUTHENTICATION":
        return
    text = component.get("text") or ""
    if not text:
        raise _refusal(2388043, "The body needs text.")
    _check_length(text, BODY, "body")
    _check_variables(text, form)
    wanted = variables(text)
    if len(wanted) * WORDS_PER_VARIABLE > len(text.split()) and len(VARIABLE.sub("", text)) < 4 * len(wanted):
        raise _refusal(2388293, "This template has too many variables for its length.")
    _check_example(component, "body_text", len(wanted), form)


def _check_header(component: Json, _category: str, form: str) -> None:
    kind = str(component.get("format", "TEXT")).upper()
    component["format"] = kind
    if kind in {"IMAGE", "VIDEO", "DOCUMENT"}:
        if not (component.get("example") or {}).get("header_handle"):
            raise _refusal(2388273, "A media header needs an example.")
        return
    if kind != "TEXT":
        return
    text = component.get("text") or ""
    _check_length(text, HEADER, "header")
    wanted = variables(text)
    if len(wanted) > 1 or re.search(r"[*\n]", text):
        raise _refusal(2388047, "The header may have one variable and no formatting.")
    _check_example(component, "header_text", len(wanted), form)


def _check_footer(component: Json, _category: str, _form: str) -> None:
    text = component.get("text") or ""
    _check_length(text, FOOTER, "footer")
    if VARIABLE.search(text):
        raise _refusal(2388072, "The footer may have no variables.")


def _check_buttons(component: Json, _category: str, _form: str) -> None:
    buttons = component.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS:
        raise _refusal(2388043, f"A template may have 1 to {BUTTONS} buttons.")
    kinds = [str(b.get("type", "")).upper() for b in buttons]
    for kind, most in AT_MOST.items():
        if kinds.count(kind) > most:
            raise _refusal(2388043, f"A template may have at most {most} buttons of type {kind}.")
    quick = [kind == "QUICK_REPLY" for kind in kinds]
    if sum(a != b for a, b in pairwise(quick)) > 1:
        raise _refusal(2388043, "Quick replies must stand together.")
    for button, kind in zip(buttons, kinds, strict=True):
        button["type"] = kind
        _check_button(button, kind)


def _check_button(button: Json, kind: str) -> None:
    if kind not in {"OTP", "COPY_CODE"} and not button.get("text"):
        raise _refusal(2388043, "A button needs text.")
    _check_length(str(button.get("text") or ""), LABEL, "button")
    url = str(button.get("url") or "")
    if kind != "URL":
        return
    _check_length(url, URL, "button url")
    found = list(VARIABLE.finditer(url))
    if len(found) > 1 or (found and found[0].end() != len(url)):
        raise _refusal(2388043, "A button's address may have one variable, at its end.")
    if found and not button.get("example"):
        raise _refusal(2388043, "A button's address with a variable needs an example.")


def _check_length(text: str, limit: int, where: str) -> None:
    if len(text) > limit:
        raise _refusal(2388040, f"The {where} may be {limit} characters long at most.")


def _check_variables(text: str, form: str) -> None:
    stripped = text.strip()
    first = VARIABLE.match(stripped)
    last = list(VARIABLE.finditer(stripped))[-1:]
    if first or (last and last[0].end() == len(stripped)):
        raise _refusal(2388299, "Variables cannot be at the start or end of the template.")
    if stripped.count("{{") != len(VARIABLE.findall(stripped)):
        raise _refusal(2388043, "The braces do not match.")
    if re.search(r"\}\}\s*\{\{", stripped):
        raise _refusal(2388043, "Variables cannot stand beside each other.")
    names = variables(text)
    if form == "NAMED":
        fits = all(NAMED.fullmatch(n) for n in names)
    else:
        fits = sorted(names) == sorted(str(n) for n in range(1, len(names) + 1))
    if not fits:
        raise _refusal(2388043, "Variables must be numbered from 1, or named in lowercase.")


def _check_example(component: Json, key: str, count: int, form: str) -> None:
    if not count:
        return
    example = component.get("example") or {}
    named = example.get(f"{key}_named_params")
    positional = example.get(key) or []
    given = len(named or []) if form == "NAMED" else _width(positional)
    if given != count:
        raise _refusal(2388043, f"The component of type {component['type']} is missing expected field(s) (example).")


def _width(examples: list[Any]) -> int:
    first = examples[0] if examples else []
    return len(first) if isinstance(first, list) else len(examples)


_CHECKS = {
    "BODY": _check_body,
    "HEADER": _check_header,
    "FOOTER": _check_footer,
    "BUTTONS": _check_buttons,
}
