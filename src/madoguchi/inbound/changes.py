"""The rarer events: reactions, new keys of a person, templates and news of the account."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from madoguchi.channels.events import AccountNotice, IdentityChanged, ReactionChanged, TemplateChanged
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.inbound.identify import Writer, find_threads
from madoguchi.inbound.incoming import Incoming
from madoguchi.inboxes.news import do_note
from madoguchi.templates.changes import do_apply_change

Q = load_queries(__file__)

Changes = list[tuple[UUID, Change]]


class _Reaction(NamedTuple):
    incoming: Incoming
    event: ReactionChanged


async def set_reactions(tx: Connection, batch: Sequence[Incoming]) -> Changes:
    """Reactions belong to the message they are on; they open no window and make no bubble."""
    reactions = [_Reaction(i, i.event) for i in batch if isinstance(i.event, ReactionChanged)]
    if not reactions:
        return []
    threads = await find_threads(tx, [Writer(r.incoming, r.event.sender) for r in reactions])
    cursor = await tx.execute(
        Q.set_reactions,
        {
            "workspaces": [r.incoming.workspace_id for r in reactions],
            "inboxes": [r.incoming.inbox.id for r in reactions],
            "targets": [r.event.target for r in reactions],
            "contacts": [thread.contact_id for thread in threads],
            "emojis": [r.event.emoji for r in reactions],
            "reacted": [r.event.sent_at for r in reactions],
        },
    )
    changed = [(row["workspace_id"], Change("message.updated", row["message_id"])) for row in await cursor.fetchall()]
    opened = [
        (reaction.incoming.workspace_id, Change("conversation.created", thread.conversation_id))
        for reaction, thread in zip(reactions, threads, strict=True)
        if thread.conversation_is_new
    ]
    return [*opened, *changed]


async def change_identities(tx: Connection, batch: Sequence[Incoming]) -> Changes:
    """The provider knows a person under new keys: the history stays with the contact, the old keys still lead to it."""
    changes: Changes = []
    for incoming in batch:
        if isinstance(incoming.event, IdentityChanged):
            changes += await _change_identity(tx, incoming, incoming.event)
    return changes


async def _change_identity(tx: Connection, incoming: Incoming, event: IdentityChanged) -> Changes:
    place = {"workspace_id": incoming.workspace_id, "channel": incoming.inbox.channel}
    known = [*event.previous, *event.current]
    cursor = await tx.execute(
        Q.identity_contact, {**place, "kinds": [i.kind for i in known], "values": [i.value for i in known]}
    )
    row = await cursor.fetchone()
    if row is None:
        return []
    contact = {**place, "contact_id": row["contact_id"]}
    old, new = event.previous, event.current
    await tx.execute(Q.retire_identities, {**contact, "kinds": [i.kind for i in old], "values": [i.value for i in old]})
    await tx.execute(
        Q.repoint_identities,
        {
            **contact,
            "ids": [new_id() for _ in new],
            "kinds": [i.kind for i in new],
            "values": [i.value for i in new],
            "now": clock.now(),
        },
    )
    return [(incoming.workspace_id, Change("contact.updated", row["contact_id"]))]


async def change_templates(tx: Connection, batch: Sequence[Incoming]) -> Changes:
    changes: Changes = []
    for incoming in batch:
        if isinstance(incoming.event, TemplateChanged):
            told = await do_apply_change(tx, incoming.workspace_id, incoming.inbox.id, incoming.event)
            changes += [(incoming.workspace_id, change) for change in told]
    return changes


async def note_account(tx: Connection, batch: Sequence[Incoming]) -> Changes:
    changes: Changes = []
    for incoming in batch:
        event = incoming.event
        if isinstance(event, AccountNotice):
            told = await do_note(tx, incoming.inbox, event)
            changes += [(incoming.workspace_id, change) for change in told]
    return changes
