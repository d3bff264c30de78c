"""How fast a number may send: Meta raises it by itself, and the Business app keeps it low."""

from collections.abc import Mapping
from typing import Any

_UPGRADED, _SHARED_WITH_APP = 1000.0, 20.0


def rate_of(chosen: float, usual: float, facts: Mapping[str, Any]) -> float:
    """`chosen` is the inbox's setting. Left at the usual, it follows an upgrade; a lower one is somebody's decision."""
    upgraded = facts.get("throughput") == "high" and chosen == usual
    rate = _UPGRADED if upgraded else chosen
    return min(rate, _SHARED_WITH_APP) if facts.get("coexistence") is True else rate
