"""What all providers' answers come down to."""

from collections.abc import Mapping
from typing import NamedTuple

from madoguchi.channels.base import Failed, FailureKind, Part
from madoguchi.channels.events import ProviderError


class Meaning(NamedTuple):
    code: str  # ours; its words are in strings.toml
    kind: FailureKind


BUSY = Meaning("provider_busy", "retry")
REFUSED_SIGN_IN = Meaning("login_refused", "channel_down")
UNKNOWN_FAILURE = Meaning("provider_error", "stop")


def failed(
    meaning: Meaning, provider_code: str = "", title: str = "", detail: str = "", retry_in: float | None = None
) -> Failed:
    error = ProviderError(meaning.code, provider_code[:100], title[:300] or meaning.code, detail[:300])
    return Failed(meaning.kind, error, retry_in if meaning.kind == "retry_after" else None)


def not_reached(reason: str) -> Failed:
    return Failed("retry_after", ProviderError("unreachable", "", "No connection", reason[:300]), 5.0)


def waits(headers: Mapping[str, str]) -> float:
    """Seconds that the provider asks for; 1 when it does not say."""
    given = headers.get("retry-after", "")
    return min(float(given), 3600.0) if given.isdecimal() else 1.0


def number_of(part: Part) -> str:
    """Digits of the recipient: a number with its country code, or a short code."""
    for identity in part.recipient:
        if identity.kind == "phone":
            return identity.value
    return next((i.value.rpartition(":")[2] for i in part.recipient if i.kind == "shortcode"), "")


NOBODY = Meaning("number_missing", "not_reachable")
