"""A mail in a mailbox that is larger than we take: its head comes, the rest stays where it is, and the message says so.

The same limit as at our own door, where the server that brings it is told at once.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from madoguchi.channels.events import Event, MessageReceived

MOST_BYTES = 60 * 1024 * 1024
# With the request, not in the mail: a sender cannot say so.
SIZE = "x-madoguchi-whole-size"
# What describes a body that is not there.
_OF_THE_BODY = re.compile(
    rb"^(?:content-(?:type|transfer-encoding|disposition)|mime-version):.*(?:\r?\n[ \t].*)*\r?\n",
    re.IGNORECASE | re.MULTILINE,
)


def head_alone(head: bytes, size: int, headers: Mapping[str, str]) -> tuple[Mapping[str, str], bytes]:
    """The request that stands for a mail of so many bytes."""
    bare = _OF_THE_BODY.sub(b"", head.rstrip(b"\r\n") + b"\r\n")
    return {**headers, SIZE: str(size)}, bare + b"\r\n"


def marked(events: Sequence[Event], headers: Mapping[str, str]) -> Sequence[Event]:
    """`data.cut` is "size" and `data.size` the mail's bytes, where only the head came."""
    size = headers.get(SIZE, "")
    if not size.isdigit():
        return events
    return [
        msgspec.structs.replace(each, data={**each.data, "cut": "size", "size": int(size)})
        if isinstance(each, MessageReceived)
        else each
        for each in events
    ]
