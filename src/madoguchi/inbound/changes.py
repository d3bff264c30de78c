"""The rarer events: new keys and names of a person, templates and news of the account."""

from collections.abc import Sequence
from uuid import UUID

from psycopg.types.json import Jsonb

from madoguchi.channels.events import NO_TIME, AccountNotice, ContactNamed, Identity, IdentityChanged, TemplateChanged
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.inbound.identify import Writer, find_contacts
from madoguchi.inbound.incoming import Incoming
from madoguchi.inboxes.news import do_note
from madoguchi.templates.changes import do_apply_change

Q = load_queries(__file__)

Changes = list[tuple[UUID, Change]]


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
    noted = await _note_identity(tx, incoming, event, row["contact_id"])
    return [*noted, (incoming.workspace_id, Change("contact.updated", row["contact_id"]))]


async def _note_identity(tx: Connection, incoming: Incoming, event: IdentityChanged, contact_id: UUID) -> Changes:
    """A line in the thread: a new number is a reason to make sure that it is still the same person."""
    shown = {"kind": "identity_changed", "from": _shown(event.previous), "to": _shown(event.current)}
    cursor = await tx.execute(
        Q.note_identity,
        {
            "workspace_id": incoming.workspace_id,
            "inbox_id": incoming.inbox.id,
            "contact_id": contact_id,
            "id": new_id(),
            "text": event.text,
            "data": Jsonb({"system": shown}),
            "provider_id": event.provider_id or f"identity.{incoming.ingest_id}.{incoming.index}",
            "at": clock.now() if event.at == NO_TIME else event.at,
        },
    )
    row = await cursor.fetchone()
    return [(incoming.workspace_id, Change("message.created", row["id"]))] if row else []


def _shown(identities: Sequence[Identity]) -> str | None:
    """The weakest key is the one people know: a phone number rather than an id."""
    return identities[-1].value if identities else None


async def name_contacts(tx: Connection, batch: Sequence[Incoming]) -> Changes:
    """Names from the address book of the provider's app, for people who have none yet."""
    named = [(i, i.event) for i in batch if isinstance(i.event, ContactNamed)]
    if not named:
        return []
    contacts = await find_contacts(tx, [Writer(incoming, event.sender, vouched=False) for incoming, event in named])
    workspaces = [incoming.workspace_id for incoming, _ in named]
    names = [event.sender.name or "" for _, event in named]
    parameters = {"workspaces": workspaces, "contacts": contacts, "names": names, "now": clock.now()}
    await tx.execute(Q.name_nameless, parameters)
    touched = dict.fromkeys(zip(workspaces, contacts, strict=True))
    return [(workspace_id, Change("contact.updated", contact_id)) for workspace_id, contact_id in touched]


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
