"""Events as the text that goes over a socket, encoded once for all sockets of a workspace."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from madoguchi.core import clock
from madoguchi.core.times import rfc3339
from madoguchi.events.models import EventOut
from madoguchi.realtime.presence import Presence


class Frame(Struct, frozen=True):
    """`seq` 0: not part of the sequence (hello, clock, presence)."""

    seq: int
    text: str


class Batch(Struct, frozen=True):
    """Frames that became known together. `joined` is all of them as one JSON array, for sockets with `batch=1`."""

    frames: tuple[Frame, ...]
    joined: str

    @property
    def size(self) -> int:
        return len(self.joined)

    def after(self, seq: int) -> "Batch":
        """Without the numbered frames up to `seq`."""
        if not self.frames or not 0 < self.frames[0].seq <= seq:
            return self
        return batch_of([frame for frame in self.frames if frame.seq > seq])


def batch_of(frames: Sequence[Frame]) -> Batch:
    return Batch(tuple(frames), f"[{','.join(frame.text for frame in frames)}]")


def encode(events: Sequence[EventOut]) -> Batch:
    """Events about one thing share one object, which is encoded once."""
    encoded: dict[int, msgspec.Raw] = {}
    frames = []
    for event in events:
        data = encoded.get(id(event.data))
        if data is None:
            data = encoded[id(event.data)] = msgspec.Raw(msgspec.json.encode(event.data))
        frames.append(Frame(event.seq, msgspec.json.encode(EventOut(event.seq, event.type, data)).decode()))
    return batch_of(frames)


def hello(seq: int) -> Batch:
    return _unnumbered("hello", {"seq": seq, "now": rfc3339(clock.now())})


def clock_frame() -> Batch:
    return _unnumbered("clock", {"now": rfc3339(clock.now())})


def presence_frame(presence: Presence) -> Batch:
    return _unnumbered(
        "presence",
        {
            "tab": presence.tab,
            "agent": {"id": presence.agent_id, "name": presence.name},
            "conversation_id": presence.conversation_id,
            "typing": presence.typing,
        },
    )


def _unnumbered(kind: str, data: dict[str, Any]) -> Batch:
    return batch_of([Frame(0, msgspec.json.encode({"type": kind, "data": data}).decode())])
