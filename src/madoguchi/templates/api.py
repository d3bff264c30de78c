"""Templates over HTTP."""

from uuid import UUID

from litestar import Controller, get, post

from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.templates import service
from madoguchi.templates.models import SyncResult, TemplateOut


class TemplateController(Controller):
    path = "/api/v1/templates"
    tags = ("templates",)

    @get("", summary="List templates")
    async def list_templates(
        self,
        principal: Who,
        tx: Tx,
        inbox_id: UUID | None = None,
        status: str | None = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Page[TemplateOut]:
        """By name and language, as last synchronised, with the variables a send has to fill."""
        after = decode_cursor(cursor, service.After) or service.After()
        found = await service.get_templates(
            tx, principal, inbox_id=inbox_id, status=status, after=after, limit=limit + 1
        )
        items, last = cut(found, limit)
        return Page(items, encode_cursor(last.name, last.language, last.id) if last else None)


class InboxTemplateController(Controller):
    path = "/api/v1/inboxes/{inbox_id:uuid}/templates"
    tags = ("templates",)

    @post("/sync", status_code=200, summary="Fetch an inbox's templates from the provider")
    async def sync_templates(self, principal: Who, context: Ctx, inbox_id: UUID) -> SyncResult:
        return await service.do_sync(context.db, context.http, context.secrets, principal.workspace_id, inbox_id)
