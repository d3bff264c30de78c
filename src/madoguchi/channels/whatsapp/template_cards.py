"""The cards of a template: each is a small template of its own, its blanks have the key of the card before them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from madoguchi.channels.base import Template, TemplateVariable


def cards_of(template: Template) -> list[Template]:
    """One for each card, with the card's components."""
    carousel = next((each for each in template.components if str(each.get("type")).upper() == "CAROUSEL"), {})
    cards = carousel.get("cards")
    return [
        msgspec.structs.replace(template, components=[part for part in parts if isinstance(part, dict)])
        for card in (cards if isinstance(cards, list) else [])
        if isinstance(card, dict) and isinstance(parts := card.get("components"), list)
    ]


def prefix(index: int) -> str:
    return f"card.{index}."


def on_card(index: int, variables: list[TemplateVariable]) -> list[TemplateVariable]:
    return [msgspec.structs.replace(each, key=prefix(index) + each.key) for each in variables]


def values_of(index: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was given for this card, under the keys of a template."""
    start = prefix(index)
    return {key[len(start) :]: value for key, value in values.items() if key.startswith(start)}
