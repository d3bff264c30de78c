"""Meta's error codes: what each means for us, and our own stable name for it.

The words for each name are in `strings.toml`. Only the code decides; titles, subcodes and (where the code is known) the
HTTP status do not, because Meta changes them.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from madoguchi.channels.base import FailureKind
from madoguchi.channels.events import ProviderError


class Meaning(NamedTuple):
    """`retry_in` in seconds, for retry_after: where the provider names no time itself."""

    code: str
    kind: FailureKind
    retry_in: float | None = None


_MINUTE, _HOUR = 60.0, 3600.0

REFUSED = Meaning("refused", "stop")
PROVIDER_ERROR = Meaning("provider_error", "retry")
UNREACHABLE = Meaning("unreachable", "retry")
RATE_LIMITED = Meaning("rate_limited", "retry_after", 5)
TOKEN_INVALID = Meaning("token_invalid", "channel_down")
PHONE_REQUIRED = Meaning("phone_required", "stop")
RECIPIENT_MISSING = Meaning("recipient_missing", "stop")
MEDIA_MISSING = Meaning("media_missing", "stop")
TEMPLATE_MISSING = Meaning("template_missing", "stop")

_PERMISSION = Meaning("permission_missing", "channel_down")
_BLOCKED = Meaning("account_blocked", "channel_down")
_PAYMENT = Meaning("payment_problem", "channel_down")
_NOT_REGISTERED = Meaning("not_registered", "channel_down")
_BUSY = Meaning("provider_busy", "retry")
_SLOW_DOWN = Meaning("api_rate_limited", "retry_after", _MINUTE)
_INVALID = Meaning("parameter_invalid", "stop")
_GROUP = Meaning("group_failed", "stop")
_CALL = Meaning("call_failed", "stop")
_TEMPLATE_VALUES = Meaning("template_values_wrong", "stop")
_TEMPLATE_RULES = Meaning("template_refused", "stop")
_FLOW = Meaning("flow_management_failed", "stop")
_PIN_LOCKED = Meaning("pin_locked", "retry_after", _HOUR)
_MIGRATION = Meaning("number_migration_failed", "stop")
_COEXISTENCE = Meaning("coexistence_sync_failed", "stop")
_NOT_SHOWN = Meaning("type_unsupported", "stop")

MEANINGS: Mapping[int, Meaning] = {
    # The API and its permissions
    0: TOKEN_INVALID,
    1: PROVIDER_ERROR,
    2: _BUSY,
    3: _PERMISSION,
    4: _SLOW_DOWN,
    10: _PERMISSION,
    33: Meaning("number_gone", "channel_down"),
    100: _INVALID,
    104: TOKEN_INVALID,
    190: TOKEN_INVALID,
    **dict.fromkeys(range(200, 300), _PERMISSION),
    368: _BLOCKED,
    613: _SLOW_DOWN,
    80007: _SLOW_DOWN,
    135000: PROVIDER_ERROR,
    # Messages
    130403: Meaning("recipient_blocked", "not_reachable"),
    130429: RATE_LIMITED,
    130472: Meaning("recipient_in_experiment", "stop"),
    130497: Meaning("country_restricted", "not_reachable"),
    130501: _NOT_SHOWN,
    131000: PROVIDER_ERROR,
    131005: _PERMISSION,
    131008: Meaning("parameter_missing", "stop"),
    131009: _INVALID,
    131016: _BUSY,
    131020: _GROUP,
    131021: Meaning("recipient_is_sender", "stop"),
    131026: Meaning("undeliverable", "not_reachable"),
    131030: Meaning("recipient_not_allowed", "stop"),
    131031: _BLOCKED,
    131035: Meaning("not_stored", "stop"),
    131036: Meaning("not_stored", "stop"),
    131037: Meaning("display_name_needed", "channel_down"),
    131041: _GROUP,
    131042: _PAYMENT,
    131044: _PAYMENT,
    131045: _NOT_REGISTERED,
    131047: Meaning("window_closed", "window_closed"),
    131048: Meaning("spam_limited", "retry_after", _HOUR),
    131049: Meaning("marketing_limited", "stop"),
    131050: Meaning("opted_out_of_marketing", "stop"),
    131051: _NOT_SHOWN,
    131052: Meaning("media_download_failed", "stop"),
    131053: Meaning("media_invalid", "stop"),
    131055: Meaning("method_not_allowed", "stop"),
    # Four times as long after each attempt: 1, 4, 16 … seconds (the pipeline multiplies).
    131056: Meaning("pair_rate_limited", "retry_after", 1),
    131057: Meaning("maintenance", "retry_after", _MINUTE),
    131059: Meaning("cursor_invalid", "stop"),
    131060: Meaning("message_unavailable", "stop"),
    131062: PHONE_REQUIRED,
    131063: Meaning("marketing_disabled", "stop"),
    131064: Meaning("template_misuse_limited", "stop"),
    137000: Meaning("identity_changed", "not_reachable"),
    139200: Meaning("direct_send_blocked", "stop"),
    # Groups
    **dict.fromkeys(range(131201, 131216), _GROUP),
    131208: _SLOW_DOWN,
    # Templates
    132000: _TEMPLATE_VALUES,
    132001: TEMPLATE_MISSING,
    132005: Meaning("template_text_too_long", "stop"),
    132007: _TEMPLATE_RULES,
    132008: _TEMPLATE_VALUES,
    132012: _TEMPLATE_VALUES,
    132015: Meaning("template_paused", "stop"),
    132016: Meaning("template_disabled", "stop"),
    132018: _TEMPLATE_VALUES,
    132068: Meaning("flow_blocked", "stop"),
    132069: Meaning("flow_throttled", "retry_after", _HOUR),
    **dict.fromkeys((200005, 200006, 200007), Meaning("insights_unavailable", "stop")),
    2388019: Meaning("template_limit_reached", "stop"),
    **dict.fromkeys((2388039, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299), _TEMPLATE_RULES),
    **dict.fromkeys((2388318, 2388330), _TEMPLATE_RULES),
    # Registration of the number
    133000: Meaning("deregistration_incomplete", "stop"),
    133004: _BUSY,
    133005: Meaning("pin_wrong", "stop"),
    133006: Meaning("number_not_verified", "channel_down"),
    133008: _PIN_LOCKED,
    133009: _PIN_LOCKED,
    133010: _NOT_REGISTERED,
    133015: Meaning("number_recently_deleted", "retry_after", 5 * _MINUTE),
    133016: Meaning("registration_limited", "retry_after", 72 * _HOUR),
    **dict.fromkeys((2388012, 2388091, 2388093, 2388103, 2494100), _MIGRATION),
    # Payments, marketing messages, calls, flows, blocking, usernames, coexistence
    134011: Meaning("terms_pending", "stop"),
    134100: Meaning("marketing_only", "stop"),
    134101: Meaning("template_syncing", "retry_after", 10 * _MINUTE),
    134102: Meaning("marketing_api_unavailable", "stop"),
    1752041: Meaning("already_done", "stop"),
    **dict.fromkeys(range(138000, 138024), _CALL),
    138002: _SLOW_DOWN,
    138005: _SLOW_DOWN,
    **dict.fromkeys(range(139000, 139005), _FLOW),
    **dict.fromkeys(range(139100, 139104), Meaning("block_failed", "stop")),
    **dict.fromkeys(range(147001, 147006), Meaning("username_refused", "stop")),
    2494191: Meaning("thread_control_refused", "stop"),
    **dict.fromkeys((2593107, 2593108, 2593109), _COEXISTENCE),
}

WINDOW_CLOSED = 131047
_TITLES: Mapping[str, str] = {
    code: words["en"]
    for code, words in tomllib.loads(Path(__file__).with_name("strings.toml").read_text("utf-8"))["errors"].items()
}


def meaning_of(code: int, http_status: int = 400, *, transient: bool = False) -> Meaning:
    """Codes that Meta adds after us are judged by what the answer says about itself."""
    known = MEANINGS.get(code)
    if known is not None:
        return known
    if http_status == 401:
        return TOKEN_INVALID
    if http_status == 429:
        return RATE_LIMITED
    return PROVIDER_ERROR if transient or http_status >= 500 else REFUSED


def provider_error(meaning: Meaning, provider_code: int | str = "", detail: str = "") -> ProviderError:
    return ProviderError(meaning.code, str(provider_code), _TITLES[meaning.code], detail[:1000])


class Unsendable(Exception):  # noqa: N818
    """Found before anything left."""

    def __init__(self, meaning: Meaning, detail: str = "") -> None:
        super().__init__(meaning.code)
        self.meaning = meaning
        self.detail = detail
