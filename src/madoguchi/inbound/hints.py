"""Which conversation a message belongs to, on channels where a person has several in one inbox.

In this order: a proof that we gave out ourselves; an id of an earlier message, if the writer took part in that
conversation; else a new conversation. The subject decides nothing: it only shows that the topic may be another one.
"""

from collections.abc import Sequence
from typing import LiteralString, NamedTuple
from uuid import UUID

from madoguchi.channels import registry
from madoguchi.channels.events import MessageReceived, ThreadHints
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.inbound.incoming import Incoming, as_json

Q = load_queries(__file__, "hints.sql")
_LONGEST_REFERENCE = 500


class Asked(NamedTuple):
    incoming: Incoming
    contact_id: UUID
    addresses: tuple[str, ...]  # the writer's

    @property
    def hints(self) -> ThreadHints:
        event = self.incoming.event
        return (event.thread if isinstance(event, MessageReceived) else None) or ThreadHints()

    @property
    def own_reference(self) -> str:
        event = self.incoming.event
        own = event.data.get("message_id") or event.provider_id if isinstance(event, MessageReceived) else ""
        return str(own)[:_LONGEST_REFERENCE]

    def references(self) -> list[str]:
        """What it answers, newest first; last itself, for a mail that comes a second time."""
        return [each[:_LONGEST_REFERENCE] for each in self.hints.references] + [self.own_reference]

    def people(self) -> set[object]:
        return {self.contact_id, *self.addresses}

    def written_to(self) -> list[str]:
        """Who got it besides us, in lower case."""
        event = self.incoming.event
        if not isinstance(event, MessageReceived):
            return []
        own = str(self.incoming.inbox.settings.get("address") or "").lower()
        given = [each.get("address", "") for field in ("to", "cc") for each in event.data.get(field) or []]
        return [address.lower()[:320] for address in given if address and address.lower() != own]


class Found(NamedTuple):
    conversation_id: UUID
    subject: str


def has_threads(incoming: Incoming) -> bool:
    return registry.channel(incoming.inbox.channel).manifest.capabilities.threads


async def find_by_hints(tx: Connection, asked: Sequence[Asked]) -> dict[int, Found]:
    """By position in `asked`; what is missing opens a new conversation. The proofs have been checked before."""
    if not asked:
        return {}
    by_reference = await _by_reference(tx, asked)
    return by_reference | await _by_proof(tx, asked)


async def _by_proof(tx: Connection, asked: Sequence[Asked]) -> dict[int, Found]:
    rows = [
        {
            "position": position,
            "workspace_id": one.incoming.workspace_id,
            "inbox_id": one.incoming.inbox.id,
            "conversation_id": conversation_id,
        }
        for position, one in enumerate(asked)
        for conversation_id, _ in one.hints.proofs
    ]
    return await _found(tx, Q.by_proof, rows)


async def _by_reference(tx: Connection, asked: Sequence[Asked]) -> dict[int, Found]:
    rows = [
        {
            "position": position,
            "workspace_id": one.incoming.workspace_id,
            "inbox_id": one.incoming.inbox.id,
            "contact_id": one.contact_id,
            "address": address,
            "reference": reference,
            "rank": rank,
        }
        for position, one in enumerate(asked)
        for rank, reference in enumerate(one.references())
        for address in one.addresses or ("",)
    ]
    return await _found(tx, Q.by_reference, rows)


async def _found(tx: Connection, query: LiteralString, rows: list[dict[str, object]]) -> dict[int, Found]:
    if not rows:
        return {}
    cursor = await tx.execute(query, {"rows": as_json(rows)})
    return {row["position"]: Found(row["conversation_id"], row["subject"]) for row in await cursor.fetchall()}


async def remember(tx: Connection, asked: Sequence[tuple[Asked, UUID]]) -> None:
    """Every id of the messages, and everybody in them, for the messages to come."""
    if not asked:
        return
    references = {
        (one.incoming.workspace_id, one.incoming.inbox.id, reference, conversation_id)
        for one, conversation_id in asked
        for reference in one.references()
    }
    people = {
        (one.incoming.workspace_id, conversation_id, address)
        for one, conversation_id in asked
        for address in [*one.addresses, *one.written_to()]
    }
    await tx.execute(
        Q.remember_references, {"rows": as_json([_named(_REFERENCE, each) for each in sorted(references)])}
    )
    await tx.execute(Q.remember_people, {"rows": as_json([_named(_PERSON, each) for each in sorted(people)])})


_REFERENCE = ("workspace_id", "inbox_id", "reference", "conversation_id")
_PERSON = ("workspace_id", "conversation_id", "address")


def _named(names: tuple[str, ...], values: tuple[object, ...]) -> dict[str, object]:
    return dict(zip(names, values, strict=True))
