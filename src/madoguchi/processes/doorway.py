"""The HTTP protocol of a web process: webhooks go from the parser straight into the group commit.

The product's hottest path has one reader, one writer and nothing in between; a task, its events and a dictionary per message
cost as much as all the rest of it together (docs/adr/0019). Whatever is not a plain webhook of an inbox that is known already
takes the ordinary way.
"""

from typing import Any, Final

import structlog
from httptools import HttpRequestParser
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from madoguchi.channels.base import InboxConfig, RawRequest
from madoguchi.inbound.receive import PREFIX, Receiver, answer_headers

log = structlog.get_logger()

_PREFIX: Final = PREFIX.encode()
# The usual webhook is a few KB. What is larger is read piece by piece, with the pauses of the ordinary way.
_MOST_BYTES: Final = 64 * 1024


class Doorway(HttpToolsProtocol):
    """uvicorn's protocol, with a short way in for webhooks. Its callbacks come from the parser, in this order."""

    cycle: Any  # uvicorn's, or a `_Delivery`: what of one request is under way

    def __init__(self, receiver: Receiver, **given: Any) -> None:
        super().__init__(**given)
        self._receiver = receiver

    def on_headers_complete(self) -> None:
        inbox = self._plain_webhook()
        if inbox is None:
            super().on_headers_complete()
        else:
            self.cycle = _Delivery(self, inbox, keep_alive=self.parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        if isinstance(self.cycle, _Delivery):
            self.cycle.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if isinstance(self.cycle, _Delivery):
            self.cycle.complete()
        else:
            super().on_message_complete()

    def accept(self, inbox: InboxConfig, body: bytes, delivery: "_Delivery") -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
        try:
            self._receiver.take(inbox, RawRequest("POST", {}, headers, body), delivery.answer)
        except Exception as error:
            log.exception("a webhook could not be looked at", error=type(error).__name__)
            delivery.answer(500, b"Internal Server Error")

    def _plain_webhook(self) -> InboxConfig | None:
        """The inbox it is for, where nothing stands against the short way."""
        busy = self.cycle is not None and not self.cycle.response_complete
        if not self.url.startswith(_PREFIX) or busy or self.expect_100_continue or not _plain(self.parser):
            return None
        length = next((value for name, value in self.headers if name == b"content-length"), b"")
        if not length.isdigit() or int(length) > _MOST_BYTES:
            return None
        return self._receiver.known(self.url.removeprefix(_PREFIX).decode("latin-1"))


def _plain(parser: HttpRequestParser) -> bool:
    return bool(parser.get_method() == b"POST" and parser.get_http_version() == "1.1" and not parser.should_upgrade())


class _Nobody:
    """Where uvicorn's cycle has its event: nobody waits."""

    def set(self) -> None:
        pass


class _Delivery:
    """One webhook between its headers and its answer; stands where uvicorn's cycle does, with the names it looks at."""

    __slots__ = ("_inbox", "_protocol", "body", "disconnected", "keep_alive", "response_complete")
    message_event = _Nobody()

    def __init__(self, protocol: Doorway, inbox: InboxConfig, *, keep_alive: bool) -> None:
        self._protocol = protocol
        self._inbox = inbox
        self.body = b""
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False

    def complete(self) -> None:
        self._protocol.accept(self._inbox, self.body, self)

    def answer(self, status: int, body: bytes) -> None:
        """In one write. It may come when the other side has gone: the webhook is stored all the same."""
        self.response_complete = True
        protocol = self._protocol
        if not self.disconnected:
            headers = [*protocol.server_state.default_headers, *answer_headers(status, body)]
            if not self.keep_alive:
                headers.append((b"connection", b"close"))
            lines = b"".join([b"%s: %s\r\n" % each for each in headers])
            protocol.transport.write(STATUS_LINE[status] + lines + b"\r\n" + body)
            if not self.keep_alive:
                protocol.transport.close()
        protocol.on_response_complete()
