"""Two threads of a contact that are one matter: the one points to the other, and back.

Only on channels with threads: elsewhere a contact has one conversation in an inbox. Nothing but pointers is written
(docs/adr/0014-merging-is-a-pointer.md): the messages stay where they came, and readers of the survivor see them all.
"""

from uuid import UUID

from msgspec import Struct
from psycopg.rows import DictRow

from madoguchi.audit import service as audit
from madoguchi.channels import registry
from madoguchi.conversations.internal import write_system_message
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Invalid, NotAssignee, NotFound
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record

Q = load_queries(__file__, "merge.sql")


class Merge(Struct, frozen=True, forbid_unknown_fields=True):
    """`into` is the conversation that stays; where it was merged itself, its survivor."""

    into: UUID


async def do_merge(tx: Connection, principal: Principal, conversation_id: UUID, into: UUID) -> UUID:
    """Returns the survivor's id; nothing happens where they are one already.

    Raises NotFound, Invalid (no conversation `into`, or one of another contact or inbox), NotAssignee (somebody else has
    one of them), Conflict (merged elsewhere, a circle, a channel without threads, messages that wait for their time).
    """
    places = await _lock(tx, principal, [conversation_id, into])
    if into not in places:
        raise _wrong("There is no conversation with this id.")
    gone = places[conversation_id]
    survivor: UUID = places[into]["survivor_id"] or into
    if gone["survivor_id"] == survivor:
        return survivor  # said twice
    if gone["survivor_id"] is not None:
        raise Conflict("This conversation is merged into another one already.", survivor=gone["survivor_id"])
    if survivor == conversation_id:
        raise Conflict("The two are one conversation already.")
    _check(principal, gone, places[survivor])
    values = {"workspace_id": principal.workspace_id, "id": conversation_id, "into": survivor, "now": clock.now()}
    await tx.execute(Q.take_over, values)
    await tx.execute(Q.merge, values)
    await _tell(tx, principal, "merged", survivor, gone)
    return survivor


async def do_unmerge(tx: Connection, principal: Principal, conversation_id: UUID) -> UUID:
    """Returns the former survivor's id. What came while they were one stays there.

    Raises NotFound, NotAssignee, Conflict (it is not merged).
    """
    places = await _lock(tx, principal, [conversation_id])
    gone = places[conversation_id]
    survivor: UUID | None = gone["survivor_id"]
    if survivor is None:
        raise Conflict("This conversation is not merged.")
    _check_holder(principal, places[survivor])
    values = {"workspace_id": principal.workspace_id, "id": conversation_id, "root": survivor, "now": clock.now()}
    await tx.execute(Q.give_back, values)
    await tx.execute(Q.unmerge, values)
    await _tell(tx, principal, "unmerged", survivor, gone)
    return survivor


async def _lock(tx: Connection, principal: Principal, ids: list[UUID]) -> dict[UUID, DictRow]:
    """The places of the conversations and of those that show them, by id; the first of them is there."""
    scope = {"workspace_id": principal.workspace_id}
    await tx.execute(Q.one_at_a_time, scope)
    places = {row["id"]: row for row in await (await tx.execute(Q.places, scope | {"ids": ids})).fetchall()}
    if ids[0] not in places:
        raise NotFound("There is no such conversation.")
    return places


def _check(principal: Principal, gone: DictRow, stays: DictRow) -> None:
    if not registry.channel(gone["channel"]).manifest.capabilities.threads:
        raise Conflict("On this channel a contact has one conversation.")
    if gone["contact_id"] != stays["contact_id"]:
        raise _wrong("This is a conversation with another contact.")
    if gone["inbox_id"] != stays["inbox_id"]:
        raise _wrong("This conversation is in another inbox: answers would leave from another address.")
    for each in (gone, stays):
        _check_holder(principal, each)
    if gone["waits"]:
        raise Conflict("Messages are waiting to leave in this conversation. Send or cancel them first.")


def _check_holder(principal: Principal, row: DictRow) -> None:
    if row["assignee_id"] not in (None, principal.agent_id) and not principal.may_supervise:
        holder = {"id": row["assignee_id"], "name": row["assignee_name"]}
        raise NotAssignee(f"{row['assignee_name']} has the conversation “{row['subject']}”.", assignee=holder)


def _wrong(message: str) -> Invalid:
    return Invalid(message, errors=[FieldError("into", message)])


async def _tell(tx: Connection, principal: Principal, verb: str, survivor: UUID, gone: DictRow) -> None:
    """Whoever reads the thread that stays; the other is shown by it, or shows itself again."""
    line = await write_system_message(
        tx, principal, survivor, verb, moves=True, other=str(gone["id"]), subject=gone["subject"]
    )
    await audit.record(
        tx,
        principal.workspace_id,
        f"conversation.{verb}",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="conversation",
        target_id=gone["id"],
        data={"survivor": str(survivor)},
    )
    changes = [Change("message.created", line), Change("conversation.updated", gone["id"])]
    await record(tx, principal.workspace_id, [*changes, Change("conversation.updated", survivor)])
