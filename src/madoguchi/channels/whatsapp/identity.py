"""The keys under which WhatsApp knows a person. Usernames are none: they change and may pass to somebody else."""

import re

from madoguchi.channels.events import Identity
from madoguchi.channels.whatsapp.clean import ID_LIMIT
from madoguchi.core.phone import digits_of

_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}")
_PHONE = re.compile(r"\+?[0-9 ()./-]+")
_PHONE_DIGITS = range(5, 16)  # E.164 ends at 15


def identities(user_id: str | None, parent_user_id: str | None, phone: str | None) -> tuple[Identity, ...]:
    """Strongest first: the business-scoped user id stays when the phone number is hidden."""
    found = []
    if user_id and len(user_id) <= ID_LIMIT:
        found.append(Identity("bsuid", user_id))
    if parent_user_id and len(parent_user_id) <= ID_LIMIT:
        found.append(Identity("parent_bsuid", parent_user_id))
    if phone and (digits := phone if phone.isdecimal() else digits_of(phone)) and len(digits) <= 32:
        found.append(Identity("phone", digits))
    return tuple(found)


def identity_of(address: str) -> Identity | None:
    """A phone number with its country code, however it is written, or a business-scoped user id as it is."""
    text = address.strip()
    if len(text) <= ID_LIMIT and _USER_ID.fullmatch(text):
        kind = "parent_bsuid" if text[3:].startswith("ENT.") else "bsuid"
        return Identity(kind, text)
    if not _PHONE.fullmatch(text):
        return None
    digits = digits_of(text)
    return Identity("phone", digits) if len(digits) in _PHONE_DIGITS else None


def value_of(identities: tuple[Identity, ...], kind: str) -> str | None:
    return next((identity.value for identity in identities if identity.kind == kind), None)
