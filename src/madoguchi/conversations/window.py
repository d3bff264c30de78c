"""The service window as a reader sees it. What it forbids is decided in `outbound/policy.py`."""

from datetime import datetime, timedelta

from madoguchi.channels import registry
from madoguchi.conversations.models import ServiceWindow
from madoguchi.core.times import rfc3339


def window_of(
    channel: str, closes_at: datetime | None, now: datetime, free_until: datetime | None = None
) -> ServiceWindow:
    capabilities = registry.channel(channel).manifest.capabilities
    rules = capabilities.window
    if rules.hours is None:
        return ServiceWindow(open=True, closes_at=None, allowed=list(capabilities.types))
    is_open = closes_at is not None and now < closes_at
    free = free_until is not None and now < free_until
    return ServiceWindow(
        open=is_open,
        closes_at=rfc3339(closes_at),
        allowed=list(capabilities.types if is_open else rules.outside),
        kind="entry_point" if free else "service",
        warn_at=rfc3339(closes_at - timedelta(hours=rules.warn_hours)) if closes_at and is_open else None,
        free_until=rfc3339(free_until) if free else None,
    )
