"""The workspace's logo over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, put
from litestar.params import FromPath
from msgspec import Meta

from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.media.upload import OVERHEAD_BYTES, open_upload
from madoguchi.workspaces import logo, profile
from madoguchi.workspaces.profile import WorkspaceProfile

_HEADERS = {
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    # Another picture has another address.
    "Cache-Control": "public, max-age=31536000, immutable",
}
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]


class LogoController(Controller):
    path = "/api/v1"
    tags = ("workspace",)

    @put("/workspace/logo", summary="Set the logo", request_max_body_size=logo.MAX_BYTES + OVERHEAD_BYTES)
    async def set_logo(self, request: Request[Any, Any, Any], principal: Who, context: Ctx) -> WorkspaceProfile:
        """For owners. `multipart/form-data` with one part `file`: PNG, JPEG or WebP of at most 2 MB. It is decoded and
        kept as a PNG of at most 256 px; 422 names `file` when it is none of these (SVG is not taken), 413 too large."""
        logo.check_may_change(principal)
        png = await logo.read_picture((await open_upload(request)).chunks)
        async with context.db.workspace(principal.workspace_id) as tx:
            await logo.do_keep(tx, principal, png)
            return await profile.get_workspace(tx, principal.workspace_id)

    @delete("/workspace/logo", summary="Remove the logo")
    async def remove_logo(self, principal: Who, tx: Tx) -> None:
        """For owners."""
        await logo.do_remove(tx, principal)

    @get("/logos/{workspace_id:uuid}/{digest:str}", opt={"public": True}, summary="The logo", media_type="image/png")
    async def get_logo(self, context: Ctx, workspace_id: UUID, digest: FromPath[Digest]) -> Response[bytes]:
        """As `logo` of the workspace says; also for the sign-in, so nobody is asked who they are."""
        png = await logo.get_logo(context.db, workspace_id, digest)
        return Response(png, media_type="image/png", headers=_HEADERS)
