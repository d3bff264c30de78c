"""What is said about a message after it: reactions, changed words, deletions. Where the message is not known yet, it waits."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from madoguchi.channels.events import MessageEdited, MessageRevoked, ReactionChanged
from madoguchi.core import clock
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.inbound.identify import Writer, find_contacts
from madoguchi.inbound.incoming import Incoming, as_json
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.search.again import look_again

Q = load_queries(__file__)

Changes = list[tuple[UUID, Change]]
Remark = ReactionChanged | MessageEdited | MessageRevoked

# A remark passes its message by seconds; what is about messages from before our time never meets it.
_LATEST_MESSAGE = timedelta(hours=1)


class _About(NamedTuple):
    """A remark and the message it is about."""

    incoming: Incoming
    event: Remark
    message_id: UUID
    conversation_id: UUID


async def apply_remarks(tx: Connection, batch: Sequence[Incoming]) -> Changes:
    remarks = [(i, i.event) for i in batch if isinstance(i.event, Remark)]
    if not remarks:
        return []
    found = await _targets(tx, remarks)
    await _keep_waiting(tx, [remark for position, remark in enumerate(remarks) if position not in found])
    known = [
        _About(incoming, event, found[position]["message_id"], found[position]["conversation_id"])
        for position, (incoming, event) in enumerate(remarks)
        if position in found and _may(event, found[position]["direction"])
    ]
    return [*await _react(tx, known), *await _rewrite(tx, known)]


async def match_remarks(tx: Connection, directory: InboxDirectory, slots: Sequence[int]) -> Changes:
    """Apply those whose message has become known since they came."""
    cursor = await tx.execute(Q.matched_remarks, {"slots": list(slots), "since": clock.now() - _LATEST_MESSAGE})
    matched = []
    for row in await cursor.fetchall():
        inbox = await directory.by_id(row["workspace_id"], row["inbox_id"])
        if inbox is not None:
            event = msgspec.convert(row["payload"], Remark)
            matched.append(Incoming(inbox, UUID(int=0), 0, event))
    return await apply_remarks(tx, matched)


def _may(event: Remark, direction: str) -> bool:
    """Everybody reacts to everything; words are changed by who wrote them."""
    return isinstance(event, ReactionChanged) or event.by_us == (direction == "out")


async def _targets(tx: Connection, remarks: Sequence[tuple[Incoming, Remark]]) -> dict[int, DictRow]:
    cursor = await tx.execute(
        Q.known_targets,
        {
            "workspaces": [incoming.workspace_id for incoming, _ in remarks],
            "inboxes": [incoming.inbox.id for incoming, _ in remarks],
            "targets": [event.target for _, event in remarks],
        },
    )
    return {row["position"] - 1: row for row in await cursor.fetchall()}


async def _keep_waiting(tx: Connection, remarks: Sequence[tuple[Incoming, Remark]]) -> None:
    if not remarks:
        return
    rows: list[dict[str, object]] = [
        {
            "workspace_id": incoming.workspace_id,
            "inbox_id": incoming.inbox.id,
            "target": event.target,
            "provider_id": event.provider_id,
            "payload": event,
        }
        for incoming, event in remarks
    ]
    await tx.execute(Q.keep_waiting, {"rows": as_json(rows), "now": clock.now()})


async def _react(tx: Connection, known: Sequence[_About]) -> Changes:
    """Reactions belong to the message they are on; they open no window and make no bubble."""
    reactions = [(about, about.event) for about in known if isinstance(about.event, ReactionChanged)]
    if not reactions:
        return []
    people = await find_contacts(tx, [Writer(about.incoming, event.sender) for about, event in reactions])
    authors = [
        ("system", about.incoming.inbox.id) if event.by_us else ("contact", contact_id)
        for (about, event), contact_id in zip(reactions, people, strict=True)
    ]
    cursor = await tx.execute(
        Q.set_reactions,
        {
            "workspaces": [about.incoming.workspace_id for about, _ in reactions],
            "messages": [about.message_id for about, _ in reactions],
            "kinds": [kind for kind, _ in authors],
            "authors": [author for _, author in authors],
            "emojis": [event.emoji for _, event in reactions],
            "reacted": [event.sent_at for _, event in reactions],
        },
    )
    return [(row["workspace_id"], Change("message.updated", row["message_id"])) for row in await cursor.fetchall()]


async def _rewrite(tx: Connection, known: Sequence[_About]) -> Changes:
    """One after the other: they are rare, and each builds on the words before it."""
    changes: Changes = []
    for about in known:
        if not isinstance(about.event, ReactionChanged) and await _change(tx, about, about.event):
            workspace_id = about.incoming.workspace_id
            changes.append((workspace_id, Change("message.updated", about.message_id)))
            changes.append((workspace_id, Change("conversation.updated", about.conversation_id)))
    await look_again(tx, [(workspace_id, c.subject_id) for workspace_id, c in changes if c.type == "message.updated"])
    return changes


async def _change(tx: Connection, about: _About, event: MessageEdited | MessageRevoked) -> bool:
    """False when it was told before."""
    place = {"workspace_id": about.incoming.workspace_id, "id": about.message_id}
    row = await (await tx.execute(Q.message_to_change, place)).fetchone()
    if row is None:
        return False
    changed = revoked(row, event) if isinstance(event, MessageRevoked) else edited(row, event)
    if changed is None:
        return False
    text, data = changed
    await tx.execute(Q.change_message, {**place, "text": text, "data": Jsonb(data)})
    return True


def revoked(row: DictRow, event: MessageRevoked) -> tuple[str | None, dict[str, Any]] | None:
    """The words stay for the business's records; every reader sees that they were deleted."""
    if "revoked" in row["data"]:
        return None
    return row["text"], {**row["data"], "revoked": {"at": rfc3339(event.at)}}


def edited(row: DictRow, event: MessageEdited) -> tuple[str | None, dict[str, Any]] | None:
    """`edited.versions` has all the words there were, oldest first; the newest by the provider's clock are the message's."""
    before = row["data"].get("edited") or {"versions": [_version(None, row["created_at"], row["text"])]}
    if any(version["id"] == event.provider_id for version in before["versions"]):
        return None
    versions = [*before["versions"], _version(event.provider_id, event.at, event.text)]
    versions.sort(key=lambda version: (version["id"] is not None, version["at"]))
    newest = versions[-1]
    return newest["text"], {**row["data"], "edited": {"at": newest["at"], "versions": versions}}


def _version(provider_id: str | None, at: datetime, text: str | None) -> dict[str, Any]:
    return {"id": provider_id, "at": rfc3339(at), "text": text}
