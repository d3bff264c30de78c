"""OpenTelemetry traces of a message's way: received, processed, delivered. Off unless MADOGUCHI_TRACES_URL is set.

The rest of the product knows `span`, `begin` and `parent` only, and while traces are off both cost next to nothing; the libraries
are an extra (`pip install madoguchi[traces]`) and are not even imported then. Spans carry ids, never texts or tokens.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self
from urllib.parse import urlsplit

from madoguchi.core.errors import StartError

if TYPE_CHECKING:
    from types import TracebackType

PARENT = "madoguchi-traceparent"
"""The header with which a stored webhook remembers the span that received it."""

_PATH = "/v1/traces"
_PREFIX = "madoguchi."

Kind = Literal["server", "client", "consumer"]


class Span(Protocol):
    def set(self, **attributes: object) -> None: ...


class _Nothing:
    """What `span` gives while traces are off: one object for all."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def set(self, **attributes: object) -> None:
        pass


_nothing = _Nothing()
_started: "_Started | None" = None


def span(
    name: str, kind: Kind, *, links: Iterable[str | None] = (), **attributes: object
) -> AbstractContextManager[Span]:
    """`links` are `parent()`s of spans that led here; they are looked at only while traces are on."""
    return _nothing if _started is None else _started.span(name, kind, links, attributes)


def begin(name: str, kind: Kind, **attributes: object) -> "Begun | None":
    """A span that ends elsewhere; None while traces are off."""
    return None if _started is None else _started.begin(name, kind, attributes)


def parent() -> str | None:
    """The span we are in, to be stored and linked to; None while traces are off."""
    return None if _started is None else _started.parent()


def trace_id() -> str | None:
    """For a log line, so that it is found from the trace."""
    header = parent()
    return header.split("-")[1] if header else None


def check_traces(url: str | None) -> None:
    """Raises StartError when traces are wanted and the libraries for them are not installed."""
    if url and find_spec("opentelemetry") is None:
        raise StartError(
            "MADOGUCHI_TRACES_URL is set, but OpenTelemetry is not installed: pip install madoguchi[traces]"
        )


def start_traces(url: str | None, place: str) -> None:
    """Once in a process, after it was forked. `place` names it among the installation's: `web-1`, `worker-inbound`."""
    global _started  # noqa: PLW0603 - a process has one, as it has one log
    check_traces(url)
    _started = _Started(url, place) if url else None


def end_traces() -> None:
    """Hands over what is still here."""
    global _started  # noqa: PLW0603
    if _started is not None:
        _started.provider.shutdown()
    _started = None


class _Started:
    def __init__(self, url: str, place: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        resource = Resource.create({"service.name": "madoguchi", "service.instance.id": place})
        endpoint = url if urlsplit(url).path.strip("/") else url.rstrip("/") + _PATH
        self.provider = TracerProvider(resource=resource)
        self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        self._tracer = self.provider.get_tracer("madoguchi")

    def span(
        self, name: str, kind: Kind, links: Iterable[str | None], attributes: Mapping[str, object]
    ) -> AbstractContextManager[Span]:
        from opentelemetry.trace import SpanKind

        return _Open(
            self._tracer.start_as_current_span(
                name,
                kind=SpanKind[kind.upper()],
                links=_links(links),
                attributes=_named(attributes),
                # An error's text may quote what somebody wrote; the kind of error is said instead.
                record_exception=False,
                set_status_on_exception=False,
            )
        )

    def begin(self, name: str, kind: Kind, attributes: Mapping[str, object]) -> "Begun":
        from opentelemetry.trace import SpanKind

        return Begun(self._tracer.start_span(name, kind=SpanKind[kind.upper()], attributes=_named(attributes)))

    def parent(self) -> str | None:
        return _header(None)


class Begun:
    """A span that is ended by whoever finishes the work."""

    def __init__(self, span: Any) -> None:
        from opentelemetry.trace import set_span_in_context

        self._span = span
        self.parent = _header(set_span_in_context(span))

    def end(self, **attributes: object) -> None:
        self._span.set_attributes(_named(attributes))
        self._span.end()


def _header(context: Any) -> str | None:
    """Of the span in the context, else of the one we are in."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier, context)
    return carrier.get("traceparent")


class _Open:
    """A span as a block that says which kind of error ended it."""

    def __init__(self, opening: Any) -> None:
        self._opening = opening
        self._span: Any = None

    def __enter__(self) -> Self:
        self._span = self._opening.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: "TracebackType | None"
    ) -> None:
        if kind is not None:
            from opentelemetry.trace import StatusCode

            self._span.set_status(StatusCode.ERROR, kind.__name__)
        self._opening.__exit__(kind, error, where)

    def set(self, **attributes: object) -> None:
        self._span.set_attributes(_named(attributes))


def _links(headers: Iterable[str | None]) -> list[Any]:
    from opentelemetry.trace import Link, get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    read = TraceContextTextMapPropagator().extract
    found = [get_current_span(read({"traceparent": each})).get_span_context() for each in headers if each]
    return [Link(context) for context in found if context.is_valid]


def _named(attributes: Mapping[str, object]) -> dict[str, Any]:
    kept = {name: value for name, value in attributes.items() if value is not None}
    return {_PREFIX + name: v if isinstance(v, (int, float, bool)) else str(v) for name, v in kept.items()}
