"""From the ingest log to messages on screens: one transaction per batch, set-based statements.

The stages, in order: read → parse → apply (people, threads, messages, receipts, the rest) → mark done → events → commit.
A batch that cannot be applied is halved until the poisoned event stands alone; that one is set aside, the rest goes on.
"""

from collections import Counter as Counting
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import structlog
from msgspec import Struct
from prometheus_client import Counter
from psycopg.rows import DictRow

from madoguchi import traces
from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig, RawRequest
from madoguchi.channels.events import Broken, Event, ReceiptReceived, Unknown
from madoguchi.conversations.jobs import defer_give
from madoguchi.core import clock
from madoguchi.core.about import about
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.inbound.changes import change_identities, change_templates, name_contacts, note_account
from madoguchi.inbound.confirming import confirm_wishes
from madoguchi.inbound.consents import change_consents
from madoguchi.inbound.helping import answer_help
from madoguchi.inbound.incoming import Aside, Collision, Incoming, columns
from madoguchi.inbound.remarks import apply_remarks, match_remarks
from madoguchi.inbound.thread import Stored, store_messages
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.outbound.parts import Arrived
from madoguchi.outbound.receipts import apply_receipts, match_orphans
from madoguchi.search.again import look_again

log = structlog.get_logger()
Q = load_queries(__file__)

processed = Counter("madoguchi_inbound_events_total", "Provider events processed, by kind", ["kind"])

_COLLISION_TRIES = 5


class Batch(Struct):
    """Rows of the ingest log and what was found in them."""

    rows: list[DictRow]
    incoming: list[Incoming]
    aside: list[Aside]


async def read_batch(connection: Connection, slots: Sequence[int], most: int) -> list[DictRow]:
    """The oldest unprocessed requests of these slots, in order."""
    cursor = await connection.execute(Q.take, {"slots": list(slots), "limit": most}, binary=True)
    return await cursor.fetchall()


async def process(connection: Connection, directory: InboxDirectory, rows: list[DictRow]) -> int:
    """Process the rows to the end; returns the number of events. Nothing is lost: what cannot be applied is set aside."""
    led_here = (row["headers"].get(traces.PARENT) for row in rows)
    with (
        about(**_shared(rows)),
        traces.span("process", "consumer", links=led_here, rows=len(rows), **_shared(rows)) as span,
    ):
        events = await _process(connection, directory, rows)
        span.set(events=events)
    return events


async def _process(connection: Connection, directory: InboxDirectory, rows: list[DictRow]) -> int:
    batch = await parse_batch(directory, rows)
    try:
        await _apply_with_retry(connection, batch.incoming, batch)
    except Exception as error:
        if _is_away(error):
            raise  # the rows stay queued
        log.warning("a batch holds an event that cannot be applied", events=len(batch.incoming), error=_name(error))
        await _apply_by_halves(connection, batch)
    for kind, count in Counting(type(incoming.event).__name__ for incoming in batch.incoming).items():
        processed.labels(kind).inc(count)
    return len(batch.incoming)


def _shared(rows: Sequence[DictRow]) -> dict[str, Any]:
    """What a batch is about, as far as all of it is about the same."""
    named = {"request_id": "id", "workspace_id": "workspace_id", "inbox_id": "inbox_id"}
    found = {name: {row[column] for row in rows} for name, column in named.items()}
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


async def parse_batch(directory: InboxDirectory, rows: list[DictRow]) -> Batch:
    batch = Batch(rows, [], [])
    for row in rows:
        inbox = await directory.by_id(row["workspace_id"], row["inbox_id"])
        if inbox is None:  # removed with everything in it; the bytes stay in the log
            continue
        request = RawRequest("POST", {}, row["headers"], row["body"])
        for index, event in enumerate(registry.channel(inbox.channel).parse(request)):
            await _sort_in(batch, directory, Incoming(inbox, row["id"], index, event))
    return batch


async def _sort_in(batch: Batch, directory: InboxDirectory, incoming: Incoming) -> None:
    event = incoming.event
    if isinstance(event, Unknown):
        processed.labels("Unknown").inc()  # kept in the log, nothing to do
    elif isinstance(event, Broken):
        batch.aside.append(Aside(incoming, "unreadable", event.detail))
    else:
        inbox = await _inbox_of(directory, incoming.inbox, event)
        batch.incoming.append(Incoming(inbox, incoming.ingest_id, incoming.index, directory.proven(event)))


async def _inbox_of(directory: InboxDirectory, inbox: InboxConfig, event: Event) -> InboxConfig:
    """One URL may serve several accounts of a provider: the event's account tells which inbox it is for."""
    account = getattr(event, "account", None)
    if not account:
        return inbox
    return await directory.by_account(inbox.workspace_id, inbox.channel, account) or inbox


