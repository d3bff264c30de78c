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


class MailDoor(NamedTuple):
    """Where mail servers hand over: `smtp://` or `lmtp://`, and a file with certificate and key for STARTTLS."""

    url: str
    tls: str | None = None


DEFAULT_RETENTION = Retention()


class Context(msgspec.Struct, frozen=True):
    db: Database
    http: Http
    secrets: SecretBox
    storage: Storage
    public_url: str
    retention: Retention = DEFAULT_RETENTION
    simulator_url: str = ""
    """Where simulators run beside the product, to try it with; else empty."""
    mail_door: MailDoor | None = None


@asynccontextmanager
async def open_context(
    *,
    dsn: str,
    secret_key: str,
    media_url: str,
    public_url: str,
    retention: Retention = DEFAULT_RETENTION,
    simulator_url: str = "",
    mail_door: MailDoor | None = None,
) -> AsyncIterator[Context]:
    """`media_url` is `file:///…` or `s3://bucket/prefix`."""
    async with Database(dsn) as db, Http() as http:
        box, storage = SecretBox(secret_key), open_storage(media_url)
        yield Context(db, http, box, storage, public_url.rstrip("/"), retention, simulator_url, mail_door)
