"""What the provider reports about an account between two checks."""

from uuid import UUID

from psycopg.types.json import Jsonb

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig
from madoguchi.channels.events import AccountNotice
from madoguchi.channels.health import AccountChange
from madoguchi.core import clock
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.inboxes.health import tell_troubles
from madoguchi.inboxes.hold import Reason, do_hold

Q = load_queries(__file__, "news.sql")


async def do_note(tx: Connection, inbox: InboxConfig, notice: AccountNotice) -> list[Change]:
    """Returns the changes for the caller to record as its transaction's last statement."""
    change = registry.channel(inbox.channel).account_change(notice)
    concerned = await _concerned(tx, inbox, change)
    values = {"workspace_id": inbox.workspace_id, "id": concerned, "now": clock.now()}
    facts = {"health": notice.health, "detail": notice.detail, "facts": Jsonb(change.facts)}
    await tx.execute(Q.note_health, {**values, **facts})
    await tx.execute(Q.keep_news, {**values, "news": Jsonb({notice.kind: notice.data})})
    inbox = InboxConfig(concerned, inbox.workspace_id, inbox.channel, inbox.name, inbox.credentials, inbox.settings)
    changes = [Change("inbox.updated", concerned), *await tell_troubles(tx, inbox, change.troubles, over=change.over)]
    if change.holds is not None:
        error = change.holds
        changes += await do_hold(tx, inbox.workspace_id, concerned, Reason(error.code, error.title, error.detail))
    return changes


async def _concerned(tx: Connection, inbox: InboxConfig, change: AccountChange) -> UUID:
    """News of another number of the same account comes to the same address."""
    if change.display_number is None:
        return inbox.id
    values = {"workspace_id": inbox.workspace_id, "channel": inbox.channel, "number": change.display_number}
    row = await (await tx.execute(Q.by_number, values)).fetchone()
    return row["id"] if row else inbox.id
