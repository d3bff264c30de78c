"""The supervisor's log lines, in the shape of everyone else's but without their library, which would double its size."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any


def line_logger(kind: str | None = None) -> Callable[..., None]:
    """`kind`: json or console; without it lines on a terminal, else JSON."""
    console = (kind or ("console" if sys.stderr.isatty() else "json")) == "console"

    def say(event: str, *, level: str = "info", **facts: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        print(
            _for_people(now, level, event, facts) if console else _for_machines(now, level, event, facts),
            file=sys.stderr,
            flush=True,
        )

    return say


def _for_people(now: str, level: str, event: str, facts: dict[str, Any]) -> str:
    pairs = " ".join(f"{name}={value}" for name, value in facts.items())
    return f"{now} [{level:<8}] {event:<32} {pairs}".rstrip()


def _for_machines(now: str, level: str, event: str, facts: dict[str, Any]) -> str:
    return json.dumps({**facts, "event": event, "level": level, "timestamp": now}, ensure_ascii=False, default=str)
