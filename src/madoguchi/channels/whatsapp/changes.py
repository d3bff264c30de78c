"""A person's keys have changed: a new phone number, or a new user id.

Meta's pages contradict each other about the shape, so both are read, with and without the previous keys.
"""

import re
from collections.abc import Sequence

from madoguchi.channels.events import Event, Identity, IdentityChanged, Unknown
from madoguchi.channels.whatsapp import wire
from madoguchi.channels.whatsapp.clean import Malformed, identifier, moment
from madoguchi.channels.whatsapp.identity import identities

_USER_ID = re.compile(r"\b[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{6,128}\b")


def read_change(account: str, message: wire.Message) -> Sequence[Event]:
    system = message.system
    if system is None:
        raise Malformed("a system message without its content")
    current = identities(system.user_id, system.parent_user_id, system.wa_id or system.new_wa_id)
    if not current:
        return (Unknown(f"messages.system.{(system.type or '')[:60]}"),)
    return (
        IdentityChanged(
            account=account,
            previous=_previous(message, system, current),
            current=current,
            at=moment(message.timestamp),
            provider_id=identifier(message.id, "id"),
            text=system.body or None,
        ),
    )


def _previous(message: wire.Message, system: wire.System, current: tuple[Identity, ...]) -> tuple[Identity, ...]:
    """What we may know the person by: named as previous, as the sender, or only in the sentence."""
    named = identities(system.previous_user_id, system.previous_parent_user_id, message.sender)
    sender = identities(message.from_user_id, message.from_parent_user_id, None)
    told = _told(system.body or "") if not any(each.kind == "bsuid" for each in named) else ()
    return tuple(dict.fromkeys(each for each in (*named, *sender, *told) if each not in current))


def _told(body: str) -> tuple[Identity, ...]:
    found = (Identity("parent_bsuid" if ".ENT." in each else "bsuid", each) for each in _USER_ID.findall(body))
    return tuple(found)
