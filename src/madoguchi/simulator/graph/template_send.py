"""Check 7 of a send: the template exists, may be sent, and its parameters fit it.

Also fills the template in, which is what the phone shows.
"""

import re
from typing import Any

from madoguchi.simulator.graph import template_buttons_send
from madoguchi.simulator.graph.errors import GraphError
from madoguchi.simulator.graph.schema import asset
from madoguchi.simulator.state import Json, Template

VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
FORBIDDEN = re.compile(r"[\n\t]| {5,}")
BODY, HEADER = 1024, 60
AUTH_CODE = 15
MEDIA = {"IMAGE", "VIDEO", "DOCUMENT", "GIF"}


def find(templates: list[Template], request: Json) -> Template:
    """Raises 132001 when there is no such template to send, 132015 and 132016 when it is stopped."""
    name, language = request["name"], request["language"]["code"]
    named = [t for t in templates if t.name == name]
    found = next((t for t in named if t.language == language), None)
    if found is None:
        raise GraphError(132001, f"template name ({name}) does not exist in {language}")
    if found.status == "PAUSED":
        raise GraphError(132015, f"template {name} is paused due to low quality")
    if found.status == "DISABLED":
        raise GraphError(132016, f"template {name} is disabled")
    if found.status != "APPROVED":
        raise GraphError(132001, f"template name ({name}) is not approved in {language}")
    return found


def fill(template: Template, request: Json, now: float) -> Json:
    """What the customer will see: {header, header_media, body, footer, buttons, cards, offer}. Raises
    132000, 132005, 132012, 132018 or 131008 when the parameters do not fit."""
    asked = request.get("components") or []
    given = {_key(c): c.get("parameters") or [] for c in asked}
    rendered = _fill_parts(template, template.components, given, now)
    _refuse_unknown(template, given)
    for component in template.components:
        if component["type"].upper() == "CAROUSEL":
            rendered["cards"] = _fill_cards(template, component, asked, now)
    return rendered


def _fill_parts(template: Template, components: list[Json], given: dict[str, list[Json]], now: float) -> Json:
    rendered: Json = {"header": "", "body": "", "footer": "", "buttons": []}
    for component in components:
        kind = component["type"].upper()
        if kind == "HEADER":
            _fill_header(template, component, given.get("header", []), rendered)
        elif kind == "BODY":
            rendered["body"] = _fill_body(template, component, given.get("body", []))
        elif kind == "FOOTER":
            rendered["footer"] = component.get("text") or _expiry(component)
        elif kind == "LIMITED_TIME_OFFER":
            rendered["offer"] = _fill_offer(component, given.get("limited_time_offer", []), now)
        elif kind == "BUTTONS":
            rendered["buttons"] = [
                template_buttons_send.fill(button, given.get(f"button.{index}", []), index)
                for index, button in enumerate(component["buttons"])
            ]
    return rendered


def _fill_cards(template: Template, component: Json, asked: list[Json], now: float) -> list[Json]:
    """Exactly the cards the template was made with, each with its own parameters."""
    cards = next((c.get("cards") for c in asked if str(c.get("type", "")).lower() == "carousel"), None)
    defined = component["cards"]
    if not isinstance(cards, list) or len(cards) != len(defined):
        count = len(cards) if isinstance(cards, list) else 0
        raise GraphError(132012, f"carousel: expected {len(defined)} cards, received {count}")
    rendered = []
    for index, (card, definition) in enumerate(zip(cards, defined, strict=True)):
        if int(card.get("card_index", index)) != index:
            raise GraphError(132012, f"carousel: card_index {card.get('card_index')} is out of order")
        given = {_key(c): c.get("parameters") or [] for c in card.get("components") or []}
        parts = [{**part, "type": part["type"].upper()} for part in definition["components"]]
        rendered.append(_fill_parts(template, parts, given, now))
    return rendered


def _fill_offer(component: Json, given: list[Json], now: float) -> Json:
    offer = component.get("limited_time_offer") or component
    shown: Json = {"text": offer.get("text", "")}
    if not offer.get("has_expiration"):
        return shown
    value = (given[0].get("limited_time_offer") or {}) if given else {}
    try:
        expires = int(value.get("expiration_time_ms") or 0)
    except (TypeError, ValueError):
        expires = 0
    if not expires:
        raise GraphError(131008, "limited_time_offer: expiration_time_ms is required")
    if expires <= now * 1000:
        raise GraphError(132018, "limited_time_offer: expiration_time_ms must be in the future")
    return {**shown, "expires_ms": expires}


