"""Identifiers that look like Meta's. They are opaque to a client; here they carry meaning."""

import base64
import hashlib
import itertools
import secrets
from functools import lru_cache

TO_CUSTOMER = 0x11
TO_BUSINESS = 0x12
OUTBOUND_HEX = 18
INBOUND_HEX = {"ios": 20, "android": 32}

_numeric = itertools.count(secrets.randbelow(10**9))


def numeric_id() -> str:
    """A node id such as Graph gives to media, templates and numbers."""
    return f"1{secrets.randbelow(10**5):05d}{next(_numeric) % 10**10:010d}"


def wamid(phone: str, direction: int, *, hex_digits: int = OUTBOUND_HEX) -> str:
    digits, unique = phone.encode(), secrets.token_hex(hex_digits // 2).upper().encode()
    raw = bytes([0x1C, 0x18, len(digits)]) + digits
    raw += bytes([0x15, 0x02, 0x00, direction, 0x18, len(unique)]) + unique + b"\x00"
    return "wamid." + base64.b64encode(raw).decode()


def read_wamid(text: str) -> tuple[str, int] | None:
    """The customer's digits and the direction, or None when the id cannot be one of ours."""
    try:
        raw = base64.b64decode(text.removeprefix("wamid."), validate=True)
        end = 3 + raw[2]
        if raw[:2] != b"\x1c\x18" or raw[end : end + 3] != b"\x15\x02\x00":
            return None
        return raw[3:end].decode(), raw[end + 3]
    except (ValueError, IndexError):
        return None


@lru_cache(maxsize=4096)
def bsuid(portfolio_id: str, customer_id: str, country: str, generation: int = 0) -> str:
    """The business-scoped user id: the same for all numbers of a portfolio, new with a new phone."""
    digest = hashlib.sha256(f"{portfolio_id}/{customer_id}/{generation}".encode()).hexdigest()
    return f"{country}.{int(digest[:24], 16) % 10**20:020d}"


def trace_id() -> str:
    return "A" + secrets.token_urlsafe(16)


def access_token() -> str:
    return "EAA" + secrets.token_urlsafe(30).replace("-", "x").replace("_", "y")
