"""A lane as `/metrics`, the console and the doctor see it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from madoguchi.core.times import Timestamp
from madoguchi.jobs import EFFECTS, HOUSEKEEPING, MEDIA, PUSH

LaneName = Literal["inbound", "conversational", "campaigns", "inbound_effects", "media", "push", "housekeeping"]
LaneState = Literal["clear", "working", "behind", "stopped"]

# Which process does the work, by the number of its presence lock (pumps.py).
WORKER_OF: dict[str, int] = {
    "inbound": 1,
    "conversational": 2,
    "campaigns": 2,
    EFFECTS: 3,
    MEDIA: 3,
    PUSH: 3,
    HOUSEKEEPING: 3,
}

# Seconds after which somebody should look. A campaign waits for the provider's limits, however long that takes.
ALARM_OF: dict[str, int | None] = {
    "inbound": 30,
    "conversational": 10,
    "campaigns": None,
    EFFECTS: 60,
    MEDIA: 300,
    PUSH: 60,
    HOUSEKEEPING: 900,
}


class Lane(Struct, frozen=True):
    """What waits in a lane of the whole installation, and since when."""

    name: str
    waiting: int
    oldest: datetime | None
    lag_seconds: float
    running: bool

    @property
    def state(self) -> LaneState:
        alarm = ALARM_OF[self.name]
        if not self.running:
            return "stopped"
        if alarm is not None and self.lag_seconds > alarm:
            return "behind"
        return "working" if self.waiting else "clear"


class LaneOut(Struct, frozen=True, kw_only=True):
    """`waiting` counts to `most` at the utmost. `oldest_at`: since when the oldest waits, null when nothing does.

    `state`: `clear` nothing waits, `working` it goes as it should, `behind` the oldest waits longer than `alarm_seconds`
    (null: this lane may wait), `stopped` no worker does this work.
    """

    name: LaneName
    state: LaneState
    waiting: int
    most: int
    oldest_at: Timestamp | None
    lag_seconds: float
    alarm_seconds: int | None


class LanesOut(Struct, frozen=True, kw_only=True):
    """All lanes of this installation at one moment (`read_at`), which all of its workspaces share."""

    read_at: Timestamp
    lanes: list[LaneOut]
