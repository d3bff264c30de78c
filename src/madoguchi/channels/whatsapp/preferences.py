"""What people want to receive: the switch in WhatsApp's own chat settings (webhook field "user_preferences")."""

from collections.abc import Sequence
from typing import Any, Literal

from madoguchi.channels.events import ConsentChanged, Event, Unknown
from madoguchi.channels.whatsapp.clean import Malformed, moment, string
from madoguchi.channels.whatsapp.identity import identities

_STATES: dict[str | None, Literal["granted", "withdrawn"]] = {"stop": "withdrawn", "resume": "granted"}


def read_preferences(account: str, value: dict[str, Any]) -> Sequence[Event]:
    given = value.get("user_preferences")
    if not isinstance(given, list):
        raise Malformed("user_preferences without a list")
    number = string(value.get("metadata"), "phone_number_id") or account
    return [_preference(number, each, value.get("contacts")) for each in given]


def _preference(account: str, each: Any, contacts: Any) -> Event:
    user_id, phone = string(each, "user_id"), string(each, "wa_id")
    known = identities(user_id, string(each, "parent_user_id"), phone)
    if not known:
        raise Malformed("a preference of nobody")
    category, word = string(each, "category"), string(each, "value")
    state = _STATES.get(word)
    if category != "marketing_messages" or state is None:
        return Unknown(f"user_preferences.{category or ''}.{word or ''}"[:100])
    return ConsentChanged(
        account=account,
        identities=known,
        purpose="marketing",
        state=state,
        source="preference",
        at=moment(each.get("timestamp")),
        name=_name(user_id, phone, contacts),
        detail=(string(each, "detail") or "")[:500],
    )


def _name(user_id: str | None, phone: str | None, contacts: Any) -> str | None:
    for contact in contacts if isinstance(contacts, list) else []:
        same_user = user_id and string(contact, "user_id") == user_id
        if same_user or (phone and string(contact, "wa_id") == phone):
            return (string(contact.get("profile"), "name") or "").strip()[:200] or None
    return None
