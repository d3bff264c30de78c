"""Delivery receipts: the words that operators write into them, in any order, and the fields that say the same."""

import re
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from madoguchi.channels.events import NO_TIME
from madoguchi.channels.sms.smpp.pdu import RECEIPTED_ID, STATE, Short

Reached = Literal["sent", "delivered", "failed"]

_FIELD = re.compile(r"(id|sub|dlvrd|submit date|done date|stat|err):\s*(\S*)", re.IGNORECASE)
_TEXT = re.compile(r"\btext:", re.IGNORECASE)
_STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
    9: "SKIPPED",
}
_REACHED: dict[str, Reached] = {
    "DELIVRD": "delivered",
    "ACCEPTD": "sent",
    "EXPIRED": "failed",
    "DELETED": "failed",
    "UNDELIV": "failed",
    "REJECTD": "failed",
}
_WHY = {"EXPIRED": "expired", "REJECTD": "refused_by_operator"}


class Report(Struct, frozen=True):
    """`reached` None: nothing new (still under way, or nobody knows)."""

    message_id: str
    state: str
    reached: Reached | None
    at: datetime
    error: str

    @property
    def code(self) -> str:
        return _WHY.get(self.state, "not_delivered")


def read_report(short: Short) -> Report | None:
    """None when it names no message or no state: then it is none."""
    words = short.content.decode("latin-1")
    fields = {name.lower(): value for name, value in _FIELD.findall(_TEXT.split(words, maxsplit=1)[0])}
    named = short.tlvs.get(RECEIPTED_ID, b"").split(b"\0")[0].decode("latin-1").strip()
    state_field = short.tlvs.get(STATE, b"")
    state = _STATES.get(state_field[0], "") if state_field else ""
    state = state or fields.get("stat", "").upper()[:7]
    message_id = canonical(named or fields.get("id", ""))
    if not message_id or not state:
        return None
    done = fields.get("done date") or fields.get("submit date", "")
    return Report(message_id, state, _REACHED.get(state), time_of(done), fields.get("err", "")[:20])


def canonical(message_id: str) -> str:
    """The same id whatever case and leading zeros it is written with."""
    text = message_id.strip().casefold()
    return text.lstrip("0") or text[:1]


def answered_id(message_id: str, mode: str) -> str:
    """The id of a submit_sm_resp as this operator's receipts will write it."""
    text = message_id.strip()
    try:
        if mode == "hex_to_decimal":
            return canonical(str(int(text, 16)))
        if mode == "decimal_to_hex":
            return canonical(f"{int(text):x}")
    except ValueError:
        pass
    return canonical(text)


def time_of(text: str) -> datetime:
    """10, 12 or 14 digits; the zone is nowhere said."""
    form = {10: "%y%m%d%H%M", 12: "%y%m%d%H%M%S", 14: "%Y%m%d%H%M%S"}.get(len(text))
    if form is None or not text.isascii() or not text.isdecimal():
        return NO_TIME
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return NO_TIME
