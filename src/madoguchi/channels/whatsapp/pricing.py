"""What a message cost, in the product's words. Meta tells categories, never amounts."""

from functools import lru_cache
from typing import Any

from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE

from madoguchi.channels.events import Identity
from madoguchi.channels.whatsapp import wire

_LONGEST_CALLING_CODE = 3


def neutral_pricing(pricing: wire.Pricing, recipient: tuple[Identity, ...]) -> dict[str, Any]:
    """`billable` follows the type where Meta leaves the old field out: it is to go away."""
    kind = pricing.type or ""
    billable = pricing.billable if pricing.billable is not None else not kind.startswith("free")
    told = {
        "category": pricing.category or "",
        "type": kind,
        "model": pricing.pricing_model or "",
        "billable": billable,
    }
    market = _market(recipient)
    return told | {"market": market} if market else told


def _market(recipient: tuple[Identity, ...]) -> str:
    """Rates go by the calling code; where the phone is hidden, the user id begins with the country."""
    for identity in recipient:
        if identity.kind == "phone":
            return _country(identity.value[:_LONGEST_CALLING_CODE])
    return next((each.value[:2] for each in recipient if each.kind == "bsuid"), "")


@lru_cache(maxsize=1024)
def _country(first_digits: str) -> str:
    """The main country of a calling code; all of +1 is one market for Meta."""
    for length in range(1, len(first_digits) + 1):
        code = first_digits[:length]
        if code.isascii() and code.isdecimal() and (found := COUNTRY_CODE_TO_REGION_CODE.get(int(code))):
            return str(found[0])
    return ""
