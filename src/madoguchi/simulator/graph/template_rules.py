"""What Meta demands of the components of a template when it is created or edited."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from madoguchi.simulator.graph import template_parts
from madoguchi.simulator.graph.template_buttons import check_buttons
from madoguchi.simulator.graph.template_refusal import FORMAT, check_length, refusal
from madoguchi.simulator.graph.template_send import VARIABLE, variables
from madoguchi.simulator.state import Json

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

BODY, OFFER_BODY, HEADER, FOOTER = 1024, 600, 60, 60
HEADERS = {"TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION", "PRODUCT", "GIF"}
SAMPLES = {
    "IMAGE": {"image/jpeg", "image/png"},
    "VIDEO": {"video/mp4", "video/3gpp"},
    "DOCUMENT": {"application/pdf"},
    "GIF": {"video/mp4"},
}
WORDS_PER_VARIABLE = 2
NAMED = re.compile(r"[a-z][a-z0-9_]*")
TTL = {"AUTHENTICATION": (30, 900), "UTILITY": (30, 43_200), "MARKETING": (43_200, 2_592_000)}


@dataclass(slots=True, frozen=True)
class Wish:
    """What a template shall be, as far as the rules of its parts depend on it."""

    sim: "Simulator"
    category: str
    form: str
    components: list[Json]

    @property
    def kinds(self) -> list[str]:
        return [c["type"] for c in self.components]


def check_components(sim: "Simulator", given: Any, category: str, form: str) -> list[Json]:
    """The components with their types in capitals. Raises 100 with the reason for the author."""
    if not isinstance(given, list) or not all(isinstance(c, dict) and c.get("type") for c in given):
        raise refusal(FORMAT, "components must be a list of components, each with its type.")
    components = [{**c, "type": str(c["type"]).upper()} for c in given]
    wish = Wish(sim, category, form, components)
    if "BODY" not in wish.kinds:
        raise refusal(FORMAT, "A template needs a body.")
    if len(set(wish.kinds)) < len(components):
        raise refusal(FORMAT, "Each component may occur once.")
    for component in components:
        check = _CHECKS.get(component["type"])
        if not check:
            raise refusal(FORMAT, f"There is no component of type {component['type']}.")
        check(component, wish)
    if category == "AUTHENTICATION":
        template_parts.check_authentication(components)
    return components


def check_ttl(category: str, given: Any) -> int:
    """`message_send_ttl_seconds`; -1 means 30 days, and 0 that none was given."""
    if given in (None, ""):
        return 0
    low, high = TTL[category]
    try:
        seconds = int(given)
    except (TypeError, ValueError):
        seconds = 0
    if seconds != -1 and not low <= seconds <= high:
        raise refusal(FORMAT, f"message_send_ttl_seconds must be -1 or {low} to {high} for {category.lower()}.")
    return seconds


def _check_body(component: Json, wish: Wish) -> None:
    if wish.category == "AUTHENTICATION":
        return
    text = component.get("text") or ""
    if not text:
        raise refusal(FORMAT, "The body needs text.")
    offer = "LIMITED_TIME_OFFER" in wish.kinds
    check_length(text, OFFER_BODY if offer else BODY, "body")
    check_variables(text, wish.form)
    wanted = variables(text)
    if len(wanted) * WORDS_PER_VARIABLE > len(text.split()) and len(VARIABLE.sub("", text)) < 4 * len(wanted):
        raise refusal(2388293, "This template has too many variables for its length.")
    check_example(component, "body_text", len(wanted), wish.form)


def _check_header(component: Json, wish: Wish) -> None:
    form = str(component.get("format", "TEXT")).upper()
    component["format"] = form
    if form not in HEADERS:
        raise refusal(FORMAT, f"The header's format must be one of {', '.join(sorted(HEADERS))}.")
    if form in SAMPLES:
        check_sample(wish.sim, component, form)
    if form != "TEXT":
        return
    text = component.get("text") or ""
    if not text:
        raise refusal(FORMAT, "The header needs text.")
    check_length(text, HEADER, "header")
    wanted = variables(text)
    if len(wanted) > 1 or re.search(r"[*\n]", text):
        raise refusal(2388047, "The header may have one variable and no formatting.")
    check_example(component, "header_text", len(wanted), wish.form)


def check_sample(sim: "Simulator", component: Json, form: str) -> None:
    handles = (component.get("example") or {}).get("header_handle")
    if not isinstance(handles, list) or len(handles) != 1:
        raise refusal(2388273, "A media header needs an example: header_handle with one handle.")
    handle = str(handles[0])
    # The address of a sample comes back when a template that was read is edited.
    name = handle.rsplit("/", 1)[-1]
    uploads = sim.world.uploads
    upload = uploads.get(handle) or next((u for u in uploads.values() if u.file_id == name), None)
    if not upload:
        raise refusal(2388273, "The handle is not that of a finished upload.")
    if upload.mime not in SAMPLES[form]:
        raise refusal(2388273, f"The sample of a header of format {form} cannot be {upload.mime}.")
    component["example"] = {"header_handle": [upload.id]}


def _check_footer(component: Json, wish: Wish) -> None:
    if wish.category == "AUTHENTICATION":
        return
    text = component.get("text") or ""
    if not text:
        raise refusal(2388073, "The footer needs text.")
    check_length(text, FOOTER, "footer")
    if VARIABLE.search(text):
        raise refusal(2388072, "The footer may have no variables.")


def _check_buttons(component: Json, wish: Wish) -> None:
    check_buttons(wish.sim, component, wish.category, offer="LIMITED_TIME_OFFER" in wish.kinds)


def _check_carousel(component: Json, wish: Wish) -> None:
    def check_card(part: Json) -> None:
        if part["type"] == "HEADER":
            _check_header(part, wish)
        elif part["type"] == "BODY":
            _check_body(part, wish)

    template_parts.check_carousel(wish.sim, component, wish.category, wish.kinds, check_card)


def check_variables(text: str, form: str) -> None:
    stripped = text.strip()
    first = VARIABLE.match(stripped)
    last = list(VARIABLE.finditer(stripped))[-1:]
    if first or (last and last[0].end() == len(stripped)):
        raise refusal(2388299, "Variables cannot be at the start or end of the template.")
    if stripped.count("{{") != len(VARIABLE.findall(stripped)) or stripped.count("{{") != stripped.count("}}"):
        raise refusal(FORMAT, "The braces do not match.")
    if re.search(r"\}\}\s*\{\{", stripped):
        raise refusal(FORMAT, "Variables cannot stand beside each other.")
    names = variables(text)
    if form == "NAMED":
        fits = all(NAMED.fullmatch(n) for n in names)
    else:
        fits = sorted(names) == sorted(str(n) for n in range(1, len(names) + 1))
    if not fits:
        raise refusal(FORMAT, "Variables must be numbered from 1, or named in lowercase.")


def check_example(component: Json, key: str, count: int, form: str) -> None:
    if not count:
        return
    example = component.get("example") or {}
    named = example.get(f"{key}_named_params")
    positional = example.get(key) or []
    given = len(named or []) if form == "NAMED" else _width(positional)
    if given != count:
        raise refusal(FORMAT, f"The component of type {component['type']} is missing expected field(s) (example).")


def _width(examples: list[Any]) -> int:
    first = examples[0] if examples else []
    return len(first) if isinstance(first, list) else len(examples)


_CHECKS: dict[str, Callable[[Json, Wish], None]] = {
    "BODY": _check_body,
    "HEADER": _check_header,
    "FOOTER": _check_footer,
    "BUTTONS": _check_buttons,
    "CAROUSEL": _check_carousel,
    "LIMITED_TIME_OFFER": lambda component, wish: template_parts.check_offer(component, wish.category, wish.kinds),
    "CALL_PERMISSION_REQUEST": lambda _component, _wish: None,
}
