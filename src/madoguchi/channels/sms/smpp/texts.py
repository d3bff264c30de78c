"""Texts as operators carry them: alphabets by data_coding, and the headers of messages in several parts."""

import struct
from typing import Literal

from msgspec import Struct

from madoguchi.channels.sms import alphabet
from madoguchi.channels.sms.encoding import plan
from madoguchi.channels.sms.smpp.pdu import HAS_HEADER, PAYLOAD, SAR_REFERENCE, SAR_SEQUENCE, SAR_TOTAL, Short

GSM, LATIN1, UCS2 = 0, 3, 8
_BINARY = {2, 4}
_LATIN1 = {1, 3}

Method = Literal["udh", "sar", "payload"]


class Piece(Struct, frozen=True):
    """One submit_sm's share of a text."""

    text: bytes
    coding: int
    esm_class: int = 0
    tlvs: dict[int, bytes] = {}


class Place(Struct, frozen=True):
    """Where a received part belongs."""

    reference: int
    total: int
    number: int


def pieces_of(text: str, method: Method, reference: int, default: str) -> list[Piece]:
    found = plan(text)
    coding = _coding(text, found.alphabet, default)
    if len(found.parts) == 1:
        return [Piece(_encoded(text, coding, default), coding)]
    if method == "payload":
        return [Piece(b"", coding, tlvs={PAYLOAD: _encoded(text, coding, default)})]
    total = len(found.parts)
    return [
        _part(_encoded(part, coding, default), coding, method, Place(reference, total, number))
        for number, part in enumerate(found.parts, 1)
    ]


def _part(content: bytes, coding: int, method: Method, place: Place) -> Piece:
    if method == "udh":
        header = bytes((5, 0, 3, place.reference & 0xFF, place.total, place.number))
        return Piece(header + content, coding, HAS_HEADER)
    numbers = {
        SAR_REFERENCE: struct.pack(">H", place.reference & 0xFFFF),
        SAR_TOTAL: bytes((place.total,)),
        SAR_SEQUENCE: bytes((place.number,)),
    }
    return Piece(content, coding, 0, numbers)


def _coding(text: str, chosen: str, default: str) -> int:
    if chosen == "ucs2":
        return UCS2
    if default == "gsm":
        return GSM
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return UCS2
    return LATIN1


def _encoded(text: str, coding: int, default: str) -> bytes:
    if coding == UCS2:
        return text.encode("utf-16-be", "surrogatepass")
    return alphabet.encode(text) if default == "gsm" else text.encode("latin-1", "replace")


def read(short: Short, default: str) -> str:
    """The words, without the header before them."""
    content, national = short.content, 0
    if short.esm_class & HAS_HEADER:
        elements, content = _header(content)
        national = (elements.get(0x24) or b"\0")[0]
    coding = _plain_coding(short.coding)
    if coding == UCS2:
        return _utf16(content)
    if coding in _LATIN1 or (coding == GSM and default == "latin1"):
        return content.decode("latin-1")
    if coding in _BINARY:
        return content.decode("utf-8", "replace")
    if coding == GSM:
        return alphabet.decode(content, national)
    return content.decode("utf-8", "replace")


def place_of(short: Short) -> Place | None:
    """None for a message that is whole."""
    tlvs = short.tlvs
    if {SAR_REFERENCE, SAR_TOTAL, SAR_SEQUENCE} <= tlvs.keys():
        numbers = [int.from_bytes(tlvs[tag]) for tag in (SAR_REFERENCE, SAR_TOTAL, SAR_SEQUENCE)]
        return _valid(Place(*numbers))
    if not short.esm_class & HAS_HEADER:
        return None
    elements, _ = _header(short.content)
    if (short_one := elements.get(0x00)) and len(short_one) == 3:
        return _valid(Place(*short_one))
    if (long_one := elements.get(0x08)) and len(long_one) == 4:
        return _valid(Place(int.from_bytes(long_one[:2]), long_one[2], long_one[3]))
    return None


def _valid(place: Place) -> Place | None:
    return place if place.total > 1 and 1 <= place.number <= place.total else None


def _header(content: bytes) -> tuple[dict[int, bytes], bytes]:
    """The elements of the user data header, and what follows; of elements we do not know nothing is assumed."""
    length = content[0] if content else 0
    if length + 1 > len(content):
        return {}, content
    elements: dict[int, bytes] = {}
    at, end = 1, length + 1
    while at + 2 <= end:
        size = content[at + 1]
        elements[content[at]] = content[at + 2 : min(at + 2 + size, end)]
        at += 2 + size
    return elements, content[end:]


def _plain_coding(coding: int) -> int:
    """Flash and class messages (0x10 and 0xF0) say the alphabet in two bits."""
    if coding & 0xF0 == 0xF0:
        return 4 if coding & 0x04 else GSM
    if 0x10 <= coding <= 0x3F:
        return (GSM, 4, UCS2, GSM)[(coding >> 2) & 0x03]
    return coding


def _utf16(content: bytes) -> str:
    """Big-endian; some put a byte order mark before it, and a few write it the other way round."""
    if content.startswith(b"\xff\xfe"):
        return content[2:].decode("utf-16-le", "replace")
    content = content.removeprefix(b"\xfe\xff")
    text = content.decode("utf-16-be", "replace")
    swapped = content.decode("utf-16-le", "replace")
    # ASCII the wrong way round is all rare letters with a zero as their low byte.
    wrong = sum(1 for c in text if ord(c) & 0xFF == 0 and ord(c)) * 2 > len(text)
    return swapped if wrong and swapped.isprintable() else text
