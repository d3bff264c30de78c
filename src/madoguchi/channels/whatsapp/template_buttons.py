"""What Meta demands of a template's buttons."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from madoguchi.channels.whatsapp.broken_rules import Broken, kind, objects

_MOST, _LABEL, _URL, _PHONE, _COUPON, _COUPON_OF_OFFER = 10, 25, 2000, 20, 20, 15
_AT_MOST = {
    "QUICK_REPLY": 10,
    "URL": 2,
    "PHONE_NUMBER": 1,
    "COPY_CODE": 1,
    "FLOW": 1,
    "CATALOG": 1,
    "MPM": 1,
    "SPM": 1,
    "VOICE_CALL": 1,
    "REQUEST_CONTACT_INFO": 1,
}
# Their words are Meta's own.
_WITHOUT_LABEL = {"COPY_CODE", "REQUEST_CONTACT_INFO"}
_PHONE_NUMBER = re.compile(r"\+?[0-9][0-9 ()-]*")
_CODE = re.compile(r"[A-Za-z0-9]+")


def check_buttons(broken: Broken, field: str, given: Any, *, most: int = _MOST, offer: bool = False) -> None:
    buttons = objects(given)
    if not buttons:
        broken.add(field, "required", "There must be at least one button.")
    if len(buttons) > most:
        message = f"At most {most} buttons are allowed; there are {len(buttons)}."
        broken.add(field, "too_many_buttons", message, limit=most, given=len(buttons))
    kinds = [kind(each) for each in buttons]
    _check_counts(broken, field, kinds)
    _check_order(broken, field, kinds)
    for index, button in enumerate(buttons):
        _check_button(broken, f"{field}.{index}", button, offer=offer)
    _check_distinct(broken, field, buttons)


def _check_counts(broken: Broken, field: str, kinds: list[str]) -> None:
    for each in dict.fromkeys(kinds):
        most = _AT_MOST.get(each)
        if most is not None and kinds.count(each) > most:
            message = f"At most {most} buttons of this kind are allowed; there are {kinds.count(each)}."
            last = len(kinds) - 1 - kinds[::-1].index(each)
            broken.add(f"{field}.{last}", "too_many_of_kind", message, limit=most, given=kinds.count(each))


def _check_order(broken: Broken, field: str, kinds: list[str]) -> None:
    quick = [each == "QUICK_REPLY" for each in kinds]
    if sum(a != b for a, b in pairwise(quick)) > 1:
        broken.add(field, "grouping", "Quick replies stand together: all before the other buttons, or all after them.")


def _check_distinct(broken: Broken, field: str, buttons: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for index, button in enumerate(buttons):
        text = str(button.get("text") or "").strip()
        if text and text in seen:
            broken.add(f"{field}.{index}.text", "twice", "Another button has the same words.")
        seen.add(text)


def _check_button(broken: Broken, field: str, button: dict[str, Any], *, offer: bool) -> None:
    which = kind(button)
    if which not in _AT_MOST:
        broken.add(field, "kind", "There is no button of this kind in such a template.")
        return
    if which not in _WITHOUT_LABEL:
        label = broken.text(f"{field}.text", button.get("text"), _LABEL)
        if "{{" in label or "\n" in label:
            broken.add(f"{field}.text", "plain", "A button's words have no variables and no line breaks.")
    more = _MORE.get(which)
    if which == "COPY_CODE":
        _check_coupon(broken, field, button, _COUPON_OF_OFFER if offer else _COUPON)
    elif more:
        more(broken, field, button)


def _check_url(broken: Broken, field: str, button: dict[str, Any]) -> None:
    url = broken.text(f"{field}.url", button.get("url"), _URL)
    if not url:
        return
    blanks = re.findall(r"\{\{[^{}]*\}\}", url)
    if not _is_address(url):
        broken.add(f"{field}.url", "address", "This must be a web address that begins with https:// or http://.")
    if blanks and (len(blanks) > 1 or not url.endswith("{{1}}")):
        broken.add(f"{field}.url", "variable_in_address", "An address has one variable, {{1}}, at its end.")
    example = button.get("example")
    sample = example[0] if isinstance(example, list) and example else example
    if blanks and not (isinstance(sample, str) and sample.strip()):
        broken.add(f"{field}.example", "example_missing", "{{1}} needs an example of the whole address.", name="1")
    elif blanks:
        broken.length(f"{field}.example", str(sample), _URL)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url.replace("{{", "").replace("}}", ""))
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)


def _check_phone(broken: Broken, field: str, button: dict[str, Any]) -> None:
    number = broken.text(f"{field}.phone_number", button.get("phone_number"), _PHONE)
    if number and not _PHONE_NUMBER.fullmatch(number):
        broken.add(f"{field}.phone_number", "phone_number", "This must be a phone number with its country code.")


def _check_coupon(broken: Broken, field: str, button: dict[str, Any], limit: int) -> None:
    example = button.get("example")
    sample = example[0] if isinstance(example, list) and example else example
    if not isinstance(sample, str) or not sample.strip():
        broken.add(f"{field}.example", "example_missing", "The code needs an example.", name="1")
        return
    broken.length(f"{field}.example", sample, limit)
    if not _CODE.fullmatch(sample):
        broken.add(f"{field}.example", "letters_and_digits", "A code has letters and digits only.")


def _check_flow(broken: Broken, field: str, button: dict[str, Any]) -> None:
    named = [key for key in ("flow_id", "flow_name", "flow_json") if button.get(key)]
    if len(named) != 1:
        broken.add(f"{field}.flow_id", "form", "Choose the form that this button opens.")


_MORE: dict[str, Callable[[Broken, str, dict[str, Any]], None]] = {
    "URL": _check_url,
    "PHONE_NUMBER": _check_phone,
    "FLOW": _check_flow,
}
