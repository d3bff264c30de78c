"""Whether the JSON of a Flow may be published: what Meta's validator would say about its screens."""

import json
import re
from collections.abc import Iterator
from typing import Any

from madoguchi.simulator.state import Json

VERSIONS = re.compile(r"[4-7]\.\d+")
SCREEN_ID = re.compile(r"[A-Za-z_]+")
COMPONENTS = 50
INPUTS = {
    "TextInput", "TextArea", "Dropdown", "RadioButtonsGroup", "CheckboxGroup", "DatePicker", "CalendarPicker",
    "OptIn", "ChipsSelector", "PhotoPicker", "DocumentPicker",
}  # fmt: skip
OTHERS = {
    "TextHeading", "TextSubheading", "TextBody", "TextCaption", "RichText", "Image", "ImageCarousel", "EmbeddedLink",
    "NavigationList", "Footer", "Form", "If", "Switch",
}  # fmt: skip
CHOICES = {"Dropdown", "RadioButtonsGroup", "CheckboxGroup", "ChipsSelector"}
ACTIONS = {"navigate", "complete", "data_exchange", "open_url", "update_data"}


def parse(text: str) -> tuple[Json, list[Json]]:
    """The Flow and what is wrong with it; an empty Flow when it is not JSON at all."""
    try:
        flow = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        return {}, [_error("INVALID_JSON", "FLOW_JSON_ERROR", str(error), line)]
    if not isinstance(flow, dict):
        return {}, [_error("INVALID_JSON", "FLOW_JSON_ERROR", "The Flow must be an object.", 1)]
    return flow, [_error(code, "FLOW_JSON_ERROR", words, _line(text, near)) for code, words, near in check(flow)]


def _error(code: str, kind: str, words: str, line: int) -> Json:
    place = {"line_start": line, "line_end": line, "column_start": 1, "column_end": 1}
    return {"error": code, "error_type": kind, "message": words, **place}


def _line(text: str, near: str) -> int:
    at = text.find(f'"{near}"') if near else -1
    return text.count("\n", 0, at) + 1 if at >= 0 else 1


Fault = tuple[str, str, str]


def check(flow: Json) -> Iterator[Fault]:
    """(code, words, a word that stands near the place)."""
    if not VERSIONS.fullmatch(str(flow.get("version", ""))):
        yield "INVALID_PROPERTY_VALUE", "version must be a supported version, such as 7.1.", "version"
    screens = flow.get("screens")
    if not isinstance(screens, list) or not screens or not all(isinstance(s, dict) for s in screens):
        yield "MISSING_REQUIRED_PROPERTY", "screens must be a list of at least one screen.", "screens"
        return
    yield from _check_screens(flow, screens)
    for screen in screens:
        yield from _check_screen(flow, screen, {str(s.get("id")) for s in screens})


def _check_screens(flow: Json, screens: list[Json]) -> Iterator[Fault]:
    ids = [str(s.get("id", "")) for s in screens]
    for id_ in ids:
        if not SCREEN_ID.fullmatch(id_) or id_ == "SUCCESS":
            yield "INVALID_PROPERTY_VALUE", f"The screen id {id_!r} is not allowed.", id_
    if len(set(ids)) < len(ids):
        yield "DUPLICATE_SCREEN_ID", "Every screen needs an id of its own.", "id"
    if not any(s.get("terminal") for s in screens):
        yield "MISSING_TERMINAL_SCREEN", "At least one screen must be terminal.", "screens"
    if flow.get("data_api_version"):
        routes = flow.get("routing_model")
        if not isinstance(routes, dict) or not set(routes) >= set(ids):
            yield "INVALID_ROUTING_MODEL", "A Flow with an endpoint needs routing_model for every screen.", "screens"


def _check_screen(flow: Json, screen: Json, ids: set[str]) -> Iterator[Fault]:
    name = str(screen.get("id"))
    layout = screen.get("layout")
    if not isinstance(layout, dict) or layout.get("type") != "SingleColumnLayout":
        yield "INVALID_PROPERTY_VALUE", f"{name}: layout must be a SingleColumnLayout.", name
        return
    found = list(components(layout.get("children")))
    if not found or len(found) > COMPONENTS:
        yield "INVALID_PROPERTY_VALUE", f"{name}: a screen has 1 to {COMPONENTS} components.", name
    footers = [c for c in found if c.get("type") == "Footer"]
    if len(footers) > 1 or (screen.get("terminal") and not footers):
        yield "INVALID_FOOTER", f"{name}: one Footer, which a terminal screen must have.", name
    names = [str(c["name"]) for c in found if c.get("type") in INPUTS and c.get("name")]
    if len(set(names)) < len(names):
        yield "DUPLICATE_FORM_COMPONENT_NAMES", f"{name}: every input needs a name of its own.", name
    for component in found:
        yield from _check_component(flow, name, component, ids)


def components(children: Any) -> Iterator[Json]:
    """All components of a layout, those inside others too."""
    for child in children if isinstance(children, list) else []:
        if not isinstance(child, dict):
            continue
        yield child
        for key in ("children", "then", "else"):
            yield from components(child.get(key))


def _check_component(flow: Json, screen: str, component: Json, ids: set[str]) -> Iterator[Fault]:
    kind = str(component.get("type"))
    if kind not in INPUTS | OTHERS:
        yield "INVALID_PROPERTY_VALUE", f"{screen}: there is no component {kind}.", kind
    if kind in INPUTS and not (component.get("name") and (component.get("label") or kind == "CheckboxGroup")):
        yield "MISSING_REQUIRED_PROPERTY", f"{screen}: {kind} needs name and label.", kind
    if kind in CHOICES and not component.get("data-source"):
        yield "MISSING_REQUIRED_PROPERTY", f"{screen}: {kind} needs data-source.", kind
    if kind.startswith("Text") and kind not in INPUTS and not component.get("text"):
        yield "MISSING_REQUIRED_PROPERTY", f"{screen}: {kind} needs text.", kind
    if kind == "Footer" and not (component.get("label") and component.get("on-click-action")):
        yield "MISSING_REQUIRED_PROPERTY", f"{screen}: Footer needs label and on-click-action.", kind
    for key in ("on-click-action", "on-select-action"):
        if isinstance(component.get(key), dict):
            yield from _check_action(flow, screen, component[key], ids)


def _check_action(flow: Json, screen: str, action: Json, ids: set[str]) -> Iterator[Fault]:
    name = str(action.get("name"))
    if name not in ACTIONS:
        yield "INVALID_PROPERTY_VALUE", f"{screen}: there is no action {name}.", name
    if name == "navigate" and str((action.get("next") or {}).get("name")) not in ids:
        yield "INVALID_NAVIGATION", f"{screen}: navigate leads to no screen.", "navigate"
    if name == "data_exchange" and not flow.get("data_api_version"):
        yield "MISSING_REQUIRED_PROPERTY", f"{screen}: data_exchange needs data_api_version.", "data_exchange"
