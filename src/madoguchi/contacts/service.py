"""People: made, changed, asked for consent, forgotten."""

from typing import Any
from uuid import UUID

from msgspec import UNSET
from psycopg.types.json import Jsonb

from madoguchi.attributes.service import check_attributes
from madoguchi.audit import service as audit
from madoguchi.channels import registry
from madoguchi.contacts.identities import check_identities
from madoguchi.contacts.load import NEWEST, Q, get_contact
from madoguchi.contacts.merge import get_group, get_reachable
from madoguchi.contacts.models import ConsentOut, ContactPatch, NewConsent, NewContact, NewIdentity
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import rfc3339, stamped
from madoguchi.db.pool import Connection
from madoguchi.events.service import Change, record
from madoguchi.search.again import forget

# A change of name is told to this many of the contact's conversations; more than one per inbox is rare.
_THREADS_TOLD = 200


async def do_create(tx: Connection, principal: Principal, given: NewContact) -> UUID:
    """Raises Invalid, and Conflict naming the contact that has an identity already."""
    identities = check_identities(given.identities)
    attributes = await check_attributes(tx, principal.workspace_id, given.attributes, complete=True)
    await _check_company(tx, principal, given.company_id)
    contact_id = new_id()
    await tx.execute(
        Q.insert,
        {
            "workspace_id": principal.workspace_id,
            "id": contact_id,
            "name": given.name.strip(),
            "locale": given.locale,
            "attributes": Jsonb({key: value for key, value in attributes.items() if value is not None}),
            "labels": clean_labels(given.labels),
            "company_id": given.company_id,
            "now": clock.now(),
        },
    )
    await _add_identities(tx, principal, contact_id, identities)
    await _audit(tx, principal, "contact.created", contact_id)
    await record(tx, principal.workspace_id, [Change("contact.updated", contact_id)])
    return contact_id


async def do_update(tx: Connection, principal: Principal, contact_id: UUID, patch: ContactPatch) -> None:
    """Raises NotFound, Invalid (an attribute's value, the company), Conflict (somebody has an identity)."""
    given = {} if patch.attributes is UNSET else patch.attributes
    attributes = await check_attributes(tx, principal.workspace_id, given, complete=False)
    company_id = None if patch.company_id is UNSET else patch.company_id
    await _check_company(tx, principal, company_id)
    owner_id = None if patch.owner_id is UNSET else patch.owner_id
    await _check_owner(tx, principal, owner_id)
    changed = await tx.execute(
        Q.update,
        {
            "workspace_id": principal.workspace_id,
            "id": contact_id,
            "name": None if patch.name is UNSET else patch.name.strip(),
            "sets_locale": patch.locale is not UNSET,
            "locale": None if patch.locale is UNSET else patch.locale,
            "attributes": Jsonb(attributes),
            "labels": None if patch.labels is UNSET else clean_labels(patch.labels),
            "sets_company": patch.company_id is not UNSET,
            "company_id": company_id,
            "sets_owner": patch.owner_id is not UNSET,
            "owner_id": owner_id,
            "now": clock.now(),
        },
    )
    if not changed.rowcount:
        raise NotFound("There is no such contact.")
    if patch.identities is not UNSET:
        await _add_identities(tx, principal, contact_id, check_identities(patch.identities))
    changes = [Change("contact.updated", contact_id)]
    if patch.name is not UNSET:
        threads = await _conversation_ids(tx, principal, contact_id)
        changes += [Change("conversation.updated", each) for each in threads]
    await record(tx, principal.workspace_id, changes)


async def do_delete(tx: Connection, principal: Principal, contact_id: UUID) -> list[str]:
    """Forget a person with everything they wrote, also as the contacts merged into this one; returns the storage keys of
    their files, to be deleted after the commit. Supervisors and owners only: it cannot be undone."""
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may delete a contact.")
    if (await get_contact(tx, principal.workspace_id, contact_id)).survivor:
        raise Conflict("This contact is merged into another one. Un-merge it, or delete the other one with it.")
    threads = await _conversation_ids(tx, principal, contact_id)
    contact_ids = await get_group(tx, principal.workspace_id, contact_id)
    parameters = {"workspace_id": principal.workspace_id, "contact_ids": contact_ids}
    await tx.execute(Q.lock_contacts, parameters)
    await tx.execute(Q.lock_conversations, parameters)
    files = await (await tx.execute(Q.stored_files, parameters)).fetchall()
    await forget(tx, principal.workspace_id, contact_ids)
    await tx.execute(Q.forget_traces, parameters)
    await tx.execute(Q.delete_messages, parameters)
    if not (await tx.execute(Q.delete, parameters)).rowcount:
        raise NotFound("There is no such contact.")
    await _audit(tx, principal, "contact.deleted", contact_id)
    gone = [Change("conversation.updated", each) for each in threads]
    await record(tx, principal.workspace_id, [*gone, Change("contact.updated", contact_id)])
    return [row["storage_key"] for row in files]


