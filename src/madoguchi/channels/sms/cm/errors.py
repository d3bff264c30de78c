"""CM.com's error codes, of answers and of reports."""

from madoguchi.channels.sms.result import BUSY, REFUSED_SIGN_IN, UNKNOWN_FAILURE, Meaning

_FIELD = Meaning("request_refused", "stop")
_NUMBER = Meaning("number_invalid", "not_reachable")

MEANINGS = {
    101: REFUSED_SIGN_IN,
    102: Meaning("no_credit", "channel_down"),
    103: REFUSED_SIGN_IN,
    201: UNKNOWN_FAILURE,
    202: _FIELD,
    203: _FIELD,
    301: Meaning("sender_invalid", "stop"),
    302: _NUMBER,
    303: _NUMBER,
    304: _FIELD,
    305: _FIELD,
    401: Meaning("filtered", "stop"),
    402: Meaning("blocked_by_recipient", "not_reachable"),
    403: Meaning("filtered", "stop"),
    429: Meaning("rate_limited", "retry_after"),
    503: BUSY,
}

# Those of reports are the operators'; only these say something that everybody calls the same.
_REPORTED = {"5": "number_unreachable", "20": "number_invalid", "21": "number_invalid", "22": "number_unreachable"}


def meaning_of(code: int) -> Meaning:
    return MEANINGS.get(code, UNKNOWN_FAILURE)


def error_code(reported: str) -> str:
    return _REPORTED.get(reported, "not_delivered")
