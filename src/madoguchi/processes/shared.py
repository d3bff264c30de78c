"""What the long-lived processes have in common: their settings made into a context."""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

from madoguchi.context import Context, MailDoor, Retention, open_context
from madoguchi.logs import configure_logs
from madoguchi.processes.orphans import CHILD
from madoguchi.settings import Settings, load_settings, secret_key_of
from madoguchi.traces import end_traces, start_traces


@asynccontextmanager
async def context_of_environment() -> AsyncIterator[Context]:
    """The supervisor put everything into the environment. Raises StartError."""
    settings = load_settings()
    configure_logs(settings.log)
    start_traces(settings.traces_url, os.environ.get(CHILD, "madoguchi"))
    try:
        async with _context_of(settings) as context:
            yield context
    finally:
        end_traces()


def _context_of(settings: Settings) -> AbstractAsyncContextManager[Context]:
    return open_context(
        dsn=settings.database_url or "",
        secret_key=secret_key_of(settings),
        media_url=settings.media_url,
        public_url=settings.public_url or "",
        simulator_url=settings.simulator_url or "",
        retention=Retention(
            timedelta(days=settings.keep_webhooks_days),
            timedelta(days=settings.keep_events_days),
            timedelta(days=settings.keep_statuses_days),
        ),
        mail_door=MailDoor(settings.mail_listen, settings.mail_tls) if settings.mail_listen else None,
    )
