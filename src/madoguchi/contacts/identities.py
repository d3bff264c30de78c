"""Identities as people type them, made into the keys that the channels know."""

import re

from madoguchi.channels import registry
from madoguchi.contacts.models import NewIdentity
from madoguchi.core.errors import FieldError, Invalid
from madoguchi.core.phone import digits_of

_KIND = re.compile(r"[a-z][a-z0-9_]{0,29}")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE_DIGITS = range(5, 16)  # E.164 ends at 15


def check_identities(given: list[NewIdentity]) -> list[NewIdentity]:
    """Normalised and without doubles; raises Invalid naming each that cannot be one."""
    errors = [
        FieldError(f"identities.{index}.{field}", message)
        for index, identity in enumerate(given)
        for field, message in _faults(identity)
    ]
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    normalised = [NewIdentity(each.channel, each.kind, normal_value(each.kind, each.value)) for each in given]
    return list({(each.channel, each.kind, each.value): each for each in normalised}.values())


def normal_value(kind: str, value: str) -> str:
    """`+81 90-1111-0001` and `819011110001` are one phone; e-mail addresses have no case that matters."""
    if kind == "phone":
        return digits_of(value)
    return value.strip().lower() if kind == "address" else value.strip()


def _faults(identity: NewIdentity) -> list[tuple[str, str]]:
    faults = []
    if identity.channel not in registry.channels():
        faults.append(("channel", f"There is no channel {identity.channel!r}."))
    if not _KIND.fullmatch(identity.kind):
        faults.append(("kind", "A kind is a word in small letters: phone, address, bsuid …"))
    value = normal_value(identity.kind, identity.value)
    if identity.kind == "phone" and len(value) not in _PHONE_DIGITS:
        faults.append(("value", "A phone number has 5 to 15 digits, with its country code."))
    if identity.kind == "address" and not _ADDRESS.fullmatch(value):
        faults.append(("value", "This is not an e-mail address."))
    if not value:
        faults.append(("value", "The value is empty."))
    return faults
