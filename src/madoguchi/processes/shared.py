"""What the long-lived processes have in common: their settings made into a context."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from madoguchi.context import Context, Retention, open_context
from madoguchi.logs import configure_logs
from madoguchi.settings import load_settings, secret_key_of


def context_of_environment() -> AbstractAsyncContextManager[Context]:
    """The supervisor put everything into the environment. Raises StartError."""
    settings = load_settings()
    configure_logs(settings.log)
    return open_context(
        dsn=settings.database_url or "",
        secret_key=secret_key_of(settings),
        media_url=settings.media_url,
        public_url=settings.public_url or "",
        retention=Retention(
            timedelta(days=settings.keep_webhooks_days),
            timedelta(days=settings.keep_events_days),
            timedelta(days=settings.keep_statuses_days),
        ),
    )
