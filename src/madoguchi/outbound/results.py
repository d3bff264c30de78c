"""What came of the sends, written down in batches."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import psycopg
import structlog
from msgspec import Struct

from madoguchi.channels.base import Accepted, Failed, SendResult, Uncertain
from madoguchi.channels.events import ProviderError
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.inboxes.hold import Reason, do_hold
from madoguchi.outbound.parts import Sent, add_parts
from madoguchi.outbound.slowed import SLOW, do_quicken, do_slow

log = structlog.get_logger()
Q = load_queries(__file__)

MOST_ATTEMPTS = 6
_LONGEST_WAIT = 3600.0
# Refused with credentials that were changed meanwhile, it is tried again soon, but not at once.
_HELD_STEP = timedelta(milliseconds=500)
_SLOW_STEP = timedelta(minutes=1)
_DEADLOCK_TRIES = 5  # receipts and outcomes touch the same rows, and the victim may be ours
# Operational by their class, but it is the values that the database refuses.
_REFUSALS = (psycopg.errors.ProgramLimitExceeded, psycopg.errors.QueryCanceled)


class Postponed(Struct, frozen=True):
    """Not tried, or to be tried again: `until` is when, `counted` whether it was an attempt, `reason` a code of ours,
    `begun` what the channel wants to know then."""

    until: datetime
    counted: bool
    reason: str = ""
    begun: dict[str, Any] = {}


class Asked(Struct, frozen=True):
    """Scheduled, due and not allowed: its writer is asked. `allowed` as `schedule.needs.allowed` in the API."""

    code: str
    title: str
    detail: str
    allowed: list[str]


class Outcome(Struct, frozen=True):
    """The end, or the present end, of one message's way out. `scheduled`: it had waited for its time."""

    workspace_id: UUID
    message_id: UUID
    inbox_id: UUID
    attempts: int
    result: SendResult | Postponed | Asked
    scheduled: bool = False


