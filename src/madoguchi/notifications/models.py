"""What an agent is told of outside the page, when, and on which devices."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from madoguchi.core.times import Timestamp

Kind = Literal["assigned", "unassigned", "mention", "asked", "all"]
Device = Literal["desktop", "phone"]
DEFAULT_KINDS: tuple[Kind, ...] = ("assigned", "unassigned", "mention", "asked")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["22:00"])]
Weekday = Annotated[int, Meta(ge=1, le=7)]


class Quiet(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing between these times of the day; over midnight when `until` is the earlier one."""

    since: TimeOfDay
    until: TimeOfDay


class NotificationSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`kinds`: messages in one's own conversations (`assigned`), in conversations nobody has, notes with one's name,
    colleagues who ask for a conversation, or every message. `inbox_ids`: empty for all. `weekdays`: 1 is Monday;
    they and `quiet` are read on the clock of `time_zone` (null: the workspace's). `show_text` puts the words of a
    message into the notification, where a locked screen shows them."""

    kinds: Annotated[list[Kind], Meta(max_length=5)] = field(default_factory=lambda: list(DEFAULT_KINDS))
    inbox_ids: Annotated[list[UUID], Meta(max_length=500)] = []
    weekdays: Annotated[list[Weekday], Meta(max_length=7)] = field(default_factory=lambda: list(EVERY_DAY))
    quiet: Quiet | None = None
    time_zone: Annotated[str, Meta(max_length=100, examples=["Asia/Tokyo"])] | None = None
    sound: bool = True
    desktop: bool = True
    phone: bool = True
    show_text: bool = False


class NotificationsOut(Struct, frozen=True):
    """`push_key` is the application server key a browser subscribes with."""

    settings: NotificationSettings
    push_key: str


class PushKeys(Struct, frozen=True):
    p256dh: Annotated[str, Meta(min_length=80, max_length=100, pattern=r"^[\w-]+=*$")]
    auth: Annotated[str, Meta(min_length=20, max_length=30, pattern=r"^[\w-]+=*$")]


class NewSubscription(Struct, frozen=True, forbid_unknown_fields=True):
    """What the browser's `PushSubscription.toJSON()` says, and what the device is called in the list."""

    endpoint: Annotated[str, Meta(max_length=2000, examples=["https://push.example.com/send/abc"])]
    keys: PushKeys
    device: Device = "desktop"
    name: Annotated[str, Meta(max_length=200)] = ""
    locale: Literal["en", "ja"] = "en"


class PushSubscriptionOut(Struct, frozen=True):
    """`host` is where its pushes go; the rest of the address is a secret."""

    id: UUID
    device: Device
    name: str
    host: str
    created_at: Timestamp
    pushed_at: Timestamp | None


class Attention(Struct, frozen=True, forbid_unknown_fields=True):
    """The conversation in front of the agent; null: the console, but none."""

    conversation_id: UUID | None
