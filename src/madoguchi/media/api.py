"""Files over HTTP: up as a stream, down as a stream, never as a page of ours."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import structlog
from litestar import Controller, Request, Response, get, post
from litestar.response import Stream
from psycopg.rows import DictRow

from madoguchi.api import idempotency
from madoguchi.api.auth import header
from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.context import Context
from madoguchi.core.errors import NotFound
from madoguchi.core.principal import Principal
from madoguchi.media import service
from madoguchi.media.intake import MAX_BYTES, Taken
from madoguchi.media.models import MediaOut
from madoguchi.media.names import disposition, name_or_default
from madoguchi.media.ranges import Unsatisfiable, parse_range
from madoguchi.media.upload import OVERHEAD_BYTES, open_upload

log = structlog.get_logger()

# What a browser only shows or plays. A picture that can carry script (SVG), a PDF, a page: saved, not opened here.
_INLINE = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}
_PLAYED = ("audio/", "video/")
_SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


class MediaController(Controller):
    path = "/api/v1/media"
    tags = ("media",)

    @post(
        "",
        summary="Upload a file",
        opt={"own_idempotency": True},
        request_max_body_size=MAX_BYTES + OVERHEAD_BYTES,
        response_description="The stored file; attach it by its id",
    )
    async def upload_media(self, request: Request[Any, Any, Any], context: Ctx, principal: Who) -> Response[Any]:
        """`multipart/form-data` with one part `file` of at most 100 MB. 422 when its content is not what its
        content type says."""
        incoming = await open_upload(request)
        media_id, taken = await service.do_take(context.storage, principal.workspace_id, incoming)
        try:
            return await _keep(request, context, principal, media_id, incoming.name, taken)
        except BaseException:
            await context.storage.delete(service.storage_key(principal.workspace_id, media_id))
            raise

    @get("/{media_id:uuid}", summary="Download a file")
    async def get_media(
        self,
        request: Request[Any, Any, Any],
        context: Ctx,
        principal: Who,
        media_id: UUID,
        download: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    ) -> Response[Any] | Stream:
        """Pictures, sound and video may be shown in a page; everything else is saved. `download` saves those too.
        One `Range` is honoured. 409 while the file is still being fetched, 404 when the provider no longer had it."""
        async with context.db.workspace(principal.workspace_id) as tx:
            row = await service.get_stored(tx, principal.workspace_id, media_id)
        return await _answer(request, context, row, download=download)

    @post("/{media_id:uuid}/copy", summary="Copy a file, to send it with another message")
    async def copy_media(self, context: Ctx, principal: Who, tx: Tx, media_id: UUID) -> MediaOut:
        """Each message has files of its own; the copy is like a fresh upload. 404 when the file is not there (any more),
        409 while it is still being fetched."""
        return await service.do_copy(tx, context.storage, principal, media_id)

    @post("/{media_id:uuid}/retry", status_code=202, summary="Fetch a file from the provider once more")
    async def retry_media(self, principal: Who, tx: Tx, media_id: UUID) -> MediaOut:
        return await service.do_retry(tx, principal, media_id)


async def _keep(
    request: Request[Any, Any, Any], context: Context, principal: Principal, media_id: UUID, name: str, taken: Taken
) -> Response[Any]:
    key_name = header(request.scope, "idempotency-key")
    async with context.db.workspace(principal.workspace_id) as tx:
        key = None
        if key_name is not None:
            # The file itself is the request: known by its digest, now that it has passed.
            digest = idempotency.request_hash("POST", "/api/v1/media", f"{taken.sha256} {name}".encode())
            key = await idempotency.do_claim(tx, principal, key_name, digest)
        if key is not None and key.stored is not None:
            await context.storage.delete(service.storage_key(principal.workspace_id, media_id))
            headers = {"Idempotent-Replay": "true"}
            return Response(
                key.stored.body, status_code=key.stored.status, headers=headers, media_type="application/json"
            )
        body = msgspec.json.encode(await service.do_insert(tx, principal, media_id, name, taken))
        if key is not None:
            await idempotency.do_store(tx, key, 201, body)
    return Response(body, status_code=201, media_type="application/json")


async def _answer(
    request: Request[Any, Any, Any], context: Context, row: DictRow, *, download: bool
) -> Response[Any] | Stream:
    size, key = row["size"], row["storage_key"]
    headers = _headers(row, download=download)
    try:
        part = parse_range(request.headers.get("range"), size)
    except Unsatisfiable:
        return Response(b"", status_code=416, headers={"Content-Range": f"bytes */{size}"}, media_type="text/plain")
    start, end = part or (0, size)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    status = 206 if part is not None else 200
    # The first piece is read before the answer begins: a file that the storage lost is a 404, not a broken download.
    chunks = context.storage.read_part(key, start, end)
    try:
        first = await anext(chunks, b"")
    except FileNotFoundError:
        log.warning("a stored file is missing", media_id=str(row["id"]))
        raise NotFound("The file is missing from the storage.", state="lost") from None
    return Stream(_chain(first, chunks), status_code=status, headers=headers, media_type=row["content_type"])


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _headers(row: DictRow, *, download: bool) -> dict[str, str]:
    content_type = row["content_type"]
    shown = not download and (content_type in _INLINE or content_type.startswith(_PLAYED))
    name = name_or_default(row["name"], content_type, str(row["id"]))
    return {
        "Content-Disposition": disposition("inline" if shown else "attachment", name),
        "Content-Security-Policy": _SANDBOX,
        # A file never changes under its id; but whoever signs out must not leave it to the next user's cache.
        "Cache-Control": "private, max-age=3600",
        "Vary": "Cookie, Authorization",
        "Accept-Ranges": "bytes",
    }
