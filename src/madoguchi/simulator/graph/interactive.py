"""The limits of interactive messages, one function per kind."""

from collections.abc import Callable
from typing import Any

from madoguchi.simulator.graph.errors import GraphError, invalid, missing
from madoguchi.simulator.state import Json

BUTTONS = 3
ROWS = SECTIONS = 10
PRODUCTS = 30
SHORT_BODY, LONG_BODY = 1024, 4096
HEADER = FOOTER = 60
LABEL = 20
CARDS = range(2, 11)
CARD_TEXT = 160
CARD_BREAKS = 2
MEDIA_HEADERS = {"image", "video", "document"}


def check(body: Json) -> None:
    """Raises 131008 for what is missing and 131009 or 100 for what does not fit."""
    kind = body.get("type")
    if kind not in KINDS:
        raise invalid("interactive.type", f"must be one of {', '.join(sorted(KINDS))}.")
    action = body.get("action")
    if not isinstance(action, dict):
        raise missing("interactive.action")
    rule = KINDS[kind]
    _check_words(body, rule.body_limit, body_required=rule.body_required)
    _check_header(body, rule.headers)
    if body.get("footer") and not rule.footer:
        raise invalid("interactive.footer", f"is not allowed for {kind}.")
    rule.action(action)


def limited(value: Any, path: str, limit: int, *, required: bool = True) -> None:
    if value in (None, ""):
        if required:
            raise missing(path)
        return
    if not isinstance(value, str):
        raise invalid(path, "must be a string.")
    if len(value) > limit:
        raise invalid(path, f"must be at most {limit} characters long.")


def _check_words(body: Json, limit: int, *, body_required: bool) -> None:
    limited((body.get("body") or {}).get("text"), "interactive.body.text", limit, required=body_required)
    if body.get("footer"):
        limited(body["footer"].get("text"), "interactive.footer.text", FOOTER)


def _check_header(body: Json, allowed: set[str]) -> None:
    header = body.get("header")
    if not header:
        return
    kind = header.get("type")
    if kind not in allowed:
        raise invalid("interactive.header.type", f"must be one of {', '.join(sorted(allowed)) or '(none)'}.")
    if kind == "text":
        limited(header.get("text"), "interactive.header.text", HEADER)
        return
    part = header.get(kind) or {}
    if bool(part.get("id")) == bool(part.get("link")):
        raise GraphError(131008, f"interactive.header.{kind}: exactly one of id and link is required.")


def _check_buttons(action: Json) -> None:
    buttons = action.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS:
        raise invalid("interactive.action.buttons", f"must have 1 to {BUTTONS} buttons.")
    for index, button in enumerate(buttons):
        path = f"interactive.action.buttons[{index}].reply"
        reply = button.get("reply") or {}
        limited(reply.get("id"), f"{path}.id", 256)
        limited(reply.get("title"), f"{path}.title", LABEL)
    _unique([b["reply"]["id"] for b in buttons], "interactive.action.buttons", "id")
    _unique([b["reply"]["title"] for b in buttons], "interactive.action.buttons", "title")


def _check_list(action: Json) -> None:
    limited(action.get("button"), "interactive.action.button", LABEL)
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= SECTIONS:
        raise invalid("interactive.action.sections", f"must have 1 to {SECTIONS} sections.")
    rows = []
    for index, section in enumerate(sections):
        path = f"interactive.action.sections[{index}]"
        limited(section.get("title"), f"{path}.title", 24, required=len(sections) > 1)
        if not section.get("rows"):
            raise missing(f"{path}.rows")
        for row_index, row in enumerate(section["rows"]):
            _check_row(row, f"{path}.rows[{row_index}]")
        rows += section["rows"]
    if len(rows) > ROWS:
        raise invalid("interactive.action.sections", f"total row count exceeds the maximum of {ROWS}.")
    _unique([row["id"] for row in rows], "interactive.action.sections.rows", "id")


def _check_row(row: Json, path: str) -> None:
    limited(row.get("id"), f"{path}.id", 200)
    limited(row.get("title"), f"{path}.title", 24)
    limited(row.get("description"), f"{path}.description", 72, required=False)


def _unique(values: list[str], path: str, what: str) -> None:
    if len(set(values)) < len(values):
        raise invalid(path, f"duplicated {what}.")