async def _apply_with_retry(connection: Connection, incoming: Sequence[Incoming], finished: Batch | None) -> None:
    for attempt in range(_COLLISION_TRIES):
        try:
            return await apply(connection, incoming, finished)
        except (Collision, psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
            if attempt == _COLLISION_TRIES - 1:
                raise
    return None


async def apply(connection: Connection, incoming: Sequence[Incoming], finished: Batch | None) -> None:
    """One transaction: the effects of the events, the marks on finished rows, and last the workspaces' sequence."""
    async with connection.transaction():
        changes = await apply_effects(connection, incoming)
        if finished is not None:
            await set_aside(connection, finished.aside)
            await mark_done(connection, finished.rows)
        await write_events(connection, changes)


async def apply_effects(tx: Connection, incoming: Sequence[Incoming]) -> list[tuple[UUID, Change]]:
    stored = await store_messages(tx, incoming)
    await defer_give(tx, [(s.incoming.workspace_id, s.incoming.inbox.id, s.thread.conversation_id) for s in stored])
    consents, wishes = await change_consents(tx, incoming)
    receipts = [Arrived(i.workspace_id, i.inbox.id, i.event) for i in incoming if isinstance(i.event, ReceiptReceived)]
    changes = [
        *_message_changes(stored),
        *await apply_receipts(tx, receipts),
        *await apply_remarks(tx, incoming),
        *await change_identities(tx, incoming),
        *await name_contacts(tx, incoming),
        *consents,
        *await change_templates(tx, incoming),
        *await note_account(tx, incoming),
    ]
    await answer_help(tx, stored)
    await confirm_wishes(tx, stored, wishes)
    await look_again(tx, [(s.incoming.workspace_id, s.id) for s in stored if s.filled or s.message.past])
    return changes


def _message_changes(stored: Sequence[Stored]) -> list[tuple[UUID, Change]]:
    """Messages from an archive are news to nobody; what fills a place in the thread changes a message."""
    told = [
        (s.incoming.workspace_id, Change("message.updated" if s.filled else "message.created", s.id))
        for s in stored
        if s.filled or not s.message.past
    ]
    threads = {
        s.thread.conversation_id: (
            s.incoming.workspace_id,
            Change(
                "conversation.created" if s.thread.conversation_is_new else "conversation.updated",
                s.thread.conversation_id,
            ),
        )
        for s in stored
    }
    met = {(s.incoming.workspace_id, Change("contact.updated", s.thread.contact_id)) for s in stored if s.thread.met}
    return [*threads.values(), *met, *told]


async def mark_done(tx: Connection, rows: Sequence[DictRow]) -> None:
    workspaces = list({row["workspace_id"] for row in rows})
    await tx.execute(Q.done, {"workspaces": workspaces, "ids": [row["id"] for row in rows]})


async def write_events(tx: Connection, changes: Sequence[tuple[UUID, Change]]) -> None:
    """In the order of their ids: two transactions over the same workspaces must not wait for each other in a circle."""
    by_workspace: dict[UUID, list[Change]] = {}
    for workspace_id, change in changes:
        by_workspace.setdefault(workspace_id, []).append(change)
    for workspace_id in sorted(by_workspace):
        await record_events(tx, workspace_id, by_workspace[workspace_id])


async def match_waiting(connection: Connection, directory: InboxDirectory, slots: Sequence[int]) -> None:
    """A receipt and the answer to its send may pass each other in two transactions, a reaction and its message in two
    webhooks; neither waits for long."""
    async with connection.transaction():
        changes = [*await match_orphans(connection, slots), *await match_remarks(connection, directory, slots)]
        await write_events(connection, changes)


async def _apply_by_halves(connection: Connection, batch: Batch) -> None:
    poisoned = await _find_poisoned(connection, batch.incoming)
    batch.aside.extend(poisoned)
    await apply(connection, [], batch)


async def _find_poisoned(connection: Connection, incoming: Sequence[Incoming]) -> list[Aside]:
    """Apply what can be applied, half by half; what was applied twice has no second effect."""
    if not incoming:
        return []
    try:
        await _apply_with_retry(connection, incoming, None)
    except Exception as error:
        if _is_away(error):
            raise
        if len(incoming) == 1:
            return [_poisoned(incoming[0], error)]
        middle = len(incoming) // 2
        first = await _find_poisoned(connection, incoming[:middle])
        return first + await _find_poisoned(connection, incoming[middle:])
    return []


def _poisoned(incoming: Incoming, error: Exception) -> Aside:
    with about(request_id=incoming.ingest_id, workspace_id=incoming.workspace_id, inbox_id=incoming.inbox.id):
        log.warning("an event was set aside", kind=type(incoming.event).__name__, error=_name(error))
    return Aside(incoming, "failed", f"{type(incoming.event).__name__}: {_name(error)}")


async def set_aside(tx: Connection, aside: Sequence[Aside]) -> None:
    if not aside:
        return
    rows: list[tuple[Any, ...]] = [
        (
            a.incoming.workspace_id,
            new_id(),
            a.incoming.inbox.id,
            a.incoming.ingest_id,
            a.incoming.index,
            a.reason,
            a.detail[:500],
        )
        for a in aside
    ]
    names = ("workspaces", "ids", "inboxes", "ingests", "indexes", "reasons", "details")
    await tx.execute(Q.set_aside, {**dict(zip(names, columns(rows, len(names)), strict=True)), "now": clock.now()})


def _is_away(error: Exception) -> bool:
    """The connection or the server, and not these events: what is too long or takes too long would be so again."""
    refusals = (psycopg.errors.QueryCanceled, psycopg.errors.ProgramLimitExceeded)
    return isinstance(error, psycopg.OperationalError) and not isinstance(error, refusals)


def _name(error: Exception) -> str:
    """The kind of error without its text: database errors quote the row, and rows hold message texts."""
    return type(error).__name__
