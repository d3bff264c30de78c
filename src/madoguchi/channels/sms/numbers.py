"""Telephone numbers, short codes and names as senders and recipients."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from madoguchi.channels.events import Identity
from madoguchi.core.errors import FieldError, Invalid
from madoguchi.core.phone import digits_of, international, is_region

_WRITTEN = re.compile(r"[+0-9][0-9 ()./\u2010-\u2015-]{2,30}")
_SHORT = range(3, 7)  # digits of a short code; the shortest whole numbers of the world have seven
_LONGEST_NAME = 11


def identity_in(address: str, settings: Mapping[str, Any]) -> Identity | None:
    """Raises Invalid naming `to` for a national number where the inbox has no country."""
    text = unicodedata.normalize("NFKC", address).strip()
    if not _WRITTEN.fullmatch(text):
        return None
    region = str(settings.get("region") or "") or None
    found = international(_with_plus(text), region)
    if found is not None:
        return Identity("phone", digits_of(found))
    if region is None and not _with_plus(text).startswith("+"):
        message = "Write the number with its country code (+81 …), or choose the inbox's country for national numbers."
        raise Invalid(message, errors=[FieldError("to", message)])
    return None


def _with_plus(text: str) -> str:
    """`00` goes before a country's code nearly everywhere; where it does not, no national number begins so."""
    return f"+{text[2:]}" if text.startswith("00") else text


def sender_of(given: str, region: str) -> tuple[Identity, ...]:
    """Whoever wrote to us, as the provider names them. A short code belongs to its country; a name is one of nobody's."""
    text = given.strip()[:64]
    digits = digits_of(text) if re.fullmatch(r"\+?[0-9 ()./-]+", text) else ""
    if not digits:
        return (Identity("sender", text),) if text else ()
    if len(digits) in _SHORT:
        return (Identity("shortcode", f"{region or '-'}:{digits}"),)
    written = f"+{digits}" if text.startswith(("+", "00")) or not text.startswith("0") else text
    if text.startswith("00"):
        written = f"+{digits[2:]}"
    found = international(written, region or None)
    return (Identity("phone", digits_of(found or written)),)


def check_sender(value: str) -> str | None:
    """Why providers would refuse this as our sender; None when it is a number, a short code or a name."""
    if re.fullmatch(r"\+?[0-9]{3,16}", value):
        return None
    if len(value) <= _LONGEST_NAME and re.fullmatch(r"[A-Za-z0-9 &+_.-]*[A-Za-z][A-Za-z0-9 &+_.-]*", value):
        return None
    return "A telephone number, a short code, or a name of at most 11 letters and digits is expected."


def is_name(sender: str) -> bool:
    """Names take no answers."""
    return re.search(r"[A-Za-z]", sender) is not None


def check_region(value: str) -> str | None:
    return None if not value or is_region(value.upper()) else "A country's two letters are expected, JP or NL."
