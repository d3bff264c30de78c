"""Messages to tap on. The neutral shape is `{kind, body, header?, footer?, …}`; each kind has a check and a builder."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from madoguchi.channels.whatsapp import shop
from madoguchi.channels.whatsapp.asking import (
    build_address,
    build_flow,
    build_named,
    check_address,
    check_flow,
    check_nothing,
)
from madoguchi.channels.whatsapp.findings import Findings

_AT = "interactive"
_HEADER, _FOOTER, _BODY, _LIST_BODY = 60, 60, 1024, 4096
_MEDIA_HEADERS = ("image", "video", "document")

Shape = dict[str, Any]
Uploads = Mapping[str, str]  # our media id → Meta's


class Kind(NamedTuple):
    type: str  # Meta's name
    check: Callable[[Shape, Findings], None]
    action: Callable[[Shape, Uploads], Shape]
    body_limit: int = _BODY
    headers: tuple[str, ...] = ("text", *_MEDIA_HEADERS)
    footer: bool = True
    needs_body: bool = True
    needs_header: bool = False


def check_interactive(given: Any, findings: Findings) -> None:
    kind = KINDS.get(str(given.get("kind"))) if isinstance(given, dict) else None
    if kind is None:
        findings.add(f"{_AT}.kind", f"This must be one of {', '.join(KINDS)}.")
        return
    findings.text(f"{_AT}.body", given.get("body"), kind.body_limit, required=kind.needs_body)
    _check_header(given.get("header"), kind, findings)
    if given.get("footer") and not kind.footer:
        findings.add(f"{_AT}.footer", "This kind of message has no footer.")
    findings.text(f"{_AT}.footer", given.get("footer"), _FOOTER, required=False)
    kind.check(given, findings)


def build_interactive(given: Shape, uploads: Uploads) -> Shape:
    kind = KINDS[given["kind"]]
    built: Shape = {"type": kind.type, "action": kind.action(given, uploads)}
    if given.get("body"):
        built["body"] = {"text": given["body"]}
    if given.get("header"):
        built["header"] = _header(given["header"], uploads)
    if given.get("footer"):
        built["footer"] = {"text": given["footer"]}
    return built


def _check_header(header: Any, kind: Kind, findings: Findings) -> None:
    if not header:
        if kind.needs_header:
            findings.add(f"{_AT}.header", "This kind of message needs a header.")
        return
    form = header.get("type", "text") if isinstance(header, dict) else "text"
    if form not in kind.headers:
        allowed = ", ".join(kind.headers) or "none"
        findings.add(f"{_AT}.header", f"This kind of header is not allowed here; allowed: {allowed}.")
    elif form == "text":
        findings.text(f"{_AT}.header", header.get("text") if isinstance(header, dict) else header, _HEADER)
    elif not isinstance(header.get("media_id"), str):
        findings.add(f"{_AT}.header.media_id", "The header needs an uploaded file.")


def _header(header: Any, uploads: Uploads) -> Shape:
    if isinstance(header, str):
        return {"type": "text", "text": header}
    form = header.get("type", "text")
    if form == "text":
        return {"type": "text", "text": header["text"]}
    return {"type": form, form: {"id": uploads[header["media_id"]]}}


def files_of(given: Any) -> list[tuple[str, str, str]]:
    """The files a message names: field, kind, our media id. Whatever has another shape is left out."""
    cards = given.get("cards") if isinstance(given, dict) else None
    places = [(f"{_AT}.header", given)] if isinstance(given, dict) else []
    places += [(f"{_AT}.cards.{i}.header", card) for i, card in enumerate(cards if isinstance(cards, list) else [])]
    found = []
    for field, place in places:
        header = place.get("header") if isinstance(place, dict) else None
        if isinstance(header, dict) and isinstance(header.get("media_id"), str):
            found.append((f"{field}.media_id", str(header.get("type")), header["media_id"]))
    return found


# --- reply buttons --------------------------------------------------------------------------------


def _check_buttons(given: Shape, findings: Findings) -> None:
    buttons = findings.objects(f"{_AT}.buttons", given.get("buttons"), 3, "button")
    for index, button in enumerate(buttons):
        findings.text(f"{_AT}.buttons.{index}.id", button.get("id"), 256)
        findings.text(f"{_AT}.buttons.{index}.title", button.get("title"), 20)
    findings.distinct(f"{_AT}.buttons.*.id", [button.get("id") for button in buttons])
    findings.distinct(f"{_AT}.buttons.*.title", [button.get("title") for button in buttons])


def _buttons(given: Shape, _uploads: Uploads) -> Shape:
    return {"buttons": [{"type": "reply", "reply": _only(each, "id", "title")} for each in given["buttons"]]}


# --- lists ----------------------------------------------------------------------------------------


def _check_list(given: Shape, findings: Findings) -> None:
    findings.text(f"{_AT}.button", given.get("button"), 20)
    sections = findings.objects(f"{_AT}.sections", given.get("sections"), 10, "section")
    rows: list[Shape] = []
    for index, section in enumerate(sections):
        at = f"{_AT}.sections.{index}"
        findings.text(f"{at}.title", section.get("title"), 24, required=len(sections) > 1)
        rows += _check_rows(at, section, findings)
    if len(rows) > 10:
        findings.add(f"{_AT}.sections", f"At most 10 rows are allowed in all sections together; there are {len(rows)}.")
    ids = [row.get("id") for row in rows if isinstance(row.get("id"), str)]
    if len(set(ids)) < len(ids):
        findings.add(f"{_AT}.sections", "Two rows have the same id; each must be different.")


def _check_rows(at: str, section: Shape, findings: Findings) -> list[Shape]:
    given = section.get("rows")
    if not isinstance(given, list) or not given:
        findings.add(f"{at}.rows", "There must be at least one row.")
        return []
    rows = [row if isinstance(row, dict) else {} for row in given]
    for index, row in enumerate(rows[:11]):
        findings.text(f"{at}.rows.{index}.id", row.get("id"), 200)
        findings.text(f"{at}.rows.{index}.title", row.get("title"), 24)
        findings.text(f"{at}.rows.{index}.description", row.get("description"), 72, required=False)
    return rows


def _list(given: Shape, _uploads: Uploads) -> Shape:
    sections = [
        {**_only(section, "title"), "rows": [_only(row, "id", "title", "description") for row in section["rows"]]}
        for section in given["sections"]
    ]
    return {"button": given["button"], "sections": sections}


def _link(given: Shape, _uploads: Uploads) -> Shape:
    return {"name": "cta_url", "parameters": _only(given, "display_text", "url")}


_TEXT = ("text",)
KINDS: Mapping[str, Kind] = {
    "buttons": Kind("button", _check_buttons, _buttons),
    "list": Kind("list", _check_list, _list, body_limit=_LIST_BODY, headers=_TEXT),
    "cta_url": Kind("cta_url", lambda given, findings: shop.check_link(_AT, given, findings), _link),
    "location_request": Kind(
        "location_request_message", check_nothing, build_named("send_location"), headers=(), footer=False
    ),
    "product": Kind("product", shop.check_product, shop.build_product, headers=(), needs_body=False),
    "product_list": Kind(
        "product_list", shop.check_product_list, shop.build_product_list, headers=_TEXT, needs_header=True
    ),
    "catalog": Kind("catalog_message", shop.check_catalog, shop.build_catalog, headers=()),
    "carousel": Kind("carousel", shop.check_carousel, shop.build_carousel, headers=(), footer=False),
    "product_carousel": Kind(
        "carousel", shop.check_product_carousel, shop.build_product_carousel, headers=(), footer=False
    ),
    "flow": Kind("flow", check_flow, build_flow),
    "address": Kind("address_message", check_address, build_address, headers=_TEXT),
    "contact_request": Kind(
        "request_contact_info", check_nothing, build_named("request_contact_info"), headers=(), footer=False
    ),
    "call_permission": Kind(
        "call_permission_request",
        check_nothing,
        build_named("call_permission_request"),
        headers=(),
        footer=False,
        needs_body=False,
    ),
}


def _only(given: Shape, *keys: str) -> Shape:
    return {key: given[key] for key in keys if given.get(key)}
