"""The check of a template by the provider's rules: asked at every key, so it has 5 ms."""

import time
from typing import Any

from madoguchi.channels import registry
from madoguchi.channels.base import TemplateDraft

_ROUNDS = 500
_BUDGET_MS = 5.0


def check() -> dict[str, Any]:
    """Milliseconds for the longest template there can be: ten cards, sixty variables."""
    draft = TemplateDraft("longest", "en", "marketing", _longest())
    able = [each for each in registry.channels().values() if each.manifest.capabilities.templates]
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        for channel in able:
            channel.check_template(draft)
        times.append((time.perf_counter() - started) * 1000 / len(able))
    times.sort()
    return {"p50_ms": times[_ROUNDS // 2], "p99_ms": times[_ROUNDS * 99 // 100], "budget_ms": _BUDGET_MS}


def _longest() -> list[dict[str, Any]]:
    samples = [[f"example {n}" for n in range(60)]]
    words = "".join(f"some words {{{{{n + 1}}}}} " for n in range(40)) + "at the end"
    button = {"type": "URL", "text": "Open", "url": "https://example.com/{{1}}", "example": ["https://example.com/1"]}
    card = [
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::x"]}},
        {"type": "BODY", "text": "Beans {{1}} for you", "example": {"body_text": [["10%"]]}},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Yes"}, button]},
    ]
    return [
        {"type": "BODY", "text": words, "example": {"body_text": samples}},
        {"type": "CAROUSEL", "cards": [{"components": card}] * 10},
    ]
