"""What people agreed to, in files: three columns for each channel and purpose, read into and written from the ledger."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from madoguchi.channels import registry
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__, "consents.sql")

SOURCE = "import"
PARTS = ("consent", "consent_time", "consent_source")
PURPOSES = ("marketing", "all")
"""Those that are offered; a mapping may name any other word."""

_TARGET = re.compile(rf"({'|'.join(PARTS)}):([a-z]+):([a-z0-9_.-]{{1,60}})")
LONGEST_SOURCE = 900
_GRANTED = {
    "granted",
    "grant",
    "yes",
    "y",
    "true",
    "1",
    "on",
    "opt-in",
    "subscribed",
    "はい",
    "同意",
    "許可",
    "希望する",
    "○",
}
_WITHDRAWN = {
    "withdrawn",
    "no",
    "n",
    "false",
    "0",
    "off",
    "opt-out",
    "unsubscribed",
    "いいえ",
    "拒否",
    "停止",
    "希望しない",
    "\N{MULTIPLICATION SIGN}",
}

State = Literal["granted", "withdrawn"]


class Column(NamedTuple):
    """`part`: the state, its time or where it is known from."""

    part: str
    channel: str
    purpose: str


class Kept(NamedTuple):
    """The newest entry of a contact for a channel and purpose."""

    state: str
    at: datetime
    source: str
    detail: str


Ledger = Mapping[tuple[UUID, str, str], Kept]  # contact, channel, purpose


def targets() -> list[str]:
    return [f"{part}:{channel}:{purpose}" for channel in registry.channels() for purpose in PURPOSES for part in PARTS]


def column_of(target: str) -> Column | None:
    """None for what is no column of consents."""
    found = _TARGET.fullmatch(target)
    return Column(found[1], found[2], found[3]) if found and found[2] in registry.channels() else None


class Said(NamedTuple):
    """What one row says. Without a time it is as old as nobody knows."""

    channel: str
    purpose: str
    state: State
    at: datetime | None = None
    detail: str = ""


class Unclear(Exception):  # noqa: N818
    """`code`: consent, time or long; the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_cell(column: Column, text: str) -> dict[str, Any]:
    """Fields of a `Said`. Raises Unclear."""
    if column.part == "consent_time":
        return {"at": _time(text)}
    if column.part == "consent_source":
        if len(text) > LONGEST_SOURCE:
            raise Unclear("long", f"At most {LONGEST_SOURCE} characters.")
        return {"detail": text}
    word = text.casefold()
    if word in _GRANTED:
        return {"state": "granted"}
    if word in _WITHDRAWN:
        return {"state": "withdrawn"}
    raise Unclear("consent", "Say granted or withdrawn, yes or no.")


def _time(text: str) -> datetime:
    """A day or a moment; without a zone it is UTC."""
    day = re.fullmatch(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})", text)
    try:
        if day:
            found = datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=UTC)
        else:
            found = datetime.fromisoformat(text)
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
        if found <= clock.now():
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Unclear("time", "A day or moment in the past is written as 2024-04-01 or 2024-04-01T09:00:00+09:00.")


def is_news(said: Said, kept: Kept | None) -> bool:
    """A withdrawal counts unless a later agreement is known; an agreement never lifts a withdrawal, unless it is later."""
    if kept is None:
        return True
    if kept.state == said.state:
        return False
    return said.state == "withdrawn" if said.at is None else said.at > kept.at


async def get_ledger(tx: Connection, workspace_id: UUID, contact_ids: Iterable[UUID]) -> Ledger:
    """Also of the contacts merged into these, under their own ids."""
    rows = await (await tx.execute(Q.newest, {"workspace_id": workspace_id, "ids": list(contact_ids)})).fetchall()
    return {
        (row["contact_id"], row["channel"], row["purpose"]): Kept(
            row["state"], row["created_at"], row["source"], row["detail"]
        )
        for row in rows
    }


async def get_addresses(
    tx: Connection, workspace_id: UUID, contact_ids: Sequence[UUID]
) -> dict[tuple[UUID, str], list[UUID]]:
    """Contact and channel → whoever of the merged has an address there: the ledger is kept per address."""
    rows = await (await tx.execute(Q.addresses, {"workspace_id": workspace_id, "ids": list(contact_ids)})).fetchall()
    found: dict[tuple[UUID, str], list[UUID]] = {}
    for row in rows:
        found.setdefault((row["person"], row["channel"]), []).append(row["id"])
    return found


def entry(contact_id: UUID, said: Said) -> dict[str, Any]:
    """A row of the ledger."""
    return {
        "id": new_id(),
        "contact_id": contact_id,
        "channel": said.channel,
        "purpose": said.purpose,
        "state": said.state,
        "detail": said.detail,
        "at": said.at or clock.now(),
    }


def cell(kept: Kept | None, part: str) -> str:
    """As an export writes it, and an import reads it again."""
    if kept is None:
        return ""
    if part == "consent_time":
        return rfc3339(kept.at)
    if part == "consent_source":
        return kept.detail if kept.source == SOURCE and kept.detail else kept.source
    return kept.state
