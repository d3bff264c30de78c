"""The ways to write to a person: each inbox that reaches them, with what stands against it, and going on in another one."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from msgspec import Struct
from psycopg.rows import DictRow

from madoguchi.channels import registry
from madoguchi.contacts.merge import get_group
from madoguchi.contacts.numbers import PHONE, number_of
from madoguchi.conversations.assignment import do_claim, get_holder
from madoguchi.conversations.models import InboxRef, Named, ServiceWindow
from madoguchi.conversations.window import window_of
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.phone import dialled
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record
from madoguchi.outbound.address import open_conversation

Q = load_queries(__file__, "ways.sql")

Obstacle = Literal["down", "blocked", "opted_out", "window_closed", "no_template"]


class Way(Struct, frozen=True, kw_only=True):
    """`to`: the person's address there, a telephone number with its plus. `conversation_id`: what would be gone on with; null
    where nothing was written yet. `assignee`: who alone may write in it. `obstacle`: why free words cannot leave now;
    window_closed: a template can; no_template: it could if one were approved."""

    inbox: InboxRef
    to: str
    conversation_id: UUID | None
    assignee: Named | None
    window: ServiceWindow
    obstacle: Obstacle | None


class OtherInbox(Struct, frozen=True, forbid_unknown_fields=True):
    """The inbox to go on in: one of the contact's ways."""

    inbox_id: UUID


class _Address(NamedTuple):
    contact_id: UUID
    kind: str
    value: str


class _Reached(NamedTuple):
    inbox: DictRow
    address: _Address


async def get_ways(tx: Connection, workspace_id: UUID, contact_id: UUID) -> list[Way]:
    """By the inbox's name; also those of the contacts merged into this one. Raises NotFound."""
    contact_ids = await _group(tx, workspace_id, contact_id)
    reached = await _reached(tx, workspace_id, contact_ids)
    scope = {"workspace_id": workspace_id, "contact_ids": contact_ids}
    rows = await (await tx.execute(Q.stopped, scope)).fetchall()
    stopped = {(row["contact_id"], row["channel"]) for row in rows}
    return [_way(each, stopped) for each in reached]


async def do_go_on(tx: Connection, principal: Principal, contact_id: UUID, inbox_id: UUID) -> UUID:
    """The contact's conversation in that inbox, opened where there is none; an agent takes it if nobody has it.

    Raises NotFound, Invalid (`inbox_id`: no way leads there).
    """
    contact_ids = await _group(tx, principal.workspace_id, contact_id)
    reached = await _reached(tx, principal.workspace_id, contact_ids)
    way = next((each for each in reached if each.inbox["id"] == inbox_id), None)
    if way is None:
        message = "The contact cannot be reached through this inbox."
        raise Invalid(message, errors=[FieldError("inbox_id", message)])
    conversation_id = way.inbox["conversation_id"] or await _open(tx, principal, way)
    holder = await get_holder(tx, principal.workspace_id, conversation_id)
    if principal.agent_id is not None and holder.agent_id is None:
        await do_claim(tx, principal, conversation_id)
    return UUID(str(conversation_id))


async def _group(tx: Connection, workspace_id: UUID, contact_id: UUID) -> list[UUID]:
    found = await get_group(tx, workspace_id, contact_id)
    if not found:
        raise NotFound("There is no such contact.")
    return found


async def _open(tx: Connection, principal: Principal, way: _Reached) -> UUID:
    address = {
        "workspace_id": principal.workspace_id,
        "inbox_id": way.inbox["id"],
        "channel": way.inbox["channel"],
        "kind": way.address.kind,
        "value": way.address.value,
    }
    several = registry.channel(way.inbox["channel"]).manifest.capabilities.threads
    thread = str(new_id()) if several else ""
    conversation_id = await open_conversation(tx, address, thread=thread, contact_id=way.address.contact_id)
    changes = [Change("conversation.created", conversation_id), Change("contact.updated", way.address.contact_id)]
    await record(tx, principal.workspace_id, changes)
    return conversation_id


async def _reached(tx: Connection, workspace_id: UUID, contact_ids: list[UUID]) -> list[_Reached]:
    scope = {"workspace_id": workspace_id, "contact_ids": contact_ids}
    inboxes = await (await tx.execute(Q.inboxes, scope)).fetchall()
    known = await (await tx.execute(Q.addresses, scope)).fetchall()
    guessed = {inbox["id"]: _by_number(inbox, known) for inbox in inboxes}
    values = [address.value for address in guessed.values() if address]
    channels = [inbox["channel"] for inbox in inboxes]
    rows = await (await tx.execute(Q.others_addresses, scope | {"values": values, "channels": channels})).fetchall()
    others = {(row["channel"], row["value"]) for row in rows}
    found = []
    for inbox in inboxes:
        by_number = guessed[inbox["id"]]
        if by_number and (inbox["channel"], by_number.value) in others:
            by_number = None  # whoever has it there is another contact, perhaps to be merged
        address = _own(inbox, known) or by_number
        if address:
            found.append(_Reached(inbox, address))
    return found


def _own(inbox: Mapping[str, Any], known: Sequence[DictRow]) -> _Address | None:
    """An address that the person has on the channel: where they wrote, the one of that thread."""
    kinds = registry.channel(inbox["channel"]).manifest.capabilities.reach
    rows = [
        row
        for row in known
        if row["channel"] == inbox["channel"]
        and (not kinds or row["kind"] in kinds)
        and inbox["contact_id"] in {None, row["contact_id"]}
    ]
    return next((_Address(row["contact_id"], row["kind"], row["value"]) for row in rows), None)


def _by_number(inbox: Mapping[str, Any], known: Sequence[DictRow]) -> _Address | None:
    """A telephone number that another channel's provider vouches for, where this channel writes to numbers as well."""
    if inbox["conversation_id"] is not None or any(row["channel"] == inbox["channel"] for row in known):
        return None
    for row in known:
        if row["verified"] and number_of(row["kind"], row["value"]):
            found = registry.channel(inbox["channel"]).identity_in(f"+{dialled(row['value'])}", inbox["settings"])
            if found is not None and found.kind == PHONE:
                return _Address(row["contact_id"], found.kind, found.value)
    return None


def _way(reached: _Reached, stopped: set[tuple[UUID, str]]) -> Way:
    inbox, address = reached
    window = window_of(inbox["channel"], inbox["window_closes_at"], clock.now())
    return Way(
        inbox=InboxRef(inbox["id"], inbox["name"], inbox["channel"]),
        to=f"+{address.value}" if address.kind == PHONE else address.value,
        conversation_id=inbox["conversation_id"],
        assignee=Named(inbox["assignee_id"], inbox["assignee_name"]) if inbox["assignee_id"] else None,
        window=window,
        obstacle=_obstacle(inbox, address, window, stopped),
    )


def _obstacle(
    inbox: Mapping[str, Any], address: _Address, window: ServiceWindow, stopped: set[tuple[UUID, str]]
) -> Obstacle | None:
    if inbox["health"] == "down":
        return "down"
    if address.contact_id in inbox["blocked"]:
        return "blocked"
    if (address.contact_id, inbox["channel"]) in stopped:
        return "opted_out"
    if window.open:
        return None
    return "window_closed" if inbox["has_template"] or "template" not in window.allowed else "no_template"
