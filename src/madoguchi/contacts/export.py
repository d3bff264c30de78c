"""Everything that is kept about one person, for the person."""

from uuid import UUID

from madoguchi.contacts.load import Q, get_contact
from madoguchi.contacts.merge import get_group
from madoguchi.contacts.models import ContactExport
from madoguchi.contacts.service import get_consents
from madoguchi.conversations.service import load_conversations, load_messages
from madoguchi.core import clock
from madoguchi.core.errors import TooLarge
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection

# An answer that is built in memory must end somewhere; 50,000 messages are about 50 MB.
_MOST = 50_000


async def get_export(tx: Connection, workspace_id: UUID, contact_id: UUID) -> ContactExport:
    """Raises NotFound, and TooLarge beyond 50,000 messages."""
    contact = await get_contact(tx, workspace_id, contact_id)
    contact_ids = await get_group(tx, workspace_id, contact_id)
    scope = {"workspace_id": workspace_id, "contact_ids": contact_ids, "limit": _MOST + 1}
    threads = await (await tx.execute(Q.conversation_ids, scope)).fetchall()
    written = await (await tx.execute(Q.message_ids, scope)).fetchall()
    if len(written) > _MOST:
        raise TooLarge(f"More than {_MOST} messages; read the conversations one by one.")
    consents, _ = await get_consents(tx, workspace_id, contact_id, before=None, limit=_MOST)
    return ContactExport(
        contact=contact,
        consents=consents,
        conversations=await load_conversations(tx, workspace_id, [row["id"] for row in threads]),
        messages=await load_messages(tx, workspace_id, [row["id"] for row in written], pages=True),
        exported_at=rfc3339(clock.now()),
    )
