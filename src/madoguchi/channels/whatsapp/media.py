"""Files: ours to Meta before a message needs them, the customer's from Meta when they arrive."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

from madoguchi.channels.base import FetchedMedia, MediaGone, MediaSource, OutboundMedia, Refusal
from madoguchi.channels.http import Download, HttpAnswer, HttpFailure
from madoguchi.channels.whatsapp.errors import MEDIA_MISSING, Unsendable
from madoguchi.channels.whatsapp.graph import Graph, failure_of

_UPLOAD_SECONDS = 300
# "Object does not exist" and "parameter invalid": how Graph says that it knows no such file.
_GONE = {"33", "100", "131009", "131052"}


async def upload(media: OutboundMedia, graph: Graph, source: MediaSource) -> str:
    """Meta's id of the file, good for 30 days. Raises Unsendable, Refusal or HttpFailure."""
    stream = source.read(media.storage_key)
    first = await _first_chunk(stream)
    boundary = secrets.token_hex(16)
    head, tail = _frame(media, boundary)
    answer = await graph.http.request(
        "POST",
        graph.url(graph.number, "media"),
        headers={
            **graph.headers,
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + media.size + len(tail)),
        },
        data=_stream(head, first, stream, tail),
        seconds=_UPLOAD_SECONDS,
    )
    found = answer.json()
    if answer.status == 200 and isinstance(found, dict) and isinstance(found.get("id"), str):
        return str(found["id"])
    raise Refusal(failure_of(answer))


async def _first_chunk(stream: AsyncIterator[bytes]) -> bytes:
    """Opens the file before the request begins: a missing one is our fault, not the connection's."""
    try:
        return await anext(stream)
    except Exception as error:
        raise Unsendable(MEDIA_MISSING, type(error).__name__) from error


def _frame(media: OutboundMedia, boundary: str) -> tuple[bytes, bytes]:
    kind = media.content_type.split(";")[0].strip() or "application/octet-stream"
    name = "".join(c for c in media.name if c.isprintable() and c not in '"\\')[:100] or "file"
    fields = {"messaging_product": "whatsapp", "type": media.content_type}
    lines = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n')
    lines.append(f"Content-Type: {kind}\r\n\r\n")
    return "".join(lines).encode(), f"\r\n--{boundary}--\r\n".encode()


async def _stream(head: bytes, first: bytes, rest: AsyncIterator[bytes], tail: bytes) -> AsyncIterator[bytes]:
    yield head
    yield first
    async for chunk in rest:
        yield chunk
    yield tail


async def fetch(reference: dict[str, Any], graph: Graph) -> FetchedMedia:
    """Opens the customer's file. Its address lives five minutes: when it is stale, it is asked for once more."""
    for _ in range(2):
        answer, chunks = await _open(str(reference.get("id") or ""), graph)
        if answer.status == 200:
            size = answer.headers.get("content-length", "")
            return FetchedMedia(answer.headers.get("content-type"), int(size) if size.isdecimal() else None, chunks)
        await chunks.aclose()
        if answer.status != 404:
            raise HttpFailure(f"HTTP {answer.status} for the file", left=True)
    raise MediaGone


async def _open(media_id: str, graph: Graph) -> tuple[HttpAnswer, Download]:
    if not media_id:
        raise MediaGone
    try:
        found = await graph.get(media_id, params={"phone_number_id": graph.number})
    except Refusal as refusal:
        if refusal.failed.error.provider_code in _GONE | {"http_404"}:
            raise MediaGone from refusal
        raise
    url = str(found.get("url") or "")
    if not graph.may_have_token(url):
        raise HttpFailure("the file is on a host that is not among the media hosts", left=False)
    return await graph.http.stream(url, headers=graph.headers)
