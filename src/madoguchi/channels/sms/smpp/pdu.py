"""SMPP 3.4 on the wire: pure, from bytes to values and back. Raises Malformed on what is cut short or too long."""

import struct
from typing import Final

from msgspec import Struct, field

BIND_RECEIVER: Final = 0x01
BIND_TRANSMITTER: Final = 0x02
SUBMIT_SM: Final = 0x04
DELIVER_SM: Final = 0x05
UNBIND: Final = 0x06
BIND_TRANSCEIVER: Final = 0x09
ENQUIRE_LINK: Final = 0x15
DATA_SM: Final = 0x103
RESPONSE: Final = 0x80000000
GENERIC_NACK: Final = 0x80000000

OK: Final = 0x00
INVALID_COMMAND: Final = 0x03
TRY_LATER: Final = 0x64  # ESME_RX_T_APPN

PAYLOAD: Final = 0x0424
RECEIPTED_ID: Final = 0x001E
STATE: Final = 0x0427
SAR_REFERENCE: Final = 0x020C
SAR_TOTAL: Final = 0x020E
SAR_SEQUENCE: Final = 0x020F

HAS_HEADER: Final = 0x40  # esm_class: the text begins with a user data header
_HEADER = struct.Struct(">IIII")
HEADER_BYTES = _HEADER.size
LONGEST = 70_000  # octets of one PDU: a message_payload may have 65,535
_TEXT_BYTES = 254


class Malformed(ValueError):  # noqa: N818 - what the other side sent
    """Not SMPP, or cut short."""


class Pdu(Struct, frozen=True):
    command: int
    status: int
    sequence: int
    body: bytes = b""

    @property
    def is_response(self) -> bool:
        return bool(self.command & RESPONSE)


class Address(Struct, frozen=True):
    number: str
    ton: int = 1
    npi: int = 1


class Short(Struct, frozen=True):
    """The body of submit_sm, deliver_sm and data_sm; a data_sm has its text in `tlvs`."""

    source: Address
    destination: Address
    text: bytes = b""
    esm_class: int = 0
    coding: int = 0
    registered: int = 0
    service_type: str = ""
    validity: str = ""
    priority: int = 0
    tlvs: dict[int, bytes] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """Wherever the text travels."""
        return self.text or self.tlvs.get(PAYLOAD, b"")


def pack(pdu: Pdu) -> bytes:
    return _HEADER.pack(HEADER_BYTES + len(pdu.body), pdu.command, pdu.status, pdu.sequence) + pdu.body


def length_of(header: bytes) -> int:
    """Of the whole PDU. Raises Malformed: a stream that has lost its beat cannot be read on."""
    length: int = _HEADER.unpack(header)[0]
    if not HEADER_BYTES <= length <= LONGEST:
        raise Malformed(f"a PDU of {length} octets")
    return length


def unpack(octets: bytes) -> Pdu:
    if len(octets) < HEADER_BYTES or length_of(octets[:HEADER_BYTES]) != len(octets):
        raise Malformed("not one whole PDU")
    _, command, status, sequence = _HEADER.unpack(octets[:HEADER_BYTES])
    return Pdu(command, status, sequence, octets[HEADER_BYTES:])


def unpack_all(octets: bytes) -> list[Pdu]:
    """PDUs one behind the other."""
    found: list[Pdu] = []
    while octets:
        if len(octets) < HEADER_BYTES:
            raise Malformed("a header is cut short")
        length = length_of(octets[:HEADER_BYTES])
        found.append(unpack(octets[:length]))
        octets = octets[length:]
    return found


def bind_body(system_id: str, password: str, system_type: str) -> bytes:
    return _text(system_id) + _text(password) + _text(system_type) + bytes((0x34, 0, 0)) + _text("")


def pack_short(short: Short) -> bytes:
    if len(short.text) > _TEXT_BYTES:
        raise Malformed(f"a short_message of {len(short.text)} octets")
    return b"".join((
        _text(short.service_type),
        _address(short.source),
        _address(short.destination),
        bytes((short.esm_class, 0, short.priority)),
        _text(""),
        _text(short.validity),
        bytes((short.registered, 0, short.coding, 0, len(short.text))),
        short.text,
        pack_tlvs(short.tlvs),
    ))  # fmt: skip


def pack_tlvs(tlvs: dict[int, bytes]) -> bytes:
    return b"".join(struct.pack(">HH", tag, len(value)) + value for tag, value in tlvs.items())


def unpack_short(command: int, body: bytes) -> Short:
    reader = _Reader(body)
    service = reader.text()
    source, destination = reader.address(), reader.address()
    esm_class = reader.octet()
    if command & ~RESPONSE == DATA_SM:
        registered, coding = reader.octet(), reader.octet()
        return Short(source, destination, b"", esm_class, coding, registered, service, tlvs=reader.tlvs())
    reader.octet()
    priority = reader.octet()
    reader.text()
    validity = reader.text()
    registered, _, coding, _ = (reader.octet() for _ in range(4))
    text = reader.octets(reader.octet())
    return Short(source, destination, text, esm_class, coding, registered, service, validity, priority, reader.tlvs())


def message_id_of(body: bytes) -> str:
    """Of a submit_sm_resp; an operator that refuses may leave it out."""
    return body.partition(b"\0")[0].decode("latin-1")


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def octets(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._body):
            raise Malformed("a body is cut short")
        found = self._body[self._at : end]
        self._at = end
        return found

    def octet(self) -> int:
        return self.octets(1)[0]

    def text(self) -> str:
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise Malformed("a text without its end")
        found = self._body[self._at : end]
        self._at = end + 1
        return found.decode("latin-1")

    def address(self) -> Address:
        ton, npi = self.octet(), self.octet()
        return Address(self.text(), ton, npi)

    def tlvs(self) -> dict[int, bytes]:
        """Some operators' last one is cut short: what was readable before it counts."""
        found: dict[int, bytes] = {}
        while len(self._body) - self._at >= 4:
            tag, length = struct.unpack(">HH", self.octets(4))
            if self._at + length > len(self._body):
                break
            found[tag] = self.octets(length)
        return found


def _text(value: str) -> bytes:
    return value.encode("latin-1", "replace").replace(b"\0", b"") + b"\0"


def _address(address: Address) -> bytes:
    return bytes((address.ton, address.npi)) + _text(address.number)
