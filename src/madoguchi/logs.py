"""One log for everything, to standard error: JSON for machines, or lines for a person at a terminal."""

import io
import logging
import sys
import traceback
from typing import TYPE_CHECKING, Literal

import structlog

from madoguchi.traces import trace_id

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

# Chatty libraries: their information is ours already, or holds addresses and keys that have no place in a log.
_QUIET = ("uvicorn.access", "aiohttp.access", "procrastinate", "alembic", "asyncio", "httpx")


def configure_logs(kind: Literal["json", "console"] | None = None) -> None:
    """Set up structlog and the standard library's logging alike. Without `kind`: lines on a terminal, else JSON."""
    console = (kind or ("console" if sys.stderr.isatty() else "json")) == "console"
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _short_exception,
    ]
    renderer = _console() if console else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_standard(shared, renderer)


def _console() -> "Processor":
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=32)


def _configure_standard(shared: "list[Processor]", renderer: "Processor") -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _trace(_logger: object, _method: str, event: "EventDict") -> "EventDict":
    found = trace_id()
    if found:
        event["trace_id"] = found
    return event


def _short_exception(_logger: object, _method: str, event: "EventDict") -> "EventDict":
    """Where it happened and the first line of what was said: further lines of a database error quote the row."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = _describe(error)
    return event


def _describe(error: BaseException) -> str:
    out = io.StringIO()
    for link in _chain(error):
        out.writelines(traceback.format_tb(link.__traceback__))
        said = str(link).partition("\n")[0][:300]
        out.write(f"{type(link).__module__}.{type(link).__qualname__}: {said}\n")
    return out.getvalue().rstrip()


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what led to it, the first cause first."""
    links = [error]
    while (cause := links[-1].__cause__ or (None if links[-1].__suppress_context__ else links[-1].__context__)) and (
        cause not in links
    ):
        links.append(cause)
    return links[::-1]
