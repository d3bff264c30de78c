"""Products in templates: the lines of a product list, as people write them, and as Meta wants them."""

from typing import Any

_SECTIONS, _PRODUCTS, _TITLE = 10, 30, 24


def sections_of(text: str) -> list[tuple[str, list[str]]]:
    """One section on each line, `Title: id, id, id`; a title is needed only where there are several."""
    found = []
    for line in text.splitlines():
        title, colon, rest = line.partition(":")
        ids = [each.strip() for each in (rest if colon else line).split(",")]
        if line.strip():
            found.append((title.strip() if colon else "", [each for each in ids if each]))
    return found


def section_error(text: str) -> str | None:
    sections = sections_of(text)
    if not sections or any(not ids for _, ids in sections):
        return "Each line needs products: `Title: id, id`."
    if len(sections) > _SECTIONS:
        return f"At most {_SECTIONS} sections are allowed; there are {len(sections)}."
    if (count := sum(len(ids) for _, ids in sections)) > _PRODUCTS:
        return f"At most {_PRODUCTS} products are allowed together; there are {count}."
    if any(not title for title, _ in sections) and len(sections) > 1:
        return "Each of several sections needs a title."
    if any(len(title) > _TITLE for title, _ in sections):
        return f"At most {_TITLE} characters are allowed in a title."
    return None


def list_action(products: str, thumbnail: str | None) -> dict[str, Any]:
    sections = sections_of(products)
    shown = [
        ({"title": title} if title else {}) | {"product_items": [{"product_retailer_id": each} for each in ids]}
        for title, ids in sections
    ]
    return {"thumbnail_product_retailer_id": thumbnail or sections[0][1][0], "sections": shown}
