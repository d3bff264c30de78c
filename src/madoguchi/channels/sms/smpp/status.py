"""What command_status says, in words of ours."""

from madoguchi.channels.sms.result import BUSY, UNKNOWN_FAILURE, Meaning

THROTTLED = 0x58
QUEUE_FULL = 0x14
ALREADY_BOUND = 0x05
WAITING = {THROTTLED, QUEUE_FULL}

_REQUEST = Meaning("request_refused", "stop")
_SENDER = Meaning("sender_invalid", "stop")
_NUMBER = Meaning("number_invalid", "not_reachable")

_SUBMIT = {
    0x01: Meaning("too_long", "stop"),
    0x02: _REQUEST,
    0x04: Meaning("bind_refused", "channel_down"),
    0x08: BUSY,
    0x0A: _SENDER,
    0x0B: _NUMBER,
    0x14: Meaning("rate_limited", "retry_after"),
    0x33: _REQUEST,
    0x42: _REQUEST,
    0x43: _REQUEST,
    0x45: BUSY,
    0x48: _SENDER,
    0x49: _SENDER,
    0x50: _NUMBER,
    0x51: _NUMBER,
    0x53: _REQUEST,
    0x58: Meaning("rate_limited", "retry_after"),
    0x61: _REQUEST,
    0x62: _REQUEST,
    0x64: BUSY,
    0x65: Meaning("refused_by_operator", "stop"),
    0x66: Meaning("refused_by_operator", "stop"),
    0xFE: Meaning("not_delivered", "stop"),
}

_BIND = {
    ALREADY_BOUND: "already_bound",
    0x0D: "bind_refused",
    0x0E: "login_refused",
    0x0F: "login_refused",
}


def meaning_of(status: int) -> Meaning:
    return _SUBMIT.get(status, UNKNOWN_FAILURE)


def bind_code(status: int) -> str:
    return _BIND.get(status, "bind_refused")
