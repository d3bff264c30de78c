"""Inboxes with their secrets in clear, kept in memory: the hot paths must not ask the database for each webhook.

A change is announced by NOTIFY 'madoguchi_inboxes'; what was missed is found after 30 s.
"""

import time
import zlib
from uuid import UUID

import structlog
from msgspec import Struct
from msgspec.structs import replace
from psycopg.rows import DictRow

from madoguchi.channels.base import InboxConfig
from madoguchi.channels.events import Event, MessageReceived
from madoguchi.channels.http import Http
from madoguchi.core.proof import is_proven, thread_proof
from madoguchi.core.secrets import SecretBox, WrongKey
from madoguchi.core.tokens import workspace_of
from madoguchi.db.pool import Database
from madoguchi.db.queries import load_queries
from madoguchi.db.slots import SLOTS
from madoguchi.inboxes.config import config_of, open_credentials
from madoguchi.inboxes.renewal import renewed

log = structlog.get_logger()
Q = load_queries(__file__, "directory.sql")

_FRESH_SECONDS = 30.0
_MOST_ENTRIES = 20_000


def slot_of(inbox_id: UUID) -> int:
    return zlib.crc32(inbox_id.bytes) % SLOTS


class _Entry(Struct, frozen=True):
    inbox: InboxConfig | None  # None: looked for and not there
    until: float


class InboxDirectory:
    """One per process; call `forget` when inboxes change."""

    def __init__(self, db: Database, secrets: SecretBox, public_url: str = "") -> None:
        self._db = db
        self._public_url = public_url
        self._secrets = secrets
        self._entries: dict[object, _Entry] = {}
        self._generation = 0

    def proven(self, event: Event) -> Event:
        """Without the proofs that we did not give out: what an event claims about its conversation, strangers wrote."""
        if not isinstance(event, MessageReceived) or event.thread is None or not event.thread.proofs:
            return event
        proofs = tuple(each for each in event.thread.proofs if is_proven(self._secrets, *each))
        return replace(event, thread=replace(event.thread, proofs=proofs))

    def proof_of(self, conversation_id: UUID) -> str:
        return thread_proof(self._secrets, conversation_id)

    async def renewed(self, inbox: InboxConfig, http: Http, *, refused: str = "") -> InboxConfig:
        """With a token that is good for some minutes. Raises Refusal, HttpFailure, NotFound."""
        return await renewed(self._db, self._secrets, http, inbox, refused=refused)

    def forget(self, _payload: str = "") -> None:
        self._generation += 1
        self._entries.clear()

    async def by_key(self, key: str) -> InboxConfig | None:
        """By the opaque key of a webhook URL. Keys that cannot be ours cost nothing."""
        entry = self._fresh(key)
        if entry is None:
            workspace_id = workspace_of(key)
            if workspace_id is None:
                return None
            entry = await self._load(key, Q.by_key, {"workspace_id": workspace_id, "key": key})
        return entry.inbox

    def known(self, key: str) -> InboxConfig | None:
        """As `by_key`, where no look into the database is needed."""
        entry = self._fresh(key)
        return entry.inbox if entry is not None else None

    async def by_id(self, workspace_id: UUID, inbox_id: UUID) -> InboxConfig | None:
        entry = self._fresh(inbox_id)
        if entry is None:
            entry = await self._load(inbox_id, Q.by_id, {"workspace_id": workspace_id, "id": inbox_id})
        return entry.inbox

    async def by_account(self, workspace_id: UUID, channel: str, account: str) -> InboxConfig | None:
        """By the provider's id of the account, where one URL serves several."""
        key = (workspace_id, channel, account)
        entry = self._fresh(key)
        if entry is None:
            parameters = {"workspace_id": workspace_id, "channel": channel, "account": account}
            entry = await self._load(key, Q.by_account, parameters)
        return entry.inbox

    def _fresh(self, key: object) -> _Entry | None:
        entry = self._entries.get(key)
        return entry if entry is not None and entry.until > time.monotonic() else None

    async def _load(self, key: object, query: str, parameters: dict[str, object]) -> _Entry:
        generation = self._generation
        async with self._db.system() as tx:
            cursor = await tx.execute(query, parameters)
            row = await cursor.fetchone()
        if len(self._entries) >= _MOST_ENTRIES:  # somebody is guessing keys
            self._entries.clear()
        inbox = config_of(row, self._credentials(row), self._public_url) if row else None
        entry = _Entry(inbox, time.monotonic() + _FRESH_SECONDS)
        if generation == self._generation:  # else it changed while we looked, and this may be the old row
            self._entries[key] = entry
        return entry

    def _credentials(self, row: DictRow) -> dict[str, str]:
        """One inbox whose secrets cannot be read must not stop the others: without them it can neither verify nor send,
        and its next send turns it *down* for everybody to see."""
        try:
            return open_credentials(row, self._secrets)
        except WrongKey:
            log.warning("the credentials of an inbox cannot be opened", inbox_id=str(row["id"]))
            return {}
