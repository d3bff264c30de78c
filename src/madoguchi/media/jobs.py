"""Fetches a customer's file from the provider and keeps it."""

from datetime import timedelta
from uuid import UUID

import structlog
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job
from psycopg.rows import DictRow

from madoguchi.channels import registry
from madoguchi.channels.base import FetchedMedia, MediaGone, RawRequest
from madoguchi.channels.http import HttpFailure
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.errors import NotFound, TooLarge
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.inboxes.config import load_config
from madoguchi.jobs import HOUSEKEEPING, MEDIA, app, context_of
from madoguchi.media.intake import Taken, take
from madoguchi.media.sniff import content_type_of

log = structlog.get_logger()
Q = load_queries(__file__)

# Seconds before each further attempt: a provider's bad minute, its bad hour, its bad night.
_WAITS = (2, 10, 60, 300, 1800, 7200, 21600)
UNUSED = timedelta(days=1)


class NotYet(Exception):  # noqa: N818
    """The file could not be had now; the job comes again."""


class _Patience(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        del exception  # a full disk, a lost database: whatever it was, the customer's file is still worth having
        if job.attempts < len(_WAITS):
            return RetryDecision(retry_in={"seconds": _WAITS[job.attempts]})
        return None


@app.task(name="media.fetch", queue=MEDIA, pass_context=True, retry=_Patience())
async def fetch(job: JobContext, workspace_id: str, media_id: str) -> None:
    attempts = job.job.attempts if job.job else 0
    await do_fetch(context_of(job), UUID(workspace_id), UUID(media_id), last=attempts >= len(_WAITS))


async def do_fetch(context: Context, workspace_id: UUID, media_id: UUID, *, last: bool = False) -> None:
    """Raises NotYet when it is worth another attempt; with `last` the file is marked as failed instead."""
    values = {"workspace_id": workspace_id, "id": media_id}
    async with context.db.workspace(workspace_id) as tx:
        row = await (await tx.execute(Q.by_id, values)).fetchone()
    if row is None or row["state"] != "pending":
        return
    try:
        taken = await _take(context, row)
    except MediaGone:
        await _give_up(context, row, "expired", "gone")
    except TooLarge:
        await _give_up(context, row, "failed", "too_large")
    except NotFound:
        await _give_up(context, row, "failed", "no_inbox")
    except (HttpFailure, NotYet) as failure:
        await _later(context, row, failure, last=last)
    except Exception as failure:
        log.exception("a customer's file could not be kept", media_id=str(media_id))
        await _later(context, row, failure, last=last)
    else:
        await _stored(context, row, taken)


async def _take(context: Context, row: DictRow) -> Taken:
    workspace_id, key = row["workspace_id"], _key(row)
    async with context.db.workspace(workspace_id) as tx:
        inbox = await load_config(tx, context.secrets, workspace_id, row["inbox_id"])
        request = await _request_of(tx, row)
    channel = registry.channel(inbox.channel)
    if request is not None:
        fetched = await channel.read_media(row["reference"], request)
    else:
        fetched = await channel.fetch_media(row["reference"], inbox, context.http)
    said = fetched.content_type or row["content_type"]
    taken = await take(context.storage, key, fetched.chunks, lambda head: content_type_of(head, said))
    if not _whole(taken, row, fetched):
        await context.storage.delete(key)
        raise NotYet("the file is not what the provider announced")
    return taken


async def _request_of(tx: Connection, row: DictRow) -> RawRequest | None:
    """The webhook that the file came in, where the channel's files come that way; raises MediaGone when it is dropped."""
    ingest_id = row["reference"].get("ingest_id")
    if ingest_id is None:
        return None
    values = {"workspace_id": row["workspace_id"], "id": UUID(ingest_id)}
    found = await (await tx.execute(Q.request, values)).fetchone()
    if found is None:
        raise MediaGone
    return RawRequest("POST", {}, found["headers"], found["body"])


def _whole(taken: Taken, row: DictRow, fetched: FetchedMedia) -> bool:
    if row["sha256"]:
        return bool(taken.sha256 == row["sha256"].lower())
    return fetched.size is None or taken.size == fetched.size


async def _later(context: Context, row: DictRow, failure: Exception, *, last: bool) -> None:
    if last:
        await _give_up(context, row, "failed", "unreachable" if isinstance(failure, HttpFailure) else "broken")
        return
    values = {
        "workspace_id": row["workspace_id"],
        "id": row["id"],
        "detail": (str(failure) or type(failure).__name__)[:200],
    }
    async with context.db.workspace(row["workspace_id"]) as tx:
        await tx.execute(Q.note, values)
    raise NotYet(type(failure).__name__) from failure


async def _stored(context: Context, row: DictRow, taken: Taken) -> None:
    async with context.db.workspace(row["workspace_id"]) as tx:
        values = {
            "workspace_id": row["workspace_id"],
            "id": row["id"],
            "content_type": taken.content_type,
            "size": taken.size,
            "sha256": taken.sha256,
            "width": taken.width,
            "height": taken.height,
            "storage_key": _key(row),
        }
        stored = await (await tx.execute(Q.store, values)).fetchone()
        if stored:
            await record_events(tx, row["workspace_id"], [Change("message.updated", row["message_id"])])
        gone = not stored and await (await tx.execute(Q.by_id, values)).fetchone() is None
    if gone:  # its message was deleted while it was fetched
        await context.storage.delete(_key(row))


@app.periodic(cron="29 * * * *", periodic_id="media")
@app.task(name="media.clean", queue=HOUSEKEEPING, queueing_lock="media.clean", pass_context=True)
async def clean(job: JobContext, timestamp: int) -> None:  # noqa: ARG001 - periodic tasks are given it
    await do_clean(context_of(job))


async def do_clean(context: Context) -> int:
    """Uploads that went with no message for a day. Returns how many."""
    async with context.db.system() as tx:
        rows = await (await tx.execute(Q.delete_unused, {"before": clock.now() - UNUSED})).fetchall()
    # The rows first: a file without a row is waste, a row without a file is a broken picture.
    for row in rows:
        await context.storage.delete(row["storage_key"])
    if rows:
        log.info("uploads that nobody used were deleted", files=len(rows))
    return len(rows)


async def _give_up(context: Context, row: DictRow, state: str, detail: str) -> None:
    log.warning("a customer's file could not be fetched", media_id=str(row["id"]), state=state, reason=detail)
    values = {"workspace_id": row["workspace_id"], "id": row["id"], "state": state, "detail": detail}
    async with context.db.workspace(row["workspace_id"]) as tx:
        if await (await tx.execute(Q.give_up, values)).fetchone():
            await record_events(tx, row["workspace_id"], [Change("message.updated", row["message_id"])])


def _key(row: DictRow) -> str:
    return f"{row['workspace_id']}/{row['id']}"
