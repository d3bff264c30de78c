"""Who is told of what, and when they are left in peace."""

from datetime import UTC, datetime
from typing import Any

import pytest

from madoguchi.core.ids import new_id
from madoguchi.notifications.models import NotificationSettings, Quiet
from madoguchi.notifications.rules import Listener, News, is_quiet, is_wanted, kind_for, recipients

EMMA, KEN, SHOP, LINE = new_id(), new_id(), new_id(), new_id()
NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # a Monday, 12:00 in Tokyo


def news(**facts: Any) -> News:
    base: dict[str, Any] = {"direction": "in", "type": "text", "assignee_id": None, "author_id": None}
    return News(new_id(), new_id(), **{"inbox_id": SHOP, **base, **facts})


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"assignee_id": EMMA}, "assigned"),
        ({}, "unassigned"),
        ({"assignee_id": KEN}, "all"),
        ({"type": "note", "direction": "out", "mentioned": (EMMA,)}, "mention"),
        ({"type": "note", "direction": "out"}, None),
        ({"type": "note", "direction": "out", "mentioned": (EMMA,), "author_id": EMMA}, None),
        ({"direction": "out", "assignee_id": EMMA}, None),
        ({"type": "system", "direction": "out", "system_kind": "asked", "system_agent": EMMA}, "asked"),
        ({"type": "system", "direction": "out", "system_kind": "asked", "system_agent": KEN}, None),
        ({"type": "system", "direction": "out", "system_kind": "assigned", "system_agent": EMMA}, "assigned"),
        ({"type": "system", "direction": "out", "system_kind": "closed", "system_agent": EMMA}, None),
    ],
)
def test_what_a_message_is_to_an_agent(facts: dict[str, Any], kind: str | None) -> None:
    assert kind_for(news(**facts), EMMA) == kind


def test_kinds_and_inboxes_decide() -> None:
    only_mine = NotificationSettings(kinds=["assigned"])
    assert not is_wanted("unassigned", news(), only_mine)
    assert is_wanted("assigned", news(), only_mine)
    assert is_wanted("all", news(assignee_id=KEN), NotificationSettings(kinds=["all"]))
    assert not is_wanted("all", news(assignee_id=KEN), NotificationSettings())
    assert not is_wanted("unassigned", news(inbox_id=LINE), NotificationSettings(inbox_ids=[SHOP]))


@pytest.mark.parametrize(
    ("since", "until", "hour", "quiet"),
    [
        ("22:00", "07:00", 23, True),
        ("22:00", "07:00", 6, True),
        ("22:00", "07:00", 7, False),
        ("12:00", "13:00", 12, True),
        ("12:00", "13:00", 13, False),
        ("12:00", "12:00", 12, False),
    ],
)
def test_quiet_hours_go_over_midnight(since: str, until: str, hour: int, quiet: bool) -> None:
    settings = NotificationSettings(quiet=Quiet(since, until))
    assert is_quiet(settings, "UTC", datetime(2026, 11, 23, hour, 0, tzinfo=UTC)) is quiet


def test_the_clock_is_the_agents_own() -> None:
    settings = NotificationSettings(quiet=Quiet("12:00", "13:00"))
    assert is_quiet(settings, "Asia/Tokyo", NOON)
    assert not is_quiet(settings, "UTC", NOON)
    own = NotificationSettings(quiet=Quiet("12:00", "13:00"), time_zone="Europe/Berlin")
    assert not is_quiet(own, "Asia/Tokyo", NOON)
    assert not is_quiet(NotificationSettings(), "Nowhere/Atlantis", NOON)


def test_weekdays_are_counted_where_the_agent_is() -> None:
    weekend = NotificationSettings(weekdays=[6, 7])
    assert is_quiet(weekend, "Asia/Tokyo", NOON)
    sunday_there = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)  # Monday 1:00 in Tokyo
    assert is_quiet(weekend, "Asia/Tokyo", sunday_there)
    assert not is_quiet(weekend, "America/New_York", sunday_there)


def test_ten_messages_in_a_row_are_one_notification() -> None:
    first = news(assignee_id=EMMA)
    batch = [first._replace(message_id=new_id()) for _ in range(10)]
    listeners = [Listener(EMMA, NotificationSettings(), "UTC"), Listener(KEN, NotificationSettings(), "UTC")]
    (told,) = recipients(batch, listeners, NOON)
    assert told == (listeners[0], "assigned", batch[-1])
