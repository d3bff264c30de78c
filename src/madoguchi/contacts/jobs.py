"""Files of a forgotten person: deleted after the commit that forgot them."""

import asyncio

from procrastinate import JobContext, RetryStrategy

from madoguchi.db.pool import Connection
from madoguchi.jobs import MEDIA, app, context_of, defer_many

_FILES_PER_JOB = 200


@app.task(
    name="contacts.delete_files",
    queue=MEDIA,
    pass_context=True,
    retry=RetryStrategy(max_attempts=10, exponential_wait=4),
)
async def delete_files(job: JobContext, *, keys: list[str]) -> None:
    """May run twice: a file that is gone already is no fault."""
    storage = context_of(job).storage
    await asyncio.gather(*(storage.delete(key) for key in keys))


async def defer_delete_files(tx: Connection, keys: list[str]) -> None:
    pieces = [keys[start : start + _FILES_PER_JOB] for start in range(0, len(keys), _FILES_PER_JOB)]
    await defer_many(tx, delete_files, [{"keys": piece} for piece in pieces])
