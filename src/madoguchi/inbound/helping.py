"""A customer asks who we are by a word that the channel's rules know (HELP): the inbox's own text is the answer."""

from collections.abc import Sequence

from madoguchi.channels import registry
from madoguchi.core.errors import Problem
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.inbound.consents import is_word
from madoguchi.inbound.thread import Stored
from madoguchi.outbound.drafts import MessageDraft
from madoguchi.outbound.enqueue import enqueue


async def answer_help(tx: Connection, stored: Sequence[Stored]) -> None:
    """Where an agent has the conversation, the agent answers; who stopped all messages gets none."""
    for each in stored:
        inbox = each.incoming.inbox
        text = str(registry.channel(inbox.channel).manifest.setting(inbox, "help_text") or "").strip()
        if not text or each.message.by_us or each.message.past or each.filled:
            continue
        if is_word(each.incoming, each.message.text, "help_words"):
            asked_by = Principal(inbox.workspace_id, "system", None, "agent", "")
            try:
                async with tx.transaction():
                    await enqueue(tx, asked_by, each.thread.conversation_id, MessageDraft(type="text", text=text))
            except Problem:
                continue