def variables(text: str) -> list[str]:
    """The variables of a text, each once, in the order in which they first appear."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def _key(component: Json) -> str:
    kind = str(component.get("type", "")).lower()
    return f"button.{int(component.get('index', 0))}" if kind == "button" else kind


def _refuse_unknown(template: Template, given: dict[str, list[Json]]) -> None:
    """Parameters for a part the template does not have."""
    kinds = {c["type"].lower() for c in template.components}
    buttons = sum(len(c.get("buttons", [])) for c in template.components)
    for key, parameters in given.items():
        part = key.split(".")[0]
        known = part in kinds or (part == "button" and int(key.split(".")[1]) < buttons)
        if not known and parameters:
            raise GraphError(
                132000,
                f"{key}: number of localizable_params ({len(parameters)}) does not match the expected number of params (0)",
            )


def _fill_header(template: Template, component: Json, given: list[Json], rendered: Json) -> None:
    form = component.get("format", "TEXT").upper()
    if form == "TEXT":
        text = _hydrate(template, "header", component.get("text", ""), given)
        rendered["header"] = _limited(text, HEADER, "header")
    elif form in MEDIA:
        kind = "video" if form == "GIF" else form.lower()
        if len(given) != 1 or given[0].get("type") != kind:
            raise GraphError(132012, f"header: Format mismatch, expected {form}, received {_received(given)}")
        rendered["header_media"] = asset(given[0].get(kind), f"template.components.header.{kind}")
        rendered["header_format"] = form
    elif form == "LOCATION":
        if len(given) != 1 or given[0].get("type") != "location":
            raise GraphError(132012, f"header: Format mismatch, expected LOCATION, received {_received(given)}")
        rendered["header_location"] = given[0]["location"]
    elif form == "PRODUCT":
        if len(given) != 1 or given[0].get("type") != "product":
            raise GraphError(132012, f"header: Format mismatch, expected PRODUCT, received {_received(given)}")
        rendered["header_product"] = given[0]["product"]


def _received(given: list[Json]) -> str:
    return str(given[0].get("type", "UNKNOWN")).upper() if given else "UNKNOWN"


def _fill_body(template: Template, component: Json, given: list[Json]) -> str:
    if template.category.upper() == "AUTHENTICATION":
        return _fill_code(component, given)
    return _limited(_hydrate(template, "body", component["text"], given), BODY, "body")


def _fill_code(component: Json, given: list[Json]) -> str:
    if len(given) != 1:
        raise GraphError(
            132000,
            f"body: number of localizable_params ({len(given)}) does not match the expected number of params (1)",
        )
    code = _text_of(given[0], "body")
    if len(code) > AUTH_CODE:
        raise GraphError(132005, f"body: the code must be at most {AUTH_CODE} characters long")
    words = f"*{code}* is your verification code."
    if component.get("add_security_recommendation"):
        words += " For your security, do not share this code."
    return words


def _hydrate(template: Template, where: str, text: str, given: list[Json]) -> str:
    wanted = variables(text)
    if len(given) != len(wanted):
        raise GraphError(
            132000,
            f"{where}: number of localizable_params ({len(given)}) does not match the expected number "
            f"of params ({len(wanted)})",
        )
    values = _values(template, where, wanted, given)
    return VARIABLE.sub(lambda found: values[found.group(1)], text)


def _values(template: Template, where: str, wanted: list[str], given: list[Json]) -> dict[str, str]:
    if template.parameter_format.upper() == "NAMED":
        values = {str(p.get("parameter_name", "")): _text_of(p, where) for p in given}
        absent = [name for name in wanted if name not in values]
        if absent:
            raise GraphError(132012, f"{where}: Parameter name is missing or empty: {absent[0]}")
        return values
    # Positional parameters come in order, whatever order the text uses the numbers in.
    ordered = sorted(wanted, key=int)
    return {name: _text_of(p, where) for name, p in zip(ordered, given, strict=True)}


def _text_of(parameter: Any, where: str) -> str:
    kind = parameter.get("type")
    if kind in {"currency", "date_time"}:
        return str(parameter.get(kind, {}).get("fallback_value", ""))
    if kind != "text":
        raise GraphError(132012, f"{where}: Format mismatch, expected TEXT, received {str(kind).upper()}")
    text = parameter.get("text")
    if not text or not isinstance(text, str):
        raise GraphError(131008, f"{where}: Parameter of type text is missing text value")
    if FORBIDDEN.search(text):
        raise GraphError(
            132018, f"{where}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        )
    return text


def _limited(text: str, limit: int, where: str) -> str:
    if len(text) > limit:
        raise GraphError(132005, f"{where}: Translated text too long ({len(text)} > {limit})")
    return text


def _expiry(component: Json) -> str:
    minutes = component.get("code_expiration_minutes")
    return f"This code expires in {minutes} minutes." if minutes else ""
