"""Who looks at which conversation, and who is writing in it: said by sockets, heard by all of them, kept nowhere.

It travels by notification from process to process and uses no number of the workspace's sequence. What is not said again
is forgotten: a laptop that sleeps says nothing when it goes.
"""

import time
from uuid import UUID

import msgspec
from msgspec import Struct

CHANNEL = "madoguchi_presence"
SAY_AGAIN_SECONDS = 10.0
FORGET_SECONDS = 25.0
_LONGEST = 300
_MOST_AT_ONCE = 20


class Said(Struct, frozen=True):
    """What a client says of itself; no conversation: it looks at none."""

    conversation_id: UUID | None = None
    typing: bool = False


class _Frame(Struct, frozen=True, tag_field="type", tag="presence"):
    data: Said


class Presence(Struct, frozen=True, kw_only=True):
    """One tab of one agent, as the others hear of it."""

    workspace_id: UUID
    tab: UUID
    agent_id: UUID
    name: str
    conversation_id: UUID | None
    typing: bool


_frames = msgspec.json.Decoder(_Frame)
_presences = msgspec.json.Decoder(Presence)


def read_said(text: str) -> Said | None:
    """None: not about presence, or not readable; a client that talks nonsense is not heard."""
    if len(text) > _LONGEST:
        return None
    try:
        return _frames.decode(text).data
    except msgspec.DecodeError:
        return None


def encode(presence: Presence) -> str:
    return msgspec.json.encode(presence).decode()


def decode(payload: str) -> Presence:
    return _presences.decode(payload)


class Patience:
    """How often one socket may say something: some at once, then two a second."""

    def __init__(self) -> None:
        self._left = float(_MOST_AT_ONCE)
        self._at = time.monotonic()

    def allows(self) -> bool:
        now = time.monotonic()
        self._left = min(_MOST_AT_ONCE, self._left + 2 * (now - self._at))
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Present:
    """All tabs that this process has heard of, of every workspace with a socket somewhere."""

    def __init__(self) -> None:
        self._tabs: dict[UUID, tuple[float, Presence]] = {}

    def hear(self, presence: Presence, now: float) -> None:
        if presence.conversation_id is None:
            self._tabs.pop(presence.tab, None)
        else:
            self._tabs[presence.tab] = (now, presence)

    def of(self, workspace_id: UUID, now: float) -> list[Presence]:
        """Those heard of lately; the others are forgotten on the way."""
        old = [tab for tab, (at, _) in self._tabs.items() if now - at > FORGET_SECONDS]
        for tab in old:
            del self._tabs[tab]
        return [presence for _, presence in self._tabs.values() if presence.workspace_id == workspace_id]
