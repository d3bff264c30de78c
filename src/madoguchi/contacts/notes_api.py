"""Notes on contacts over HTTP."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor
from madoguchi.contacts import notes
from madoguchi.contacts.notes import ContactNoteOut, NoteText


class ContactNoteController(Controller):
    path = "/api/v1/contacts/{contact_id:uuid}/notes"
    tags = ("contacts",)

    @get("", summary="Notes on a contact, newest first")
    async def list_notes(
        self, tx: Tx, principal: Who, contact_id: UUID, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
    ) -> Page[ContactNoteOut]:
        before = decode_cursor(cursor, tuple[UUID])
        items, last = await notes.get_notes(
            tx, principal.workspace_id, contact_id, before=before[0] if before else None, limit=limit
        )
        return Page(items, encode_cursor(last) if last else None)

    @post("", summary="Add a note to a contact")
    async def add_note(self, tx: Tx, principal: Who, contact_id: UUID, data: NoteText) -> ContactNoteOut:
        """1 to 10,000 characters; never sent to anybody."""
        return await notes.do_add_note(tx, principal, contact_id, data.text)

    @patch("/{note_id:uuid}", summary="Change one's own note")
    async def change_note(
        self, tx: Tx, principal: Who, contact_id: UUID, note_id: UUID, data: NoteText
    ) -> ContactNoteOut:
        return await notes.do_change_note(tx, principal, contact_id, note_id, data.text)

    @delete("/{note_id:uuid}", summary="Delete a note: one's own, a supervisor any")
    async def delete_note(self, tx: Tx, principal: Who, contact_id: UUID, note_id: UUID) -> None:
        await notes.do_delete_note(tx, principal, contact_id, note_id)
