"""Who is told of what: pure decisions, of facts and a time."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from madoguchi.notifications.models import Kind, NotificationSettings, Quiet

# The page tells its presence every 20 s.
ACTIVE = timedelta(seconds=30)


class News(NamedTuple):
    """A message, as far as it decides who hears of it."""

    message_id: UUID
    conversation_id: UUID
    inbox_id: UUID
    direction: str
    type: str
    assignee_id: UUID | None
    author_id: UUID | None
    mentioned: tuple[UUID, ...] = ()
    system_kind: str | None = None
    system_agent: UUID | None = None


class Listener(NamedTuple):
    agent_id: UUID
    settings: NotificationSettings
    time_zone: str
    """The workspace's; the settings' own comes first."""


def kind_for(news: News, agent_id: UUID) -> Kind | None:
    """What the news is to this agent; `all` when it is nothing in particular. None: nothing to be told of."""
    if news.author_id == agent_id:
        return None
    if news.system_kind is not None:
        return _of_system(news, agent_id)
    if news.type == "note":
        return "mention" if agent_id in news.mentioned else None
    if news.direction != "in":
        return None
    if news.assignee_id == agent_id:
        return "assigned"
    return "unassigned" if news.assignee_id is None else "all"


def _of_system(news: News, agent_id: UUID) -> Kind | None:
    if news.system_agent != agent_id:
        return None
    if news.system_kind in {"asked", "schedule_asks"}:
        return "asked"
    return "assigned" if news.system_kind in {"assigned", "taken_over"} else None


def is_wanted(kind: Kind, news: News, settings: NotificationSettings) -> bool:
    if settings.inbox_ids and news.inbox_id not in settings.inbox_ids:
        return False
    every_message = "all" in settings.kinds and news.direction == "in"
    return kind in settings.kinds or every_message


def is_quiet(settings: NotificationSettings, time_zone: str, now: datetime) -> bool:
    """By the clock on the agent's wall. A quiet night belongs to the day it began on."""
    local = now.astimezone(_zone(settings.time_zone or time_zone))
    time = f"{local:%H:%M}"
    if settings.quiet and _within(settings.quiet, time):
        return True
    return local.isoweekday() not in settings.weekdays


def _within(quiet: Quiet, time: str) -> bool:
    if quiet.since <= quiet.until:
        return quiet.since <= time < quiet.until
    return time >= quiet.since or time < quiet.until


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a zone that this machine's tables do not have
        return ZoneInfo("UTC")


def recipients(
    batch: Iterable[News], listeners: Iterable[Listener], now: datetime
) -> Iterator[tuple[Listener, Kind, News]]:
    """For each agent and conversation the newest news only: ten messages in a row are one notification."""
    news = list(batch)
    for listener in listeners:
        if is_quiet(listener.settings, listener.time_zone, now):
            continue
        latest: dict[UUID, tuple[Kind, News]] = {}
        for each in news:
            kind = kind_for(each, listener.agent_id)
            if kind is not None and is_wanted(kind, each, listener.settings):
                latest[each.conversation_id] = (kind, each)
        for kind, each in latest.values():
            yield listener, kind, each
