"""The rarer parts of templates: carousels, limited-time offers, and what authentication allows."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from madoguchi.simulator.graph.template_buttons import check_buttons
from madoguchi.simulator.graph.template_refusal import FORMAT, check_length, refusal
from madoguchi.simulator.state import Json

if TYPE_CHECKING:
    from madoguchi.simulator.simulator import Simulator

CARDS = range(2, 11)
CARD_BODY = 160
CARD_BUTTONS = 2
CARD_HEADERS = {"IMAGE", "VIDEO", "PRODUCT"}
OFFER = 16
MINUTES = range(1, 91)
AUTHENTICATION_PARTS = {"BODY", "FOOTER", "BUTTONS"}


def check_carousel(
    sim: "Simulator", component: Json, category: str, kinds: list[str], check_card: Callable[[Json], None]
) -> None:
    cards = component.get("cards")
    if not isinstance(cards, list) or len(cards) not in CARDS:
        raise refusal(FORMAT, f"A carousel has {CARDS[0]} to {CARDS[-1]} cards.")
    if category != "MARKETING":
        raise refusal(FORMAT, "Carousels are for marketing templates.")
    if {"HEADER", "FOOTER", "BUTTONS", "LIMITED_TIME_OFFER"} & set(kinds):
        raise refusal(FORMAT, "Beside a carousel there may be a body only.")
    shapes = [_check_card(sim, card, category, check_card) for card in cards]
    if any(shape != shapes[0] for shape in shapes):
        raise refusal(FORMAT, "All cards of a carousel need the same parts.")


def _check_card(sim: "Simulator", card: Any, category: str, check_card: Callable[[Json], None]) -> list[str]:
    """The card's shape: what all cards of a carousel share."""
    parts = card.get("components") if isinstance(card, dict) else None
    if not isinstance(parts, list):
        raise refusal(FORMAT, "Each card needs components.")
    shape = []
    for part in parts:
        part["type"] = str(part.get("type", "")).upper()
        check_card(part)
        shape.append(part["type"])
        if part["type"] == "HEADER":
            if part["format"] not in CARD_HEADERS:
                raise refusal(FORMAT, "A card's header is an image, a video or a product.")
            shape.append(part["format"])
        elif part["type"] == "BODY":
            check_length(part.get("text") or "", CARD_BODY, "card body")
        elif part["type"] == "BUTTONS":
            check_buttons(sim, part, category)
            if len(part["buttons"]) > CARD_BUTTONS:
                raise refusal(FORMAT, f"A card may have at most {CARD_BUTTONS} buttons.")
            shape += [button["type"] for button in part["buttons"]]
        else:
            raise refusal(FORMAT, f"A card has no component of type {part['type']}.")
    if not {"HEADER", "BUTTONS"} <= set(shape):
        raise refusal(FORMAT, "A card needs a header and a button.")
    return shape


def check_offer(component: Json, category: str, kinds: list[str]) -> None:
    offer = component.get("limited_time_offer") or component
    if category != "MARKETING":
        raise refusal(FORMAT, "Limited-time offers are for marketing templates.")
    if "FOOTER" in kinds:
        raise refusal(FORMAT, "A limited-time offer has no footer.")
    if "BUTTONS" not in kinds:
        raise refusal(FORMAT, "A limited-time offer needs a button with an address.")
    if not offer.get("text"):
        raise refusal(FORMAT, "A limited-time offer needs text.")
    check_length(str(offer["text"]), OFFER, "limited-time offer")
    if not isinstance(offer.get("has_expiration", False), bool):
        raise refusal(FORMAT, "has_expiration must be true or false.")


def check_authentication(components: list[Json]) -> None:
    """Meta writes the words of an authentication template; its author chooses among few things."""
    kinds = {c["type"] for c in components}
    if kinds - AUTHENTICATION_PARTS or "BUTTONS" not in kinds:
        raise refusal(FORMAT, "An authentication template has a body, buttons and perhaps a footer.")
    for component in components:
        if component.get("text"):
            raise refusal(FORMAT, "The text of an authentication template is Meta's.")
        if component["type"] == "FOOTER" and component.get("code_expiration_minutes") not in MINUTES:
            raise refusal(FORMAT, f"code_expiration_minutes must be {MINUTES[0]} to {MINUTES[-1]}.")
        if component["type"] == "BUTTONS" and [b["type"] for b in component["buttons"]] != ["OTP"]:
            raise refusal(FORMAT, "An authentication template has one button, of type OTP.")
