"""The fault library: everything that goes wrong on purpose, armed through `/_sim/faults`."""

import itertools
import random
from dataclasses import dataclass, field
from typing import Any

from madoguchi.simulator.state import Json

# name → (what it does, the parameters it understands beside the common ones)
LIBRARY: dict[str, tuple[str, dict[str, Any]]] = {
    "http_error": ("answer a Graph call with this HTTP status and no usable body", {"status": 500}),
    "http_429": ("answer a send with 429 and error 130429", {}),
    "error_code": ("refuse a send at once with this error code", {"code": 131000}),
    "async_error_code": ("accept a send, then report it failed with this code", {"code": 131026}),
    "token_revoked": ("answer every Graph call with 190", {}),
    "slow": ("accept a send, answer after this many seconds", {"seconds": 3.0}),
    "timeout_after_accept": ("accept a send, then never answer", {}),
    "never_answer": ("neither accept nor answer a send", {}),
    "connection_reset": ("cut the connection", {"after_accept": False}),
    "status_before_response": ("deliver the `sent` webhook before the send is answered", {}),
    "skip_delivered": ("leave out the `delivered` status", {}),
    "media_lost": ("answer a media download with 404", {}),
    "webhook_paused": ("hold all webhooks back", {}),
    "webhook_duplicate": ("deliver a webhook this many more times", {"times": 1}),
    "webhook_reorder": ("shuffle updates within a window of this many", {"window": 50}),
    "webhook_delay": ("deliver a webhook this many seconds late", {"seconds": 5.0}),
    "webhook_no_signature": ("leave the signature out", {}),
    "webhook_bad_signature": ("sign with a wrong secret", {}),
    "webhook_malformed": ("send a body that is not JSON, rightly signed", {}),
    "webhook_unknown_keys": ("add keys nobody has documented", {}),
}
COMMON = {"probability", "next", "number", "to", "type"}

_ids = itertools.count(1)


@dataclass(slots=True)
class Fault:
    name: str
    params: Json
    # How often it may still strike; None means until it is removed.
    remaining: int | None = None
    probability: float = 1.0
    only: Json = field(default_factory=dict)
    hits: int = 0
    id: str = field(default_factory=lambda: f"fault-{next(_ids)}")

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            **self.params,
            **self.only,
            "probability": self.probability,
            "next": self.remaining,
            "hits": self.hits,
        }

    def applies(self, about: Json) -> bool:
        if self.remaining == 0 or any(about.get(k) != v for k, v in self.only.items()):
            return False
        return self.probability >= 1 or random.random() < self.probability

    def strike(self) -> None:
        self.hits += 1
        if self.remaining is not None:
            self.remaining -= 1


class Faults:
    def __init__(self) -> None:
        self._armed: list[Fault] = []

    def __iter__(self) -> Any:
        return iter(self._armed)

    def replace(self, wanted: list[Json]) -> None:
        """Arm exactly these. Raises ValueError for an unknown name or parameter."""
        self._armed = [_fault(entry) for entry in wanted]

    def add(self, entry: Json) -> Fault:
        fault = _fault(entry)
        self._armed.append(fault)
        return fault

    def remove(self, id_: str) -> bool:
        before = len(self._armed)
        self._armed = [f for f in self._armed if f.id != id_]
        return len(self._armed) < before

    def take(self, name: str, **about: str) -> Fault | None:
        """The first armed fault of this name that strikes now, counted as having struck."""
        for fault in self._armed:
            if fault.name == name and fault.applies(about):
                fault.strike()
                return fault
        return None

    def armed(self, name: str) -> bool:
        return any(f.name == name and f.remaining != 0 for f in self._armed)


def _fault(entry: Json) -> Fault:
    name = entry.get("name", "")
    if name not in LIBRARY:
        raise ValueError(f"unknown fault {name!r}")
    defaults = LIBRARY[name][1]
    unknown = entry.keys() - defaults.keys() - COMMON - {"name", "id", "hits"}
    if unknown:
        raise ValueError(f"{name} does not understand {sorted(unknown)}")
    return Fault(
        name=name,
        params={key: entry.get(key, value) for key, value in defaults.items()},
        remaining=entry.get("next"),
        probability=float(entry.get("probability", 1.0)),
        only={key: str(entry[key]) for key in ("number", "to", "type") if key in entry},
    )
