"""Collects which of Meta's rules a template's draft breaks, and where."""

from typing import Any

from madoguchi.channels.base import RuleBroken


class Broken:
    def __init__(self) -> None:
        self.found: list[RuleBroken] = []

    def add(self, field: str, rule: str, message: str, **values: Any) -> None:
        self.found.append(RuleBroken(field, rule, message, values))

    def text(self, field: str, value: Any, limit: int) -> str:
        """A text that has to be there, of at most `limit` code points, as Meta counts. Empty when there is none."""
        if value is not None and not isinstance(value, str):
            self.add(field, "not_text", "This must be a text.")
            return ""
        if not value or not value.strip():
            self.add(field, "required", "This must not be empty.")
            return ""
        self.length(field, value, limit)
        return value

    def length(self, field: str, value: str, limit: int) -> None:
        if len(value) > limit:
            message = f"At most {limit} characters are allowed; this has {len(value)}."
            self.add(field, "too_long", message, limit=limit, given=len(value))

    def number(self, field: str, value: Any, least: int, most: int) -> None:
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        if not fits:
            self.add(field, "out_of_range", f"This must be a number from {least} to {most}.", least=least, most=most)


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; whatever else somebody sends there is as good as absent."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def kind(value: dict[str, Any], key: str = "type") -> str:
    """Meta's letters are now upper, now lower case."""
    return str(value.get(key) or "").upper()
