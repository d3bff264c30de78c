"""The last Graph calls received, without tokens."""

import json
from collections import Counter, deque
from dataclasses import asdict, dataclass

from madoguchi.simulator.clock import rfc3339
from madoguchi.simulator.state import Json

ENTRIES = 5000
BODY_KEPT = 2048


@dataclass(slots=True)
class Call:
    at: float
    method: str
    path: str
    status: int
    code: int | None
    milliseconds: float
    body: bytes
    fault: str = ""


class RequestLog:
    def __init__(self) -> None:
        self._entries: deque[Call] = deque(maxlen=ENTRIES)
        self.counts: Counter[str] = Counter()

    def add(self, call: Call) -> None:
        call.body = call.body[:BODY_KEPT]
        self._entries.append(call)
        self.counts[f"{call.method} {call.status}"] += 1

    def latest(self, limit: int) -> list[Json]:
        found = list(self._entries)[-limit:]
        return [_as_json(call) for call in reversed(found)]

    def clear(self) -> None:
        self._entries.clear()
        self.counts.clear()


def _as_json(call: Call) -> Json:
    found = asdict(call)
    found["at"] = rfc3339(call.at)
    found["ms"] = round(found.pop("milliseconds"), 1)
    try:
        found["body"] = json.loads(call.body) if call.body else None
    except ValueError:
        found["body"] = call.body.decode("utf-8", "replace")
    return found
