"""The last webhooks sent, with every attempt and answer; bounded in entries and in bytes."""

import itertools
import json
from collections import OrderedDict
from dataclasses import dataclass, field

from madoguchi.simulator.clock import rfc3339
from madoguchi.simulator.state import Json

ENTRIES = 5000
BODY_BYTES = 8 * 1024 * 1024

_ids = itertools.count(1)


@dataclass(slots=True)
class Attempt:
    at: float
    answer: str
    status: int | None
    milliseconds: float
    fault: str = ""


@dataclass(slots=True)
class Delivery:
    """One POST body and what became of it. `body` is None once the log had to forget it."""

    url: str
    app_id: str
    body: bytes | None
    size: int
    updates: int
    summary: str
    at: float
    state: str = "pending"
    attempts: list[Attempt] = field(default_factory=list)
    id: str = field(default_factory=lambda: f"wh-{next(_ids)}")

    def as_json(self, *, with_body: bool = False) -> Json:
        found: Json = {
            "id": self.id,
            "at": rfc3339(self.at),
            "url": self.url,
            "state": self.state,
            "updates": self.updates,
            "bytes": self.size,
            "summary": self.summary,
            "attempts": [
                {
                    "at": rfc3339(a.at),
                    "status": a.status,
                    "answer": a.answer,
                    "ms": round(a.milliseconds, 1),
                    **({"fault": a.fault} if a.fault else {}),
                }
                for a in self.attempts
            ],
        }
        if with_body and self.body is not None:
            found["body"] = _readable(self.body)
        return found


class DeliveryLog:
    def __init__(self) -> None:
        self._entries: OrderedDict[str, Delivery] = OrderedDict()
        # Those whose body is still held, oldest first.
        self._held: OrderedDict[str, Delivery] = OrderedDict()
        self._held_bytes = 0
        self.counts = {"posts": 0, "updates": 0, "acknowledged": 0, "failed_attempts": 0, "dropped": 0}

    def add(self, delivery: Delivery) -> None:
        self._entries[delivery.id] = self._held[delivery.id] = delivery
        self._held_bytes += delivery.size
        self.counts["posts"] += 1
        self.counts["updates"] += delivery.updates
        if len(self._entries) > ENTRIES:
            self._entries.popitem(last=False)
        while self._held_bytes > BODY_BYTES and len(self._held) > 1:
            _, oldest = self._held.popitem(last=False)
            self._held_bytes -= oldest.size
            # One that still has to be delivered keeps its bytes, whatever the log thinks of them.
            if oldest.state != "pending":
                oldest.body = None

    def get(self, id_: str) -> Delivery | None:
        return self._entries.get(id_)

    def latest(self, limit: int) -> list[Delivery]:
        found = itertools.islice(reversed(self._entries.values()), limit)
        return list(found)

    def clear(self) -> None:
        self._entries.clear()
        self._held.clear()
        self._held_bytes = 0
        for key in self.counts:
            self.counts[key] = 0


def _readable(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
