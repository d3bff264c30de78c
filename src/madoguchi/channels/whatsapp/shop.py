"""Messages that show products of a catalogue, and cards side by side."""

from collections.abc import Mapping
from typing import Any

from madoguchi.channels.whatsapp.findings import Findings

_AT = "interactive"
_ID, _LABEL, _TITLE, _CARD, _URL = 256, 20, 24, 160, 2000
_SECTIONS, _PRODUCTS, _CARDS = 10, 30, 10

Shape = dict[str, Any]
Uploads = Mapping[str, str]


def check_product(given: Shape, findings: Findings) -> None:
    for key in ("catalog_id", "product_id"):
        findings.text(f"{_AT}.{key}", given.get(key), _ID)


def build_product(given: Shape, _uploads: Uploads) -> Shape:
    return {"catalog_id": given["catalog_id"], "product_retailer_id": given["product_id"]}


def check_product_list(given: Shape, findings: Findings) -> None:
    findings.text(f"{_AT}.catalog_id", given.get("catalog_id"), _ID)
    sections = findings.objects(f"{_AT}.sections", given.get("sections"), _SECTIONS, "section")
    count = 0
    for index, section in enumerate(sections):
        at = f"{_AT}.sections.{index}"
        findings.text(f"{at}.title", section.get("title"), _TITLE, required=len(sections) > 1)
        count += _check_products(f"{at}.products", section.get("products"), 1, findings)
    if count > _PRODUCTS:
        findings.add(f"{_AT}.sections", f"At most {_PRODUCTS} products are allowed together; there are {count}.")


def build_product_list(given: Shape, _uploads: Uploads) -> Shape:
    sections = [
        ({"title": section["title"]} if section.get("title") else {})
        | {"product_items": [{"product_retailer_id": each} for each in section["products"]]}
        for section in given["sections"]
    ]
    return {"catalog_id": given["catalog_id"], "sections": sections}


def check_catalog(given: Shape, findings: Findings) -> None:
    findings.text(f"{_AT}.product_id", given.get("product_id"), _ID, required=False)


def build_catalog(given: Shape, _uploads: Uploads) -> Shape:
    shown = {"parameters": {"thumbnail_product_retailer_id": given["product_id"]}} if given.get("product_id") else {}
    return {"name": "catalog_message", **shown}


def check_product_carousel(given: Shape, findings: Findings) -> None:
    findings.text(f"{_AT}.catalog_id", given.get("catalog_id"), _ID)
    count = _check_products(f"{_AT}.products", given.get("products"), 2, findings)
    if count > _CARDS:
        findings.add(f"{_AT}.products", f"At most {_CARDS} products are allowed; there are {count}.")


def build_product_carousel(given: Shape, _uploads: Uploads) -> Shape:
    product = {"catalog_id": given["catalog_id"]}
    cards = [
        {"card_index": index, "type": "product", "action": {"product_retailer_id": each, **product}}
        for index, each in enumerate(given["products"])
    ]
    return {"cards": cards}


def check_carousel(given: Shape, findings: Findings) -> None:
    cards = findings.objects(f"{_AT}.cards", given.get("cards"), _CARDS, "card")
    if len(cards) == 1:
        findings.add(f"{_AT}.cards", "There must be at least two cards.")
    for index, card in enumerate(cards):
        _check_card(f"{_AT}.cards.{index}", card, findings)
    if len({_form(card) for card in cards}) > 1:
        findings.add(f"{_AT}.cards", "All cards need the same kind of header, image or video.")


def _check_card(at: str, card: Shape, findings: Findings) -> None:
    header = card.get("header")
    if not isinstance(header, dict) or header.get("type") not in ("image", "video"):
        findings.add(f"{at}.header", "A card needs an image or a video.")
    elif not isinstance(header.get("media_id"), str):
        findings.add(f"{at}.header.media_id", "The header needs an uploaded file.")
    body = card.get("body")
    if findings.text(f"{at}.body", body, _CARD, required=False) and body and body.count("\n") > 2:
        findings.add(f"{at}.body", "At most two line breaks are allowed on a card.")
    check_link(at, card, findings)


def build_carousel(given: Shape, uploads: Uploads) -> Shape:
    return {"cards": [_card(index, card, uploads) for index, card in enumerate(given["cards"])]}


def _card(index: int, card: Shape, uploads: Uploads) -> Shape:
    form = card["header"]["type"]
    shown: Shape = {"card_index": index, "type": "cta_url"}
    shown["header"] = {"type": form, form: {"id": uploads[card["header"]["media_id"]]}}
    if card.get("body"):
        shown["body"] = {"text": card["body"]}
    link = {"display_text": card["display_text"], "url": card["url"]}
    return {**shown, "action": {"name": "cta_url", "parameters": link}}


def check_link(at: str, given: Shape, findings: Findings) -> None:
    findings.text(f"{at}.display_text", given.get("display_text"), _LABEL)
    url = given.get("url")
    if findings.text(f"{at}.url", url, _URL) and not str(url).lower().startswith(("http://", "https://")):
        findings.add(f"{at}.url", "The address must begin with https:// or http://.")


def _check_products(field: str, given: Any, least: int, findings: Findings) -> int:
    if not isinstance(given, list) or len(given) < least:
        findings.add(field, f"There must be at least {least} of products.")
        return 0
    for index, each in enumerate(given[: _PRODUCTS + 1]):
        findings.text(f"{field}.{index}", each, _ID)
    return len(given)


def _form(card: Shape) -> Any:
    header = card.get("header")
    return str(header.get("type")) if isinstance(header, dict) else None
