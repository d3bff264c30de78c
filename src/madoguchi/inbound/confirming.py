"""Who stopped the messages, or wants them again, is told once that we understood: where the provider does not do it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from psycopg.rows import DictRow

from madoguchi.channels import registry
from madoguchi.core import clock
from madoguchi.core.errors import Problem
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.inbound.consents import Wish
from madoguchi.inbound.thread import Stored
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.enqueue import enqueue

Q = load_queries(__file__, "confirming.sql")

# A program that answers every message with a word of ours gets no more than this lets through.
_ONCE_IN = timedelta(hours=1)


async def confirm_wishes(tx: Connection, stored: Sequence[Stored], wishes: Sequence[Wish]) -> None:
    """Once per change of the ledger, and the same answer to one person at most once an hour."""
    states = {(wish.incoming.ingest_id, wish.incoming.index): wish.state for wish in wishes}
    for each in stored:
        state = states.get((each.incoming.ingest_id, each.incoming.index))
        if state is None or each.message.by_us or each.message.past or each.filled:
            continue
        inbox = each.incoming.inbox
        texts = registry.channel(inbox.channel).confirmation(inbox, each.message.sender, state)
        if texts:
            await _confirm(tx, each, state, texts)


async def _confirm(tx: Connection, each: Stored, state: str, texts: Mapping[str, str]) -> None:
    place = {"workspace_id": each.incoming.workspace_id, "conversation_id": each.thread.conversation_id}
    found = await tx.execute(Q.reader, {**place, "state": state, "since": clock.now() - _ONCE_IN})
    reader = await found.fetchone()
    if reader is None or reader["confirmed"]:
        return
    draft = MessageDraft(type="text", text=_text(texts, reader))
    told_by = Principal(each.incoming.workspace_id, "system", None, "agent", "")
    try:
        async with tx.transaction():
            await enqueue(tx, told_by, each.thread.conversation_id, draft, confirms=state)
    except Problem:  # the inbox was removed, the person is blocked or has no number: there is nobody to tell
        return


def _text(texts: Mapping[str, str], reader: DictRow) -> str:
    """In the customer's language where it is known, else in the company's; a text of the inbox's own has none."""
    wanted = [str(reader[who] or "")[:2] for who in ("contact_locale", "workspace_locale")]
    text = next((texts[language] for language in (*wanted, "", "en") if language in texts), "")
    return text.replace("{company}", reader["company"])
