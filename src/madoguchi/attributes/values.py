"""One value of an attribute: checked against its type and written in one form."""

import math
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from madoguchi.attributes.models import AttributeOut
from madoguchi.core.phone import international

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST = 2000
_YES = frozenset({"true", "yes", "y", "1", "on", "はい", "有", "有り", "あり", "○"})
_NO = frozenset({"false", "no", "n", "0", "off", "いいえ", "無", "無し", "なし"})


class Unfit(ValueError):  # noqa: N818 - a refusal for people, not a fault
    """The value is not what the attribute holds; the message is for people."""


def check_value(definition: AttributeOut, value: Any, region: str | None) -> Any:
    """The value as it is kept. Raises Unfit."""
    return _CHECKS[definition.type](definition, value, region)


def read_value(definition: AttributeOut, text: str, region: str | None) -> Any:
    """A value as it stands in a file or form: `1,200`, `2024/4/1`, `はい`. Raises Unfit."""
    return check_value(definition, _READERS.get(definition.type, _as_is)(text.strip()), region)


def missing(definitions: Iterable[AttributeOut], attributes: dict[str, Any]) -> list[AttributeOut]:
    """Required attributes that these leave empty."""
    return [each for each in definitions if each.required and attributes.get(each.key) in (None, "")]


def _text(_definition: AttributeOut, value: Any, _region: str | None) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise Unfit(f"A text of at most {_LONGEST} characters.")
    return value.strip()


def _number(_definition: AttributeOut, value: Any, _region: str | None) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Unfit("A number.")
    return value


def _boolean(_definition: AttributeOut, value: Any, _region: str | None) -> bool:
    if not isinstance(value, bool):
        raise Unfit("true or false.")
    return value


def _date(_definition: AttributeOut, value: Any, _region: str | None) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise Unfit("A date as 2026-11-22.") from None


def _choice(definition: AttributeOut, value: Any, _region: str | None) -> str:
    if value not in definition.options:
        raise Unfit(f"One of: {', '.join(definition.options)}.")
    return str(value)


def _url(_definition: AttributeOut, value: Any, _region: str | None) -> str:
    fits = isinstance(value, str) and len(value) <= _LONGEST and not re.search(r"\s", value)
    # Shown as a link: javascript: and its like must never get that far.
    if not fits or urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc:
        raise Unfit("An address that begins with http:// or https://.")
    return str(value)


def _phone(_definition: AttributeOut, value: Any, region: str | None) -> str:
    number = international(value, region) if isinstance(value, str) else None
    if number is None:
        raise Unfit("A telephone number with its country code.")
    return number


def _email(_definition: AttributeOut, value: Any, _region: str | None) -> str:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value.strip()):
        raise Unfit("An e-mail address.")
    return value.strip().lower()


def _read_number(text: str) -> Any:
    plain = re.sub(r"(?<=\d)[,_ ](?=\d{3})", "", text)
    try:
        return int(plain)
    except ValueError:
        pass
    try:
        return float(plain)
    except ValueError:
        return text


def _read_boolean(text: str) -> Any:
    word = text.lower()
    return True if word in _YES else False if word in _NO else text


def _read_date(text: str) -> Any:
    found = re.fullmatch(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", text)
    return "-".join([found[1], found[2].zfill(2), found[3].zfill(2)]) if found else text


def _as_is(text: str) -> str:
    return text


_CHECKS: dict[str, Callable[[AttributeOut, Any, str | None], Any]] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "list": _choice,
    "url": _url,
    "phone": _phone,
    "email": _email,
}
_READERS: dict[str, Callable[[str], Any]] = {"number": _read_number, "boolean": _read_boolean, "date": _read_date}
