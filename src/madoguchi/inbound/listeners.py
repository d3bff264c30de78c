"""Channels that fetch by themselves (a mailbox by IMAP): one worker at a time watches each inbox, as long as it holds its slot."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import structlog
from msgspec import Struct
from psycopg.types.json import Jsonb

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig, Refusal
from madoguchi.channels.events import ProviderError
from madoguchi.channels.fetching import ListenFailure
from madoguchi.channels.health import Trouble
from madoguchi.channels.http import Http
from madoguchi.core import clock
from madoguchi.core.about import about
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection, Database, dedicated
from madoguchi.db.queries import load_queries
from madoguchi.db.slots import LISTENER_LOCKS, Slots
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.inboxes.directory import InboxDirectory, slot_of
from madoguchi.inboxes.health import tell_troubles
from madoguchi.inboxes.renewal import ACCESS

log = structlog.get_logger()
Q = load_queries(__file__, "listeners.sql")

_LOOK_SECONDS = 2.0
_RECONNECT_SECONDS = 1.0
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 300.0
STOPPED = "fetching_stopped"
_TELL_AFTER = 3  # a server that restarts is no news


class _Watched(Struct):
    inbox: InboxConfig
    task: asyncio.Task[None]


class Listeners:
    """`stop()` ends all of them; what they found is stored before they go on, so nothing is in between."""

    def __init__(self, db: Database, directory: InboxDirectory, http: Http) -> None:
        self._db = db
        self._directory = directory
        self._http = http
        self._stopping = asyncio.Event()
        self._watched: dict[UUID, _Watched] = {}

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                connection = await dedicated(self._db.dsn)
                try:
                    await self._work(connection)
                finally:
                    await self._end(list(self._watched))
                    await connection.close()
            except (psycopg.OperationalError, OSError) as error:
                log.warning("the listeners lost the database, connecting again", error=type(error).__name__)
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _work(self, connection: Connection) -> None:
        slots = Slots(connection, LISTENER_LOCKS)
        await slots.join()
        while not self._stopping.is_set():
            await slots.balance({slot_of(inbox_id) for inbox_id in self._watched})
            wanted = await self._wanted(connection, slots.held)
            await self._end([id_ for id_, each in self._watched.items() if wanted.get(id_) != each.inbox])
            for inbox in wanted.values():
                if inbox.id not in self._watched:
                    self._watched[inbox.id] = _Watched(inbox, asyncio.create_task(self._watch_about(inbox)))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _LOOK_SECONDS)

    async def _wanted(self, connection: Connection, slots: set[int]) -> dict[UUID, InboxConfig]:
        fetching = [name for name, channel in registry.channels().items() if _may_listen(channel)]
        cursor = await connection.execute(Q.inboxes, {"slots": sorted(slots), "channels": fetching})
        found: dict[UUID, InboxConfig] = {}
        for row in await cursor.fetchall():
            inbox = await self._directory.by_id(row["workspace_id"], row["id"])
            if inbox is not None and registry.channel(inbox.channel).listens(inbox):
                found[inbox.id] = inbox
        return found

    async def _watch_about(self, inbox: InboxConfig) -> None:
        with about(workspace_id=inbox.workspace_id, inbox_id=inbox.id):
            await self._watch(inbox)

    async def _watch(self, inbox: InboxConfig) -> None:
        wait, failures, refused, token = _FIRST_WAIT, 0, "", ""
        while True:
            intake = StoredIntake(self._db, inbox)
            try:
                ready = await self._directory.renewed(inbox, self._http, refused=refused)
                token, refused = ready.credentials.get(ACCESS, ""), ""
                await registry.channel(inbox.channel).listen(ready, intake, self._http)
            except ListenFailure as failure:
                failures = 1 if intake.worked else failures + 1
                if token and failures == 1 and not failure.passing:
                    refused = token  # it may have ended before its time
                    continue
                await self._note(inbox, failure, tell=not failure.passing or failures >= _TELL_AFTER)
            except Refusal as refusal:
                await self._note(inbox, ListenFailure(refusal.failed.error), tell=True)
            except Exception as error:
                log.exception("fetching stopped, it begins again", error=type(error).__name__)
                failures = 1 if intake.worked else failures + 1
                stopped = ProviderError(STOPPED, "", "Fetching stopped", type(error).__name__)
                await self._note(inbox, ListenFailure(stopped), tell=failures >= _TELL_AFTER)
            wait = _FIRST_WAIT if intake.worked else min(wait * 2, _LONGEST_WAIT)
            await asyncio.sleep(wait)

    async def _note(self, inbox: InboxConfig, failure: ListenFailure, *, tell: bool) -> None:
        error = failure.error
        log.warning("an inbox cannot be fetched", reason=error.code)
        with suppress(psycopg.Error):
            trouble = Trouble(error.code, "trouble", error.detail) if tell else None
            await note_health(self._db, inbox, "attention", f"{error.code}: {error.detail}"[:300], trouble)

    async def _end(self, inbox_ids: Sequence[UUID]) -> None:
        ended = [self._watched.pop(inbox_id).task for inbox_id in inbox_ids]
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)


def _may_listen(channel: object) -> bool:
    from madoguchi.channels.base import Channel

    return type(channel).listen is not Channel.listen  # type: ignore[attr-defined]


class StoredIntake:
    """The ingest log and the cursor of one inbox."""

    def __init__(self, db: Database, inbox: InboxConfig) -> None:
        self._db = db
        self._inbox = inbox
        self.worked = False

    async def cursor(self) -> dict[str, Any]:
        async with self._db.workspace(self._inbox.workspace_id) as tx:
            found = await tx.execute(Q.cursor, self._key())
            row = await found.fetchone()
        return dict(row["cursor"]) if row else {}

    async def store(self, requests: Sequence[tuple[Mapping[str, str], bytes]], cursor: dict[str, Any]) -> None:
        rows = {
            "ids": [new_id() for _ in requests],
            "headers": [msgspec.json.encode(headers).decode() for headers, _ in requests],
            "bodies": [body for _, body in requests],
        }
        self.worked = self.worked or bool(requests)
        async with self._db.workspace(self._inbox.workspace_id) as tx:
            given = {**self._key(), **rows, "slot": slot_of(self._inbox.id), "now": clock.now()}
            await tx.execute(Q.append, given)
            await tx.execute(Q.keep_cursor, {**self._key(), "cursor": Jsonb(cursor), "now": clock.now()})

    async def works(self, but: ProviderError | None = None, *, over: Sequence[str] = ()) -> None:
        self.worked = True
        health, detail = ("attention", f"{but.code}: {but.detail}"[:300]) if but else ("ok", "")
        trouble = Trouble(but.code, "trouble", but.detail) if but else None
        over = (*registry.channel(self._inbox.channel).manifest.probed, *over)
        await note_health(self._db, self._inbox, health, detail, trouble, over=over)

    def _key(self) -> dict[str, Any]:
        return {"workspace_id": self._inbox.workspace_id, "inbox_id": self._inbox.id}


async def note_health(
    db: Database,
    inbox: InboxConfig,
    health: str,
    detail: str,
    trouble: Trouble | None = None,
    *,
    over: Sequence[str] = (),
) -> None:
    """On the inbox, and on the screens when it is news; `trouble` as a notice that says what to do, what is `over` as none."""
    values = {"workspace_id": inbox.workspace_id, "id": inbox.id, "health": health, "detail": detail}
    async with db.workspace(inbox.workspace_id) as tx:
        changed = await (await tx.execute(Q.note_health, {**values, "now": clock.now()})).fetchone()
        changes = [Change("inbox.updated", inbox.id)] if changed else []
        changes += await tell_troubles(tx, inbox, [trouble] if trouble else [], over=over)
        if changes:
            await record_events(tx, inbox.workspace_id, changes)