async def do_add_consent(tx: Connection, principal: Principal, contact_id: UUID, given: NewConsent) -> ConsentOut:
    """The ledger only grows; the newest entry of a purpose holds."""
    if given.channel not in registry.channels():
        message = f"There is no channel {given.channel!r}."
        raise Invalid(message, errors=[FieldError("channel", message)])
    now = clock.now()
    contact_ids = await _addressed(tx, principal, contact_id, given.channel)
    entry: dict[str, Any] = {
        "channel": given.channel,
        "purpose": given.purpose,
        "state": given.state,
        "source": given.source,
        "detail": given.detail,
    }
    ids = [new_id() for _ in contact_ids]
    scope = {"workspace_id": principal.workspace_id, "contact_ids": contact_ids, "ids": ids, "now": now}
    await tx.execute(Q.insert_consent, scope | entry)
    summary = {key: entry[key] for key in ("channel", "purpose", "state")}
    await _audit(tx, principal, "contact.consent_recorded", contact_id, summary)
    await record(tx, principal.workspace_id, [Change("contact.updated", contact_id)])
    return ConsentOut(**entry, id=ids[0], contact_id=contact_ids[0], created_at=rfc3339(now))


async def _addressed(tx: Connection, principal: Principal, contact_id: UUID, channel: str) -> list[UUID]:
    """A person's word holds for each of their addresses on the channel; the ledger is kept per address."""
    group = await get_group(tx, principal.workspace_id, contact_id)
    if not group:
        raise NotFound("There is no such contact.")
    return await get_reachable(tx, principal.workspace_id, group, channel) or [contact_id]


async def get_consents(
    tx: Connection, workspace_id: UUID, contact_id: UUID, *, before: UUID | None, limit: int
) -> tuple[list[ConsentOut], UUID | None]:
    """Newest first."""
    contact_ids = await get_group(tx, workspace_id, contact_id)
    if not contact_ids:
        raise NotFound("There is no such contact.")
    parameters = {"workspace_id": workspace_id, "contact_ids": contact_ids, "before": before or NEWEST}
    rows = await (await tx.execute(Q.consents, parameters | {"limit": limit + 1})).fetchall()
    page = [ConsentOut(**stamped(row)) for row in rows[:limit]]
    return page, page[-1].id if len(rows) > limit else None


def clean_labels(labels: list[str]) -> list[str]:
    """Without doubles and blanks around."""
    return list(dict.fromkeys(label.strip() for label in labels if label.strip()))


async def _check_company(tx: Connection, principal: Principal, company_id: UUID | None) -> None:
    if company_id is None:
        return
    found = await tx.execute(Q.company, {"workspace_id": principal.workspace_id, "id": company_id})
    if await found.fetchone() is None:
        message = "There is no company with this id."
        raise Invalid(message, errors=[FieldError("company_id", message)])


async def _check_owner(tx: Connection, principal: Principal, owner_id: UUID | None) -> None:
    if owner_id is None:
        return
    found = await tx.execute(Q.active_agent, {"workspace_id": principal.workspace_id, "id": owner_id})
    if await found.fetchone() is None:
        message = "There is no active agent with this id."
        raise Invalid(message, errors=[FieldError("owner_id", message)])


async def _add_identities(
    tx: Connection, principal: Principal, contact_id: UUID, identities: list[NewIdentity]
) -> None:
    if not identities:
        return
    keys = {
        "workspace_id": principal.workspace_id,
        "contact_id": contact_id,
        "channels": [each.channel for each in identities],
        "kinds": [each.kind for each in identities],
        "values": [each.value for each in identities],
    }
    await tx.execute(Q.insert_identities, keys | {"ids": [new_id() for _ in identities], "now": clock.now()})
    held = await (await tx.execute(Q.held, keys)).fetchone()
    if held is None or held["n"] < len(identities):
        raise await _conflict(tx, keys)


async def _conflict(tx: Connection, keys: dict[str, Any]) -> Conflict:
    row = await (await tx.execute(Q.taken, keys)).fetchone()
    if row is None:
        return Conflict("Another contact has just taken one of these identities. Try again.")
    index = list(zip(keys["channels"], keys["kinds"], keys["values"], strict=True)).index(
        (row["channel"], row["kind"], row["value"])
    )
    message = f"{row['name'] or row['value']} has this identity already."
    return Conflict(
        message,
        errors=[FieldError(f"identities.{index}.value", message)],
        contact={"id": row["id"], "name": row["name"]},
    )


async def _conversation_ids(tx: Connection, principal: Principal, contact_id: UUID) -> list[UUID]:
    contact_ids = await get_group(tx, principal.workspace_id, contact_id)
    parameters = {"workspace_id": principal.workspace_id, "contact_ids": contact_ids, "limit": _THREADS_TOLD}
    return [row["id"] for row in await (await tx.execute(Q.conversation_ids, parameters)).fetchall()]


async def _audit(
    tx: Connection, principal: Principal, action: str, contact_id: UUID, data: dict[str, Any] | None = None
) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        action,
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="contact",
        target_id=contact_id,
        data=data,
    )
