"""The service window as a reader sees it. What it forbids is decided in `outbound/policy.py`."""

from datetime import datetime

from madoguchi.channels import registry
from madoguchi.conversations.models import ServiceWindow
from madoguchi.core.times import rfc3339


def window_of(channel: str, closes_at: datetime | None, now: datetime) -> ServiceWindow:
    capabilities = registry.channel(channel).manifest.capabilities
    if capabilities.window.hours is None:
        return ServiceWindow(open=True, closes_at=None, allowed=list(capabilities.types))
    is_open = closes_at is not None and now < closes_at
    allowed = capabilities.types if is_open else capabilities.window.outside
    return ServiceWindow(open=is_open, closes_at=rfc3339(closes_at), allowed=list(allowed))
