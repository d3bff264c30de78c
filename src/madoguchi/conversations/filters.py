"""What a list can be narrowed by and sorted by: the query of a request, and what a saved view keeps."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from psycopg.types.json import Jsonb

from madoguchi.conversations.models import WantedStatus
from madoguchi.core.errors import FieldError, Invalid
from madoguchi.core.phone import digits_of
from madoguchi.core.principal import Principal

View = Literal["mine", "unassigned", "all", "mentions", "snoozed", "closed"]
Sort = Literal["newest", "waiting", "closing"]

STATUSES = ("open", "snoozed", "closed")
_SHORTEST_PHONE = 5
_YEAR = 366 * 24 * 60

Labels = Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=30)]
Minutes = Annotated[int, Meta(ge=1, le=_YEAR)]
Attributes = Annotated[
    dict[Annotated[str, Meta(max_length=60)], str | int | float | bool],
    Meta(
        max_length=10,
        description="Attributes of the contact and the values they must have.",
        examples=[{"plan": "gold"}],
    ),
]


class Filter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Everything given must hold; what is absent does not matter. Times in minutes count from the moment of reading."""

    view: View = "all"
    status: WantedStatus | None = None
    inbox_ids: Annotated[list[UUID], Meta(max_length=50)] | None = None
    channel: Annotated[str, Meta(max_length=40)] | None = None
    team_id: UUID | None = None
    assignee_id: UUID | None = None
    contact_id: UUID | None = None
    labels_any: Labels | None = None
    labels_all: Labels | None = None
    labels_none: Labels | None = None
    close_reason: Annotated[str, Meta(max_length=200, description="Closed with this reason.")] | None = None
    unread: bool = False
    failed: bool = False
    draft: bool = False
    closing_within: Annotated[Minutes, Meta(description="The window closes within so many minutes.")] | None = None
    waiting_over: (
        Annotated[Minutes, Meta(description="The customer has waited longer than so many minutes.")] | None
    ) = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    attributes: Attributes | None = None
    language: (
        Annotated[str, Meta(pattern=r"^[a-z]{2,3}$", description="The contact's, whatever the region.")] | None
    ) = None
    q: Annotated[str, Meta(max_length=200, description="Part of the contact's name, number or address.")] | None = None

    @property
    def statuses(self) -> list[str]:
        if self.close_reason:
            return ["closed"] if self.status in {None, "closed"} and self.view != "snoozed" else []
        if self.view in {"snoozed", "closed"}:
            return [self.view] if self.status in {None, self.view} else []
        return [self.status] if self.status else list(STATUSES)

    @property
    def needle(self) -> str | None:
        return (self.q or "").strip().lower() or None

    @property
    def needles(self) -> list[str]:
        """What is looked for in numbers and addresses: as typed, and a number without its punctuation."""
        needle = self.needle
        if needle is None:
            return []
        digits = digits_of(needle)
        return list(dict.fromkeys([needle, *([digits] if len(digits) >= _SHORTEST_PHONE else [])]))

    def owner(self, principal: Principal) -> UUID | None:
        return principal.agent_id if self.view == "mine" else self.assignee_id

    def parameters(self, principal: Principal, inboxes: list[UUID] | None, now: datetime) -> dict[str, Any]:
        """As the part `filters` of lists.sql takes them; `inboxes` None: any."""
        return {
            "workspace_id": principal.workspace_id,
            "agent_id": principal.agent_id,
            "statuses": self.statuses,
            "owner": self.owner(principal),
            "free": self.view == "unassigned",
            "inboxes": inboxes,
            "team_id": self.team_id,
            "contact_id": self.contact_id,
            "labels_any": self.labels_any or None,
            "labels_all": self.labels_all or None,
            "labels_none": self.labels_none or None,
            "close_reason": self.close_reason,
            "unread": self.unread,
            "failed": self.failed,
            "draft": self.draft,
            "now": now,
            "closes_before": _later(now, self.closing_within),
            "waiting_before": _later(now, -self.waiting_over if self.waiting_over else None),
            "created_from": self.created_from,
            "created_to": self.created_to,
            "updated_from": self.updated_from,
            "updated_to": self.updated_to,
            "attributes": Jsonb(self.attributes) if self.attributes else None,
            "language": self.language,
            "needle": self.needle,
            "needles": self.needles,
            "rest_of": None,
        }

    @property
    def label(self) -> str | None:
        """A label that every conversation found must have, if one can be named."""
        if self.labels_all:
            return self.labels_all[0]
        return self.labels_any[0] if self.labels_any and len(self.labels_any) == 1 else None

    def narrows_beyond(self, way: str) -> bool:
        """Whether rows found by this way in still have to be looked at one by one."""
        given = {
            "assignee": self.view in {"mine", "unassigned"} or self.assignee_id is not None,
            "inbox": self.inbox_ids is not None or self.channel is not None,
            "team": self.team_id is not None,
            "contact": self.contact_id is not None,
            "label": bool(self.labels_any or self.labels_all),
        }
        if any(wanted for name, wanted in given.items() if name != way):
            return True
        # Both, or several: the way in covers one of them.
        doubled = {
            "assignee": self.view in {"mine", "unassigned"} and self.assignee_id is not None,
            "label": len(self.labels_any or []) + len(self.labels_all or []) > 1,
        }
        if doubled.get(way):
            return True
        plain = (self.labels_none, self.close_reason, self.closing_within, self.waiting_over, self.created_from, self.created_to,
                 self.updated_from, self.updated_to, self.attributes, self.language, self.needle)  # fmt: skip
        return self.unread or self.failed or self.draft or any(plain)


def _later(now: datetime, minutes: int | None) -> datetime | None:
    return None if minutes is None else now + timedelta(minutes=minutes)


def checked(given: dict[str, Any], base: Filter | None = None) -> Filter:
    """A filter from what a request gives, over a saved one. Raises Invalid naming the field."""
    told = {name: value for name, value in given.items() if value is not None and value is not False}
    known = msgspec.to_builtins(base) if base else {}
    try:
        return msgspec.convert(known | msgspec.to_builtins(told), Filter)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$.")
        field = where.partition("`")[0].partition("[")[0] or "filter"
        raise Invalid("The filter is not valid.", errors=[FieldError(field, message)]) from None


def attributes_of(given: list[str] | None) -> dict[str, Any] | None:
    """`["plan:gold", "visits:3"]` → `{"plan": "gold", "visits": 3}`. Raises Invalid."""
    if not given:
        return None
    found: dict[str, Any] = {}
    for each in given:
        name, colon, value = each.partition(":")
        if not colon or not name:
            message = "An attribute is given as name:value."
            raise Invalid(message, errors=[FieldError("attribute", message)])
        found[name] = _plain(value)
    return found


def _plain(text: str) -> Any:
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return value if isinstance(value, int | float | bool) else text
