"""The workspace over HTTP."""

from litestar import Controller, get, patch

from madoguchi.api.deps import Tx, Who
from madoguchi.workspaces import profile
from madoguchi.workspaces.profile import WorkspacePatch, WorkspaceProfile


class WorkspaceController(Controller):
    path = "/api/v1/workspace"
    tags = ("workspace",)

    @get("", summary="The workspace")
    async def get_workspace(self, tx: Tx, principal: Who) -> WorkspaceProfile:
        return await profile.get_workspace(tx, principal.workspace_id)

    @patch("", summary="Change the workspace")
    async def change_workspace(self, tx: Tx, principal: Who, data: WorkspacePatch) -> WorkspaceProfile:
        """For owners. 422 names an unknown time zone or country."""
        await profile.do_change(tx, principal, data)
        return await profile.get_workspace(tx, principal.workspace_id)
