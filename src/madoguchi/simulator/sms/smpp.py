"""SMPP 3.4 as a message centre reads and writes it. Written from the specification, apart from the product's own."""

import struct
from dataclasses import dataclass, field

Octets = bytes | bytearray
HEAD = 16
BINDS = {1: "receiver", 2: "transmitter", 9: "transceiver"}


@dataclass(slots=True)
class Submit:
    source: str
    destination: str
    esm_class: int
    registered: int
    coding: int
    content: bytes
    fields: dict[int, bytes] = field(default_factory=dict)


def frame(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    return struct.pack("!4I", HEAD + len(body), command, status, sequence) + body


def strings(body: bytes, count: int) -> list[str]:
    return [each.decode("latin-1") for each in body.split(b"\0", count)[:count]]


def read_submit(body: bytes) -> Submit:
    """Raises ValueError and IndexError on what is cut short."""
    at = body.index(0) + 1
    source, at = _address(body, at)
    destination, at = _address(body, at)
    esm_class, at = body[at], at + 3
    at = body.index(0, at) + 1
    at = body.index(0, at) + 1
    registered, coding, length = body[at], body[at + 2], body[at + 4]
    content, at = body[at + 5 : at + 5 + length], at + 5 + length
    fields: dict[int, bytes] = {}
    while at + 4 <= len(body):
        tag, size = struct.unpack_from("!HH", body, at)
        fields[tag] = body[at + 4 : at + 4 + size]
        at += 4 + size
    return Submit(source, destination, esm_class, registered, coding, content or fields.get(0x0424, b""), fields)


def _address(body: bytes, at: int) -> tuple[str, int]:
    end = body.index(0, at + 2)
    return body[at + 2 : end].decode("latin-1"), end + 1


def deliver_body(
    source: str,
    destination: str,
    content: bytes,
    *,
    esm_class: int = 0,
    coding: int = 0,
    fields: dict[int, bytes] | None = None,
) -> bytes:
    head = b"\0" + _named(source) + _named(destination) + bytes((esm_class, 0, 0, 0, 0, 0, 0, coding, 0, len(content)))
    return head + content + b"".join(struct.pack("!HH", tag, len(v)) + v for tag, v in (fields or {}).items())


def _named(address: str) -> bytes:
    digits = address.lstrip("+")
    kind = (1, 1) if digits.isdecimal() and len(digits) > 6 else (3, 0) if digits.isdecimal() else (5, 0)
    return bytes(kind) + (digits if digits.isdecimal() else address).encode("latin-1", "replace") + b"\0"
