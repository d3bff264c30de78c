"""Twilio's error codes, of answers and of status callbacks."""

from madoguchi.channels.events import ProviderError
from madoguchi.channels.sms.result import BUSY, REFUSED_SIGN_IN, UNKNOWN_FAILURE, Meaning

_BAD_NUMBER = Meaning("number_invalid", "not_reachable")
_UNREACHABLE = Meaning("number_unreachable", "not_reachable")
_SENDER = Meaning("sender_invalid", "stop")
_FILTERED = Meaning("filtered", "stop")
_TOO_LONG = Meaning("too_long", "stop")
_FILE = Meaning("file_refused", "stop")
_REGISTER = Meaning("not_registered", "stop")

MEANINGS = {
    20003: REFUSED_SIGN_IN,
    20005: Meaning("account_suspended", "channel_down"),
    20404: Meaning("account_unknown", "channel_down"),
    20429: Meaning("rate_limited", "retry_after"),
    14107: Meaning("rate_limited", "retry_after"),
    21211: _BAD_NUMBER,
    21212: _SENDER,
    21408: Meaning("country_not_enabled", "stop"),
    21602: Meaning("empty", "stop"),
    21603: _SENDER,
    21605: _TOO_LONG,
    21606: _SENDER,
    21610: Meaning("opted_out", "stop"),
    21611: BUSY,
    21612: _UNREACHABLE,
    21614: _BAD_NUMBER,
    21617: _TOO_LONG,
    21619: Meaning("empty", "stop"),
    21620: _FILE,
    21659: _SENDER,
    21703: _SENDER,
    30001: BUSY,
    30002: Meaning("account_suspended", "channel_down"),
    30003: _UNREACHABLE,
    30004: Meaning("blocked_by_recipient", "not_reachable"),
    30005: _UNREACHABLE,
    30006: Meaning("landline", "not_reachable"),
    30007: _FILTERED,
    30008: Meaning("not_delivered", "stop"),
    30010: Meaning("price_limit", "stop"),
    30019: _FILE,
    30022: Meaning("rate_limited", "retry_after"),
    30034: _REGISTER,
    30036: Meaning("expired", "stop"),
    30044: _UNREACHABLE,
    63018: Meaning("rate_limited", "retry_after"),
}


def meaning_of(code: int, status: int = 400) -> Meaning:
    known = MEANINGS.get(code)
    if known is not None:
        return known
    if status in {401, 403}:
        return REFUSED_SIGN_IN
    if status == 429:
        return MEANINGS[20429]
    return UNKNOWN_FAILURE


def error_of(code: str, title: str = "") -> ProviderError:
    """For a status callback: the code alone."""
    meaning = meaning_of(int(code)) if code.isdecimal() and len(code) < 7 else Meaning("not_delivered", "stop")
    return ProviderError(
        "not_delivered" if meaning is UNKNOWN_FAILURE else meaning.code, code, title or "Not delivered"
    )