async def record_outcomes(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """One transaction for all of them: messages, queue, what was learnt, events. An outcome that the database refuses
    (a provider's id that is none, say) is found by halves and written down as far as it can be."""
    await _record_or_split(connection, [_settle(outcome) for outcome in outcomes])


async def _record_or_split(connection: Connection, settled: Sequence[Outcome]) -> None:
    try:
        await _record_with_retry(connection, settled)
    except (psycopg.Error, UnicodeError) as error:
        if isinstance(error, psycopg.OperationalError) and not isinstance(error, _REFUSALS):
            raise  # the connection or the server
        if len(settled) > 1:
            middle = len(settled) // 2
            await _record_or_split(connection, settled[:middle])
            await _record_or_split(connection, settled[middle:])
            return
        if isinstance(error, psycopg.errors.UniqueViolation) and await _forget_echo(connection, settled[0]):
            await _record_with_retry(connection, settled)
            return
        log.warning("an outcome could not be written as it came", error=type(error).__name__)
        await _record_with_retry(connection, [_plain(settled[0])])


async def _forget_echo(connection: Connection, outcome: Outcome) -> bool:
    """Whether the provider's id belonged to an echo of this very message, which now goes: the message itself is here."""
    if not isinstance(outcome.result, Accepted):
        return False
    async with connection.transaction():
        cursor = await connection.execute(
            Q.forget_echo,
            {
                "workspace_id": outcome.workspace_id,
                "inbox_id": outcome.inbox_id,
                "provider_id": outcome.result.provider_id,
                "id": outcome.message_id,
            },
        )
        return await cursor.fetchone() is not None


async def _record_with_retry(connection: Connection, settled: Sequence[Outcome]) -> None:
    for attempt in range(_DEADLOCK_TRIES):
        try:
            return await _record_once(connection, settled)
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
            if attempt == _DEADLOCK_TRIES - 1:
                raise
    return None


def _plain(outcome: Outcome) -> Outcome:
    """Without what the provider said: its words or its ids are what cannot be kept."""
    if isinstance(outcome.result, Failed):
        error = ProviderError("provider_error", "", "Not sent", "The provider's answer cannot be shown.")
        return msgspec.structs.replace(outcome, result=Failed("stop", error))
    return msgspec.structs.replace(outcome, result=Uncertain("The provider's answer cannot be kept."))


async def _record_once(connection: Connection, settled: Sequence[Outcome]) -> None:
    async with connection.transaction():
        await _record_accepted(connection, settled)
        await _record_failed(connection, settled)
        await _record(connection, Q.record_uncertain, settled, Uncertain)
        await add_parts(connection, [_in_parts(o, o.result.parts) for o in settled if isinstance(o.result, Uncertain)])
        await _record_postponed(connection, settled)
        await _forget_uploads(connection, settled)
        further = [
            *await _close_windows(connection, settled),
            *await _hold_inboxes(connection, settled),
            *await _tell_slowed(connection, settled),
            *await _withdraw(connection, settled),
            *await _answer(connection, settled),
            *await _ask(connection, settled),
        ]
        await _write_events(connection, settled, further)


def _settle(outcome: Outcome) -> Outcome:
    """A failure that may pass becomes a later try, as long as there are tries left."""
    result = outcome.result
    if not isinstance(result, Failed):
        return outcome
    if result.kind == "channel_down":  # the queue holds until the inbox is repaired
        held = _Held(clock.now() + _HELD_STEP, counted=False, error=result.error, begun=result.begun)
        return msgspec.structs.replace(outcome, result=held)
    if result.error.code == SLOW and result.kind == "retry_after" and outcome.attempts >= MOST_ATTEMPTS:
        # More than it takes at once is no fault of the message: it waits as long as it lasts, and the inbox says so.
        slowed = _Slowed(clock.now() + _SLOW_STEP, counted=False, error=result.error, begun=result.begun)
        return msgspec.structs.replace(outcome, result=slowed)
    if result.kind not in {"retry", "retry_after"} or outcome.attempts >= MOST_ATTEMPTS:
        return outcome
    step = (result.retry_in or 1.0) * 4 ** (outcome.attempts - 1)
    wait = min(step if result.kind == "retry_after" else 2.0**outcome.attempts, _LONGEST_WAIT)
    until = clock.now() + timedelta(seconds=wait)
    later = Postponed(until, counted=True, reason=result.error.code, begun=result.begun)
    return msgspec.structs.replace(outcome, result=later)


class _Held(Postponed, frozen=True, kw_only=True):
    error: ProviderError


class _Slowed(Postponed, frozen=True, kw_only=True):
    error: ProviderError


async def _record_accepted(tx: Connection, outcomes: Sequence[Outcome]) -> None:
    accepted = [(o, o.result) for o in outcomes if isinstance(o.result, Accepted)]
    if not accepted:
        return
    await tx.execute(
        Q.record_accepted,
        {
            **_ids([o for o, _ in accepted]),
            "provider_ids": [r.provider_id for _, r in accepted],
            "held": [r.held for _, r in accepted],
            "shown": [_json(r.data.get("shown")) for _, r in accepted],
            "now": clock.now(),
        },
    )
    await _learn_identities(tx, accepted)
    await add_parts(tx, [_in_parts(o, r.data["parts"]) for o, r in accepted if len(r.data.get("parts", ())) > 1])
    for outcome, result in accepted:
        uploads: dict[str, str] = result.data.get("media", {})
        if uploads:
            parameters = {
                "workspace_id": outcome.workspace_id,
                "inbox_id": str(outcome.inbox_id),
                "ids": [UUID(media_id) for media_id in uploads],
                "provider_ids": list(uploads.values()),
            }
            await tx.execute(Q.keep_provider_media, parameters)


def _json(value: dict[str, Any] | None) -> str | None:
    return msgspec.json.encode(value).decode() if value else None


def _in_parts(outcome: Outcome, parts: Sequence[str]) -> Sent:
    return Sent(outcome.workspace_id, outcome.message_id, outcome.inbox_id, parts)


async def _learn_identities(tx: Connection, accepted: Sequence[tuple[Outcome, Accepted]]) -> None:
    learnt = [(o, identity) for o, result in accepted for identity in result.identities]
    if learnt:
        await tx.execute(
            Q.learn_identities,
            {
                "workspaces": [o.workspace_id for o, _ in learnt],
                "messages": [o.message_id for o, _ in learnt],
                "identity_ids": [new_id() for _ in learnt],
                "kinds": [identity.kind for _, identity in learnt],
                "values": [identity.value for _, identity in learnt],
                "now": clock.now(),
            },
        )


async def _record_failed(tx: Connection, outcomes: Sequence[Outcome]) -> None:
    failed = [(o, o.result) for o in outcomes if isinstance(o.result, Failed)]
    if failed:
        errors = [msgspec.json.encode(result.error).decode() for _, result in failed]
        await tx.execute(Q.record_failed, {**_ids([o for o, _ in failed]), "errors": errors, "now": clock.now()})


async def _record_postponed(tx: Connection, outcomes: Sequence[Outcome]) -> None:
    postponed = [(o, o.result) for o in outcomes if isinstance(o.result, Postponed)]
    if postponed:
        parameters = {
            **_ids([o for o, _ in postponed]),
            "due": [result.until for _, result in postponed],
            "counted": [result.counted for _, result in postponed],
            "begun": [_json(result.begun) for _, result in postponed],
        }
        await tx.execute(Q.record_postponed, parameters)


async def _forget_uploads(tx: Connection, outcomes: Sequence[Outcome]) -> None:
    """The provider no longer has a file we uploaded before: the next try uploads it again."""
    stale = [o for o in outcomes if isinstance(o.result, Postponed) and o.result.reason == "media_expired"]
    if stale:
        await tx.execute(Q.forget_uploads, _ids(stale))


async def _record(tx: Connection, query: LiteralString, outcomes: Sequence[Outcome], kind: type[Any]) -> None:
    chosen = [o for o in outcomes if isinstance(o.result, kind)]
    if chosen:
        await tx.execute(query, _ids(chosen))


async def _close_windows(tx: Connection, outcomes: Sequence[Outcome]) -> list[tuple[UUID, Change]]:
    closed = [o for o in outcomes if isinstance(o.result, Failed) and o.result.kind == "window_closed"]
    if not closed:
        return []
    cursor = await tx.execute(Q.close_window, {**_ids(closed), "now": clock.now()})
    return [(row["workspace_id"], Change("conversation.updated", row["id"])) for row in await cursor.fetchall()]


async def _withdraw(tx: Connection, outcomes: Sequence[Outcome]) -> list[tuple[UUID, Change]]:
    """The provider knows that the recipient asked for no more messages: the ledger learns it."""
    told = [
        o
        for o in outcomes
        if isinstance(o.result, Failed) and o.result.error.code == "opted_out" and o.result.error.provider_code
    ]
    if not told:
        return []
    values = {**_ids(told), "consent_ids": [new_id() for _ in told], "now": clock.now()}
    cursor = await tx.execute(Q.withdraw, values)
    return [(row["workspace_id"], Change("contact.updated", row["contact_id"])) for row in await cursor.fetchall()]


async def _answer(tx: Connection, outcomes: Sequence[Outcome]) -> list[tuple[UUID, Change]]:
    left = [o for o in outcomes if o.scheduled and isinstance(o.result, Accepted)]
    if not left:
        return []
    rows = await (await tx.execute(Q.answered, {**_ids(left), "now": clock.now()})).fetchall()
    return [(row["workspace_id"], Change("conversation.updated", row["id"])) for row in rows]


async def _ask(tx: Connection, outcomes: Sequence[Outcome]) -> list[tuple[UUID, Change]]:
    asked = [(o, o.result) for o in outcomes if isinstance(o.result, Asked)]
    if not asked:
        return []
    values = {
        **_ids([o for o, _ in asked]),
        "asks": [msgspec.json.encode(result).decode() for _, result in asked],
        "lines": [new_id() for _ in asked],
        "now": clock.now(),
    }
    changes: list[tuple[UUID, Change]] = []
    for row in await (await tx.execute(Q.record_asked, values)).fetchall():
        changes.append((row["workspace_id"], Change("message.created", row["line"])))
        changes.append((row["workspace_id"], Change("conversation.updated", row["conversation_id"])))
    return changes


async def _hold_inboxes(tx: Connection, outcomes: Sequence[Outcome]) -> list[tuple[UUID, Change]]:
    changes: list[tuple[UUID, Change]] = []
    held = {(o.workspace_id, o.inbox_id): o.result for o in outcomes if isinstance(o.result, _Held)}
    for (workspace_id, inbox_id), result in held.items():
        error = result.error
        detail = f"{error.detail} ({error.provider_code})".strip() if error.provider_code else error.detail
        told = await do_hold(tx, workspace_id, inbox_id, Reason(error.code, error.title, detail))
        changes += [(workspace_id, change) for change in told]
    return changes


async def _tell_slowed(tx: Connection, outcomes: Sequence[Outcome]) -> list[tuple[UUID, Change]]:
    slow = {(o.workspace_id, o.inbox_id): o.result.error for o in outcomes if isinstance(o.result, _Slowed)}
    # What had to wait and has left now says that it is over.
    left = {(o.workspace_id, o.inbox_id) for o in outcomes if isinstance(o.result, Accepted) and o.attempts > 1}
    changes = [(place[0], change) for place, error in slow.items() for change in await do_slow(tx, *place, error)]
    for place in sorted(left - slow.keys()):
        changes += [(place[0], change) for change in await do_quicken(tx, *place)]
    return changes


async def _write_events(tx: Connection, outcomes: Sequence[Outcome], further: Sequence[tuple[UUID, Change]]) -> None:
    changes: dict[UUID, list[Change]] = {}
    for outcome in outcomes:
        if not isinstance(outcome.result, Postponed):
            changes.setdefault(outcome.workspace_id, []).append(Change("message.updated", outcome.message_id))
    for workspace_id, change in further:
        changes.setdefault(workspace_id, []).append(change)
    for workspace_id in sorted(changes):
        await record_events(tx, workspace_id, changes[workspace_id])


def _ids(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {"workspaces": [o.workspace_id for o in outcomes], "ids": [o.message_id for o in outcomes]}
