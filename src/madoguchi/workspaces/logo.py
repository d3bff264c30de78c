"""The workspace's logo: any picture in, a small PNG of our own making out, so that nothing of a stranger's file is served."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from uuid import UUID

from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Forbidden, Invalid, NotFound, TooLarge
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries

Q = load_queries(__file__, "logo.sql")

MAX_BYTES = 2 * 1024 * 1024
# Decoded it takes a hundred times what was sent.
_ONE_AT_A_TIME = asyncio.Semaphore(1)
_SIDE = 256


def address_of(workspace_id: UUID, digest: str | None) -> str | None:
    """Where a browser finds it, signed in or not; None without a logo."""
    return f"/api/v1/logos/{workspace_id}/{digest}" if digest else None


async def read_picture(chunks: AsyncIterator[bytes]) -> bytes:
    """The PNG to keep. Raises TooLarge, Invalid naming `file`: not a picture that can be decoded, or an SVG."""
    data = bytearray()
    async for chunk in chunks:
        data += chunk
        if len(data) > MAX_BYTES:
            raise TooLarge(f"A logo has at most {MAX_BYTES // 1024 // 1024} MB.", max_bytes=MAX_BYTES)
    # Pillow costs memory that a process without a logo need not have.
    from madoguchi.media.pictures import Unreadable, as_png

    try:
        async with _ONE_AT_A_TIME:
            return await asyncio.to_thread(as_png, bytes(data), _SIDE)
    except Unreadable as error:
        message = _REASONS[error.rule]
        raise Invalid(message, errors=[FieldError("file", message)]) from None


def check_may_change(principal: Principal) -> None:
    """Raises Forbidden."""
    if principal.role != "owner":
        raise Forbidden("Only an owner may change the logo.")


async def do_keep(tx: Connection, principal: Principal, png: bytes) -> None:
    digest = hashlib.sha256(png).hexdigest()[:32]
    values = {"workspace_id": principal.workspace_id, "digest": digest, "png": png, "now": clock.now()}
    await tx.execute(Q.keep, values)
    await _audit(tx, principal, "workspace.logo_set")


async def do_remove(tx: Connection, principal: Principal) -> None:
    """Raises Forbidden. Nothing happens without a logo."""
    check_may_change(principal)
    if (await tx.execute(Q.remove, {"workspace_id": principal.workspace_id})).rowcount:
        await _audit(tx, principal, "workspace.logo_removed")


async def get_logo(db: Database, workspace_id: UUID, digest: str) -> bytes:
    """Raises NotFound, also for an earlier one."""
    async with db.workspace(workspace_id) as tx:
        row = await (await tx.execute(Q.one, {"workspace_id": workspace_id, "digest": digest})).fetchone()
    if row is None:
        raise NotFound("There is no such logo.")
    return bytes(row["png"])


_REASONS = {
    "unknown": "This is not a PNG, JPEG or WebP picture. Save an SVG as PNG first.",
    "broken": "The picture is damaged.",
    "too_many_pixels": "The picture has too many pixels.",
}


async def _audit(tx: Connection, principal: Principal, action: str) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        action,
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="workspace",
        target_id=principal.workspace_id,
    )
