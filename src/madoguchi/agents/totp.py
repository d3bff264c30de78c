"""Codes of an authenticator app: RFC 6238 with what every app understands (SHA-1, six digits, thirty seconds)."""

import base64
import hashlib
import hmac
import re
import secrets
from urllib.parse import quote

_PERIOD = 30
_DIGITS = 6
_BYTES = 20
# A telephone's clock may be off by so many steps.
_TOLERATED = 1
_LONGEST_LABEL = 40
# A letter that was cut in the middle.
_WHOLE = re.compile(r"%[0-9A-F]?$")


def new_secret() -> str:
    """160 bits, as apps take them typed: A to Z and 2 to 7."""
    return base64.b32encode(secrets.token_bytes(_BYTES)).decode()


def code_of(secret: str, step: int) -> str:
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def step_of(timestamp: float) -> int:
    return int(timestamp // _PERIOD)


def matching_step(secret: str, code: str, timestamp: float) -> int | None:
    """The step that `code` belongs to, near this time; None for a wrong one."""
    now, found = step_of(timestamp), None
    for step in range(now - _TOLERATED, now + _TOLERATED + 1):
        if hmac.compare_digest(code_of(secret, step), code):
            found = step
    return found


def address_of(secret: str, email: str) -> str:
    """What the QR code says; short enough for it whatever the e-mail address and its letters."""
    label = quote(email, safe="@")[:_LONGEST_LABEL]
    return f"otpauth://totp/{_WHOLE.sub('', label)}?secret={secret}&issuer=Madoguchi"
