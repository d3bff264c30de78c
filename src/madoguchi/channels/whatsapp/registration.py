"""Two-step verification: the number's PIN, and Meta's patience with wrong ones."""

import re

from madoguchi.channels.base import Refusal
from madoguchi.channels.whatsapp.desk_check import check_pin
from madoguchi.channels.whatsapp.graph import Graph
from madoguchi.core.errors import FieldError, Invalid, RateLimited

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_WAIT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) (second|minute|hour|day)s?\b")
_CODE = re.compile(r"[0-9]{3}-?[0-9]{3}")
_PARAMETER = "100"


async def register(graph: Graph, pin: str) -> None:
    check_pin(pin)
    try:
        await graph.ask("POST", graph.number, "register", body={"messaging_product": "whatsapp", "pin": pin})
    except Refusal as refusal:
        raise _pin_problem(refusal) from refusal


async def set_pin(graph: Graph, pin: str) -> None:
    check_pin(pin)
    await graph.ask("POST", graph.number, body={"pin": pin})


async def verify_code(graph: Graph, code: str) -> None:
    wrong = Invalid("The code is not right.", errors=[FieldError("code", "The code is not right.")])
    if not _CODE.fullmatch(code):
        raise wrong
    try:
        await graph.ask("POST", graph.number, "verify_code", body={"code": code.replace("-", "")})
    except Refusal as refusal:
        if refusal.failed.error.provider_code == _PARAMETER:
            raise wrong from refusal
        raise


def _pin_problem(refusal: Refusal) -> Exception:
    error = refusal.failed.error
    if error.code == "pin_wrong":
        return Invalid(error.title, errors=[FieldError("pin", error.title)])
    if error.code in {"pin_locked", "registration_limited"}:
        seconds = wait_named(error.detail) or refusal.failed.retry_in or 3600.0
        return RateLimited(error.title, retry_after=int(seconds), reason=error.code)
    return refusal


def wait_named(words: str) -> float | None:
    """Seconds, where Meta's sentence names a time."""
    found = _WAIT.search(words)
    return float(found[1]) * _UNITS[found[2]] if found else None
