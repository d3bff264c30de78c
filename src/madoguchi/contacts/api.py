"""Contacts over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import Parameter

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor
from madoguchi.contacts import export, jobs, load, merge, numbers, service
from madoguchi.contacts.models import (
    ConsentOut,
    ContactExport,
    ContactOut,
    ContactPatch,
    NewConsent,
    NewContact,
)

Search = Annotated[
    str | None, Parameter(max_length=200, description="Part of a name, number or address; the newest first.")
]


Filter = Annotated[str | None, Parameter(max_length=100)]
ByAttribute = Annotated[str | None, Parameter(max_length=400, description="`key:value`; case does not matter.")]


class ContactController(Controller):
    path = "/api/v1/contacts"
    tags = ("contacts",)

    @get("", summary="List contacts, newest first")
    async def list_contacts(  # noqa: PLR0913 - one parameter per filter
        self,
        tx: Tx,
        principal: Who,
        *,
        q: Search = None,
        company_id: UUID | None = None,
        channel: Filter = None,
        label: Filter = None,
        attribute: ByAttribute = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[ContactOut]:
        before = decode_cursor(cursor, tuple[UUID])
        key, _, value = (attribute or "").partition(":")
        wanted = load.Wanted(q=q, company_id=company_id, channel=channel, label=label, key=key or None, value=value)
        items, last = await load.get_page(
            tx, principal.workspace_id, wanted, before=before[0] if before else None, limit=limit
        )
        return Page(items, encode_cursor(last) if last else None)

    @post("", summary="Add a contact")
    async def create_contact(self, tx: Tx, principal: Who, data: NewContact) -> ContactOut:
        contact_id = await service.do_create(tx, principal, data)
        return await load.get_contact(tx, principal.workspace_id, contact_id)

    @get("/{contact_id:uuid}", summary="Read one contact")
    async def read_contact(self, tx: Tx, principal: Who, contact_id: UUID) -> ContactOut:
        return await load.get_contact(tx, principal.workspace_id, contact_id)

    @patch("/{contact_id:uuid}", summary="Change a contact")
    async def change_contact(self, tx: Tx, principal: Who, contact_id: UUID, data: ContactPatch) -> ContactOut:
        await service.do_update(tx, principal, contact_id, data)
        return await load.get_contact(tx, principal.workspace_id, contact_id)

    @delete("/{contact_id:uuid}", summary="Forget a contact with everything they wrote")
    async def delete_contact(self, tx: Tx, principal: Who, contact_id: UUID) -> None:
        files = await service.do_delete(tx, principal, contact_id)
        await jobs.defer_delete_files(tx, files)

    @post("/{contact_id:uuid}/merge", status_code=200, summary="Say that two contacts are one person")
    async def merge_contact(self, tx: Tx, principal: Who, contact_id: UUID, data: merge.Merge) -> ContactOut:
        """Answers with the contact that stays; nothing is rewritten, `unmerge` takes it back. 409 when it is merged
        already or the two are one contact."""
        survivor = await merge.do_merge(tx, principal, contact_id, data.into)
        return await load.get_contact(tx, principal.workspace_id, survivor)

    @post("/{contact_id:uuid}/unmerge", status_code=200, summary="Take a merge back")
    async def unmerge_contact(self, tx: Tx, principal: Who, contact_id: UUID) -> ContactOut:
        """Answers with the contact as it stands for itself again. 409 when it is not merged."""
        await merge.do_unmerge(tx, principal, contact_id)
        return await load.get_contact(tx, principal.workspace_id, contact_id)

    @get("/{contact_id:uuid}/same-number", summary="Other contacts with the same telephone number")
    async def list_same_number(self, tx: Tx, principal: Who, contact_id: UUID) -> list[numbers.SameNumber]:
        """At most five, to be offered for merging: nothing is merged by itself. Two ways of writing one telephone's number
        count as one; what somebody typed counts as well and says so (`verified` false)."""
        return await numbers.get_same_number(tx, principal.workspace_id, contact_id)

    @get("/{contact_id:uuid}/export", summary="Everything that is kept about a contact")
    async def export_contact(self, tx: Tx, principal: Who, contact_id: UUID) -> Response[ContactExport]:
        found = await export.get_export(tx, principal.workspace_id, contact_id)
        name = f'attachment; filename="contact-{contact_id}.json"'
        return Response(found, headers={"Content-Disposition": name})

    @get("/{contact_id:uuid}/consents", summary="What a contact agreed to, newest first")
    async def list_consents(
        self, tx: Tx, principal: Who, contact_id: UUID, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
    ) -> Page[ConsentOut]:
        before = decode_cursor(cursor, tuple[UUID])
        items, last = await service.get_consents(
            tx, principal.workspace_id, contact_id, before=before[0] if before else None, limit=limit
        )
        return Page(items, encode_cursor(last) if last else None)

    @post("/{contact_id:uuid}/consents", summary="Record that a contact agreed or withdrew")
    async def add_consent(self, tx: Tx, principal: Who, contact_id: UUID, data: NewConsent) -> ConsentOut:
        return await service.do_add_consent(tx, principal, contact_id, data)
