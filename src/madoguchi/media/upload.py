"""A `multipart/form-data` upload, read as it comes: the one part named `file`, straight into the storage."""

from collections.abc import AsyncIterator
from typing import Any

from litestar import Request
from msgspec import Struct
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from madoguchi.core.errors import FieldError, Invalid

# Boundaries and part headers around the file itself.
OVERHEAD_BYTES = 64 * 1024
_FIELD = "file"


class Incoming(Struct):
    """The file's name and content type, as its sender gives them, and its bytes."""

    name: str
    content_type: str
    chunks: AsyncIterator[bytes]


async def open_upload(request: Request[Any, Any, Any]) -> Incoming:
    """Raises Invalid naming `file`. The chunks can be read once, and only while the request is open."""
    kind, options = request.content_type
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise _refusal("Send the file as multipart/form-data in a part named file.")
    events = _events(request, boundary)
    async for event in events:
        if isinstance(event, MultipartSegment) and event.name == _FIELD and event.filename is not None:
            return Incoming(event.filename, event.content_type or "", _until_end(events))
    raise _refusal("A part named file is missing.")


async def _events(request: Request[Any, Any, Any], boundary: str) -> AsyncIterator[Any]:
    try:
        with PushMultipartParser(boundary, max_header_count=16, max_segment_count=16) as parser:
            async for chunk in request.stream():
                if chunk:
                    for event in parser.parse(chunk):
                        yield event
    except MultipartError as error:
        raise _refusal("The upload is not well-formed or was cut off.") from error


async def _until_end(events: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    async for event in events:
        if event is None:
            return
        if isinstance(event, bytes | bytearray) and event:
            yield bytes(event)


def _refusal(message: str) -> Invalid:
    return Invalid(message, errors=[FieldError(_FIELD, message)])
