"""The keys under which WhatsApp knows a person. Usernames are none: they change and may pass to somebody else."""

from madoguchi.channels.base import Identity
from madoguchi.channels.whatsapp.clean import ID_LIMIT
from madoguchi.core.phone import digits_of


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


def value_of(identities: tuple[Identity, ...], kind: str) -> str | None:
    return next((identity.value for identity in identities if identity.kind == kind), None)
