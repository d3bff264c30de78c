"""What every part of a running process shares. Built once per process, closed once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple

import msgspec

from madoguchi.channels.http import Http
from madoguchi.core.secrets import SecretBox
from madoguchi.db.pool import Database
from madoguchi.media.storage import Storage, open_storage


class Retention(NamedTuple):
    """How long what grows with every message is kept; at most a week (statuses: a month) longer."""

    webhooks: timedelta = timedelta(days=30)
    events: timedelta = timedelta(days=30)
    statuses: timedelta = timedelta(days=400)


DEFAULT_RETENTION = Retention()


class Context(msgspec.Struct, frozen=True):
    db: Database
    http: Http
    secrets: SecretBox
    storage: Storage
    public_url: str
    retention: Retention = DEFAULT_RETENTION


@asynccontextmanager
async def open_context(
    *,
    dsn: str,
    secret_key: str,
    media_url: str,
    public_url: str,
    retention: Retention = DEFAULT_RETENTION,
    pool_size: int = 8,
) -> AsyncIterator[Context]:
    """`media_url` is `file:///…` or `s3://bucket/prefix`."""
    async with Database(dsn, size=pool_size) as db, Http() as http:
        yield Context(db, http, SecretBox(secret_key), open_storage(media_url), public_url.rstrip("/"), retention)