def _check_cta(action: Json) -> None:
    _named(action, "cta_url")
    parameters = action.get("parameters") or {}
    limited(parameters.get("display_text"), "interactive.action.parameters.display_text", LABEL)
    limited(parameters.get("url"), "interactive.action.parameters.url", 2000)


def _named(action: Json, name: str) -> None:
    if action.get("name") != name:
        raise invalid("interactive.action.name", f"must be {name}.")


def _check_product(action: Json) -> None:
    for key in ("catalog_id", "product_retailer_id"):
        limited(action.get(key), f"interactive.action.{key}", 256)


def _check_product_list(action: Json) -> None:
    limited(action.get("catalog_id"), "interactive.action.catalog_id", 256)
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= SECTIONS:
        raise invalid("interactive.action.sections", f"must have 1 to {SECTIONS} sections.")
    for index, section in enumerate(sections):
        title = section.get("title")
        limited(title, f"interactive.action.sections[{index}].title", 24, required=len(sections) > 1)
    if sum(len(s.get("product_items", [])) for s in sections) > PRODUCTS:
        raise invalid("interactive.action.sections", f"must have at most {PRODUCTS} products.")


def _check_address(action: Json) -> None:
    _named(action, "address_message")
    if (action.get("parameters") or {}).get("country") != "IN":
        raise invalid("interactive.action.parameters.country", "must be IN.")


def _check_flow(action: Json) -> None:
    _named(action, "flow")
    parameters = action.get("parameters") or {}
    for key in ("flow_message_version", "flow_cta"):
        limited(parameters.get(key), f"interactive.action.parameters.{key}", 30)
    if bool(parameters.get("flow_id")) == bool(parameters.get("flow_name")):
        raise GraphError(131008, "interactive.action.parameters: exactly one of flow_id and flow_name is required.")
    if "data" in (parameters.get("flow_action_payload") or {}) and not parameters["flow_action_payload"]["data"]:
        raise invalid("interactive.action.parameters.flow_action_payload.data", "must not be empty.")


def _check_carousel(action: Json) -> None:
    cards = action.get("cards")
    if not isinstance(cards, list) or len(cards) not in CARDS:
        raise invalid("interactive.action.cards", "must have 2 to 10 cards.")
    if len({(c.get("header") or {}).get("type") for c in cards}) > 1:
        raise invalid("interactive.action.cards", "all cards need the same type of header.")
    for index, card in enumerate(cards):
        _check_card(card, f"interactive.action.cards[{index}]")


def _check_card(card: Json, path: str) -> None:
    text = (card.get("body") or {}).get("text")
    limited(text, f"{path}.body.text", CARD_TEXT, required=False)
    if str(text or "").count("\n") > CARD_BREAKS:
        raise invalid(f"{path}.body.text", f"must have at most {CARD_BREAKS} line breaks.")
    action = card.get("action") or {}
    if card.get("type") == "product":
        _check_product(action)
    elif (card.get("header") or {}).get("type") not in {"image", "video"}:
        raise invalid(f"{path}.header.type", "must be image or video.")
    else:
        _check_cta(action)


def _just(name: str) -> Callable[[Json], None]:
    return lambda action: _named(action, name)


class _Rule:
    def __init__(
        self,
        action: Callable[[Json], None],
        *,
        body_limit: int = SHORT_BODY,
        body_required: bool = True,
        headers: set[str] | None = None,
        footer: bool = True,
    ) -> None:
        self.action, self.body_limit, self.body_required = action, body_limit, body_required
        self.headers, self.footer = headers or set(), footer


KINDS: dict[Any, _Rule] = {
    "button": _Rule(_check_buttons, headers={"text", *MEDIA_HEADERS}),
    "list": _Rule(_check_list, body_limit=LONG_BODY, headers={"text"}),
    "cta_url": _Rule(_check_cta, headers={"text", *MEDIA_HEADERS}),
    "location_request_message": _Rule(_just("send_location"), footer=False),
    "address_message": _Rule(_check_address, headers={"text"}),
    "flow": _Rule(_check_flow, headers={"text", *MEDIA_HEADERS}),
    "product": _Rule(_check_product, body_required=False),
    "product_list": _Rule(_check_product_list, headers={"text"}),
    "catalog_message": _Rule(_just("catalog_message")),
    "carousel": _Rule(_check_carousel, footer=False),
    "call_permission_request": _Rule(_just("call_permission_request"), body_required=False, footer=False),
    "voice_call": _Rule(_just("voice_call")),
    "request_contact_info": _Rule(_just("request_contact_info")),
}
