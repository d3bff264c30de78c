"""Who agreed and who withdrew: told by the provider, or by a word of the customer's own."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple
from uuid import UUID

from madoguchi.channels import registry
from madoguchi.channels.events import NO_TIME, ConsentChanged, MessageReceived, Sender
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.inbound.identify import Writer, find_contacts
from madoguchi.inbound.incoming import Incoming

Q = load_queries(__file__, "consents.sql")


class Wish(NamedTuple):
    """A word of the customer's own that changed the ledger."""

    incoming: Incoming
    state: Literal["granted", "withdrawn"]


_LONGEST_WORD = 40
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")


async def change_consents(tx: Connection, batch: Sequence[Incoming]) -> tuple[list[tuple[UUID, Change]], list[Wish]]:
    """Add to the ledger what is news: a repeated webhook, or one older than the newest entry, changes nothing.

    A word that the provider itself took note of is no wish: the provider has answered it.
    """
    told = sorted(_told(batch), key=lambda pair: pair[1].at)
    if not told:
        return [], []
    noted = {incoming.ingest_id for incoming, event in told if event.source == "provider"}
    writers = [Writer(incoming, Sender(event.identities, event.name)) for incoming, event in told]
    contacts = await find_contacts(tx, writers)
    changes: list[tuple[UUID, Change]] = []
    wishes: list[Wish] = []
    for (incoming, event), contact_id in zip(told, contacts, strict=True):
        if await _add(tx, incoming, event, contact_id):
            changes.append((incoming.workspace_id, Change("contact.updated", contact_id)))
            if event.source == "word" and incoming.ingest_id not in noted:
                wishes.append(Wish(incoming, event.state))
    return changes, wishes


def _told(batch: Sequence[Incoming]) -> Iterable[tuple[Incoming, ConsentChanged]]:
    for incoming in batch:
        if isinstance(incoming.event, ConsentChanged):
            yield incoming, incoming.event
        elif isinstance(incoming.event, MessageReceived):
            said = _said(incoming, incoming.event)
            if said is not None:
                yield incoming, said


def _said(incoming: Incoming, message: MessageReceived) -> ConsentChanged | None:
    """The inbox's words, alone in the message: "please do not stop" is no wish to stop."""
    state: Literal["granted", "withdrawn"]
    if is_word(incoming, message.text, "stop_words"):
        state = "withdrawn"
    elif is_word(incoming, message.text, "start_words"):
        state = "granted"
    else:
        return None
    return ConsentChanged(
        account=message.account,
        identities=message.sender.identities,
        purpose=registry.channel(incoming.inbox.channel).manifest.capabilities.stop_purpose,
        state=state,
        source="word",
        at=message.sent_at,
        name=message.sender.name,
        detail=message.text or "",
    )


def is_word(incoming: Incoming, text: str | None, key: str) -> bool:
    """Whether the text is one of the words of this setting, and nothing else."""
    if not text or len(text) > _LONGEST_WORD:
        return False
    return _plain(text) in _words(incoming, key)


def _words(incoming: Incoming, key: str) -> frozenset[str]:
    manifest = registry.channel(incoming.inbox.channel).manifest
    return _split(str(manifest.setting(incoming.inbox, key) or ""))


@lru_cache(maxsize=1000)
def _split(words: str) -> frozenset[str]:
    return frozenset(filter(None, map(_plain, re.split(r"[,\u3001\uff0c]", words))))


def _plain(text: str) -> str:
    """Without case, width (full-width letters count as plain ones), and punctuation and emoji around it."""
    return _AROUND.sub("", unicodedata.normalize("NFKC", text).casefold())


async def _add(tx: Connection, incoming: Incoming, event: ConsentChanged, contact_id: UUID) -> bool:
    added = await tx.execute(
        Q.add_consent,
        {
            "workspace_id": incoming.workspace_id,
            "id": new_id(),
            "contact_id": contact_id,
            "channel": incoming.inbox.channel,
            "purpose": event.purpose,
            "state": event.state,
            "source": event.source,
            "detail": event.detail,
            "at": clock.now() if event.at == NO_TIME else event.at,
        },
    )
    return bool(added.rowcount)
