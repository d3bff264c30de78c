"""Contact cards, from the neutral shape of the API to Meta's."""

from typing import Any


def contact_card(card: dict[str, Any]) -> dict[str, Any]:
    """`{name, phones[], emails[], …}`; phones and e-mail addresses may be plain texts or objects."""
    shown: dict[str, Any] = {"name": _name(card)}
    for key, one in (("phones", "phone"), ("emails", "email"), ("urls", "url")):
        values = [{one: each} if isinstance(each, str) else each for each in card.get(key) or []]
        if values:
            shown[key] = values
    return shown | {key: card[key] for key in ("addresses", "org", "birthday") if card.get(key)}


def name_of(card: Any) -> str | None:
    name = card.get("name") if isinstance(card, dict) else None
    whole = name.get("formatted_name") if isinstance(name, dict) else name
    return whole if isinstance(whole, str) and whole.strip() else None


def _name(card: dict[str, Any]) -> dict[str, Any]:
    """Meta wants the whole name and at least one of its parts."""
    whole = name_of(card) or ""
    given = card["name"] if isinstance(card["name"], dict) else card.get("name_parts")
    parts = {key: value for key, value in (given or {}).items() if key != "formatted_name" and value}
    return {"formatted_name": whole, **(parts or {"first_name": whole})}
