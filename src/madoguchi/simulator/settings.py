"""What a test may turn: latencies, webhook habits, how strict the rules are applied."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from madoguchi.simulator.state import Json


@dataclass(slots=True)
class Latency:
    """Seconds; each pair is a range to draw from."""

    sent: list[float] = field(default_factory=lambda: [0.15, 0.6])
    delivered: list[float] = field(default_factory=lambda: [0.3, 2.0])
    read: list[float] = field(default_factory=lambda: [0.3, 1.2])
    skip_delivered: float = 0.0


@dataclass(slots=True)
class WebhookHabits:
    # "ascii": \uXXXX and \/ as Meta's own samples; "slashes": \/ only; "utf8": neither.
    escape: str = "ascii"
    batch_max: int = 10
    parallel: int = 4
    timeout: float = 10.0
    # Seconds before attempt 2, 3, …; the last repeats until a week of virtual time has passed.
    retry_delays: list[float] = field(
        default_factory=lambda: [0, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400],
    )
    # One success means the receiver is back: what waits is then tried at once.
    eager_recovery: bool = True
    version: str = "v26.0"
    conversation_always: bool = False


@dataclass(slots=True)
class Strangers:
    """Recipients who are none of the simulated customers, such as those of a load test."""

    on_whatsapp: bool = True
    window_open: bool = False
    # Seconds until they read, or null for never.
    read_after: float | None = None


@dataclass(slots=True)
class Rules:
    window: str = "enforced"
    window_error: str = "async"
    reaction_opens_window: bool = False
    unsupported_opens_window: bool = False
    # "told": as edit and revoke; "coexistence": only for numbers also used in the phone app; else
    # edits are unsupported messages and deletions are not told.
    edits: str = "told"
    template_review_seconds: float = 4.0
    # A utility template that reads like an advertisement becomes a marketing template.
    recategorise: bool = True
    name_review_seconds: float = 4.0
    service_messages_free: int = 1000
    price_change_at: str = "2026-10-01T00:00:00Z"
    us_marketing_paused: bool = True
    # "enforced": a template to one new customer too many within a day is refused; Meta documents no
    # code for it, so it can be chosen.
    messaging_limit: str = "off"
    messaging_limit_code: int = 131048


@dataclass(slots=True)
class Settings:
    latency: Latency = field(default_factory=Latency)
    webhooks: WebhookHabits = field(default_factory=WebhookHabits)
    strangers: Strangers = field(default_factory=Strangers)
    rules: Rules = field(default_factory=Rules)

    def as_json(self) -> Json:
        return asdict(self)

    def merge(self, change: Json) -> None:
        """Set the given keys. Raises ValueError naming a key or a type that does not fit."""
        for section, values in change.items():
            target = getattr(self, section, None)
            if target is None or not isinstance(values, dict):
                raise ValueError(f"unknown section {section!r}")
            for key, value in values.items():
                _set(target, section, key, value)


def _set(target: object, section: str, key: str, value: Any) -> None:
    if key not in {f.name for f in fields(target)}:  # type: ignore[arg-type]
        raise ValueError(f"unknown setting {section}.{key}")
    if not _fits(getattr(target, key), value):
        raise ValueError(f"{section}.{key} cannot be {value!r}")
    setattr(target, key, value)


def _fits(current: object, value: object) -> bool:
    if current is None or value is None:
        return value is None or isinstance(value, int | float)
    if isinstance(current, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(current, bool)
    if isinstance(current, int | float):
        return isinstance(value, int | float)
    return isinstance(value, type(current))
