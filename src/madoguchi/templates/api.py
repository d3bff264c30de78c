"""Templates over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import Parameter

from madoguchi.api.deps import Ctx, Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.templates import authoring, service
from madoguchi.templates.models import (
    CheckResult,
    NewTemplate,
    SyncResult,
    TemplateBody,
    TemplateCopy,
    TemplateOut,
    TemplatePatch,
)

_Q = Annotated[str, Parameter(max_length=200, description="Looks into names and texts.")]


class TemplateController(Controller):
    path = "/api/v1/templates"
    tags = ("templates",)

    @get("", summary="List templates")
    async def list_templates(  # noqa: PLR0913, PLR0917 - a filter each
        self,
        principal: Who,
        tx: Tx,
        inbox_id: UUID | None = None,
        status: str | None = None,
        quality: str | None = None,
        category: str | None = None,
        language: str | None = None,
        q: _Q = "",
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Page[TemplateOut]:
        """By name and language, as last synchronised, with the variables a send has to fill. Drafts have the status
        `draft`; removed ones are listed only with `status=removed`."""
        after = decode_cursor(cursor, service.After) or service.After()
        wanted = service.Wanted(inbox_id, status, quality, category, language, q)
        found = await service.get_templates(tx, principal, wanted, after=after, limit=limit + 1)
        items, last = cut(found, limit)
        return Page(items, encode_cursor(last.name, last.language, last.id) if last else None)

    @get("/{template_id:uuid}", summary="Get a template")
    async def get_template(self, principal: Who, context: Ctx, template_id: UUID) -> TemplateOut:
        return await authoring.get_one(context, principal, template_id)

    @patch("/{template_id:uuid}", summary="Change a template")
    async def change_template(
        self, principal: Who, context: Ctx, template_id: UUID, data: TemplatePatch
    ) -> TemplateOut:
        """`mapping` alone is ours and changes at once. A draft is kept, and submitted with `submit`. A template that the
        provider has goes to it: approved, rejected or paused ones only (409 otherwise), an approved one once in 24 hours
        and ten times in 30 days. 422 names the rule that is broken, or says why the provider refused."""
        return await authoring.do_change(context, principal, template_id, data)

    @post("/{template_id:uuid}/copy", summary="Copy a template into another language, as a draft")
    async def copy_template(self, principal: Who, context: Ctx, template_id: UUID, data: TemplateCopy) -> TemplateOut:
        """409 when there is one of this name in that language."""
        return await authoring.do_copy(context, principal, template_id, data)

    @delete("/{template_id:uuid}", summary="Delete a template, here and at the provider")
    async def delete_template(
        self,
        principal: Who,
        context: Ctx,
        template_id: UUID,
        all_languages: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    ) -> None:
        """One language, or with `all_languages` every one of the name. The name of an approved template cannot be used
        again for 30 days."""
        await authoring.do_remove(context, principal, template_id, everywhere=all_languages)


class InboxTemplateController(Controller):
    path = "/api/v1/inboxes/{inbox_id:uuid}/templates"
    tags = ("templates",)

    @post("/sync", status_code=200, summary="Fetch an inbox's templates from the provider")
    async def sync_templates(self, principal: Who, context: Ctx, inbox_id: UUID) -> SyncResult:
        return await service.do_sync(context.db, context.http, context.secrets, principal.workspace_id, inbox_id)

    @post("/check", status_code=200, summary="Check a template by the provider's rules, before it is submitted")
    async def check_template(self, principal: Who, context: Ctx, inbox_id: UUID, data: TemplateBody) -> CheckResult:
        """Each broken rule with its field (`body.text`, `buttons.0.url`, `cards.1.header.example` …), the rule's name,
        a message and the numbers in it. Nothing is stored, nothing leaves."""
        return await authoring.do_check(context, principal, inbox_id, data)

    @post("", summary="Write a template, and submit it to the provider's review")
    async def create_template(self, principal: Who, context: Ctx, inbox_id: UUID, data: NewTemplate) -> TemplateOut:
        """422 names the rule that is broken, or says why the provider refused; then it is kept as a draft. 409 when the
        provider has one of this name and language."""
        return await authoring.do_add(context, principal, inbox_id, data)
