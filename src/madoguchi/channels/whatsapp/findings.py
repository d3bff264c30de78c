"""Collects what is wrong with a draft, each finding with the name of its field."""

from typing import Any

from madoguchi.core.errors import FieldError


class Findings:
    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def add(self, field: str, message: str) -> None:
        self.errors.append(FieldError(field, message))

    def text(self, field: str, value: Any, limit: int, *, required: bool = True) -> bool:
        """A text of at most `limit` characters (code points, as Meta counts). True when it is fine."""
        if value is None or value == "":
            if required:
                self.add(field, "This must not be empty.")
            return not required
        if not isinstance(value, str):
            self.add(field, "This must be a text.")
        elif required and not value.strip():
            self.add(field, "This must not be blank.")
        elif len(value) > limit:
            self.add(field, f"At most {limit} characters are allowed; this has {len(value)}.")
        else:
            return True
        return False

    def objects(self, field: str, value: Any, most: int, what: str) -> list[dict[str, Any]]:
        """One to `most` objects; those that are objects, to look further into."""
        if not isinstance(value, list) or not value:
            self.add(field, f"There must be at least one {what}.")
            return []
        if len(value) > most:
            self.add(field, f"At most {most} of {what} are allowed; there are {len(value)}.")
        for index, each in enumerate(value):
            if not isinstance(each, dict):
                self.add(f"{field}.{index}", "This must be an object.")
        return [each if isinstance(each, dict) else {} for each in value[: most + 1]]

    def distinct(self, field: str, values: list[Any]) -> None:
        seen: set[str] = set()
        for index, value in enumerate(values):
            if isinstance(value, str) and value:
                if value in seen:
                    self.add(field.replace("*", str(index)), "This is there twice; each must be different.")
                seen.add(value)
