"""Writing templates: drafts here, then the provider's review; edited, copied and deleted."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from psycopg.rows import DictRow

from madoguchi.audit import service as audit
from madoguchi.channels import registry
from madoguchi.channels.base import Channel, InboxConfig, OutboundMedia, Refusal, Template, TemplateDraft
from madoguchi.channels.http import HttpFailure
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.errors import ChannelDown, Conflict, FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.inboxes.config import load_config
from madoguchi.templates.models import CheckResult, NewTemplate, TemplateBody, TemplateCopy, TemplateOut, TemplatePatch
from madoguchi.templates.service import load_templates

Q = load_queries(__file__, "authoring.sql")

_EDITABLE = {"approved", "rejected", "paused"}


class Place(msgspec.Struct, frozen=True):
    """An inbox whose channel has templates."""

    channel: Channel
    config: InboxConfig


async def do_check(context: Context, principal: Principal, inbox_id: UUID, body: TemplateBody) -> CheckResult:
    """Raises NotFound, Conflict (the channel has no templates)."""
    place = await _place(context, principal, inbox_id)
    return CheckResult(place.channel.check_template(_draft(body)))


async def do_add(context: Context, principal: Principal, inbox_id: UUID, new: NewTemplate) -> TemplateOut:
    """The draft is kept before the provider is asked: what it refuses is not lost. Raises Forbidden, NotFound, Invalid
    (a rule is broken, or the provider says no), Conflict (the provider has one of this name and language), ChannelDown."""
    _check_may_write(principal)
    place = await _place(context, principal, inbox_id)
    draft = _draft(new)
    if new.submit:
        _check_rules(place, draft)
    values = _values(place, draft, new.mapping)
    async with context.db.workspace(principal.workspace_id) as tx:
        row = await (await tx.execute(Q.put_draft, {**values, "id": new_id(), "inbox_id": inbox_id})).fetchone()
        if row is None:
            raise Conflict("There is a template of this name in this language already.")
        await _tell(tx, principal, "drafted", row["id"], draft)
    if new.submit:
        await _submit(context, principal, place, row["id"], draft)
    return await get_one(context, principal, row["id"])


async def do_change(context: Context, principal: Principal, template_id: UUID, patch: TemplatePatch) -> TemplateOut:
    """Raises Forbidden, NotFound, Invalid, Conflict (it is in review, or gone), ChannelDown."""
    _check_may_write(principal)
    async with context.db.workspace(principal.workspace_id) as tx:
        row = await _lock(tx, principal, template_id)
        if _only_mapping(patch):
            values = {"workspace_id": principal.workspace_id, "id": template_id, "mapping": _json(patch.mapping)}
            await tx.execute(Q.set_mapping, values)
            await record_events(tx, principal.workspace_id, [Change("template.updated", template_id)])
            return (await load_templates(tx, principal.workspace_id, [template_id]))[0]
    place = await _place(context, principal, row["inbox_id"])
    draft, mapping = _patched(row, patch), row["mapping"] if patch.mapping is UNSET else patch.mapping
    if row["status"] == "draft":
        await _rewrite(context, principal, place, template_id, draft, mapping, "draft")
        if patch.submit:
            _check_rules(place, draft)
            await _submit(context, principal, place, template_id, draft)
    else:
        await _edit(context, principal, place, row, draft, mapping)
    return await get_one(context, principal, template_id)


async def do_copy(context: Context, principal: Principal, template_id: UUID, copy: TemplateCopy) -> TemplateOut:
    """A draft with the same parts. Raises Forbidden, NotFound, Conflict (there is one in that language)."""
    _check_may_write(principal)
    async with context.db.workspace(principal.workspace_id) as tx:
        row = await _lock(tx, principal, template_id)
    new = NewTemplate(
        name=row["name"],
        language=copy.language,
        category=row["category"],
        components=row["definition"] or row["components"],
        parameter_format=row["parameter_format"],
        ttl_seconds=row["ttl_seconds"],
        mapping=row["mapping"],
        submit=False,
    )
    return await do_add(context, principal, row["inbox_id"], new)


async def do_remove(context: Context, principal: Principal, template_id: UUID, *, everywhere: bool) -> None:
    """The one language, or `everywhere` all of the name. Raises Forbidden, NotFound, Invalid, ChannelDown."""
    _check_may_write(principal)
    async with context.db.workspace(principal.workspace_id) as tx:
        row = await _lock(tx, principal, template_id)
    if row["status"] not in {"draft", "removed"} or everywhere:
        place = await _place(context, principal, row["inbox_id"])
        with_provider = None if everywhere else row["provider_id"]
        await _asked(place.channel.delete_template(row["name"], with_provider, place.config, context.http))
    values = {
        "workspace_id": principal.workspace_id,
        "inbox_id": row["inbox_id"],
        "name": row["name"],
        "language": None if everywhere else row["language"],
        "now": clock.now(),
    }
    async with context.db.workspace(principal.workspace_id) as tx:
        gone = await (await tx.execute(Q.drop_drafts, values)).fetchall()
        gone += await (await tx.execute(Q.remove, values)).fetchall()
        await _audit(tx, principal, "removed", template_id, row["name"], row["language"])
        await record_events(tx, principal.workspace_id, [Change("template.updated", each["id"]) for each in gone])


async def get_one(context: Context, principal: Principal, template_id: UUID) -> TemplateOut:
    """Raises NotFound."""
    async with context.db.workspace(principal.workspace_id) as tx:
        found = await load_templates(tx, principal.workspace_id, [template_id])
    if not found:
        raise NotFound("There is no such template.")
    return found[0]


# --- towards the provider -------------------------------------------------------------------------


async def _submit(
    context: Context, principal: Principal, place: Place, template_id: UUID, draft: TemplateDraft
) -> None:
    files = await _samples(context, principal, place, draft)
    made: Template = await _asked(
        place.channel.create_template(draft, place.config, context.http, files=files, source=context.storage)
    )
    values = {
        "workspace_id": principal.workspace_id,
        "id": template_id,
        "status": made.status,
        "category": made.category,
        "provider_id": made.provider_id,
        "now": clock.now(),
    }
    async with context.db.workspace(principal.workspace_id) as tx:
        await tx.execute(Q.submitted, values)
        await _tell(tx, principal, "submitted", template_id, draft)


async def _edit(
    context: Context, principal: Principal, place: Place, row: DictRow, draft: TemplateDraft, mapping: dict[str, str]
) -> None:
    status = row["status"].lower()
    if status not in _EDITABLE:
        raise Conflict(f"A template that is {status} cannot be changed.", status=status)
    if status == "approved" and draft.category.lower() != row["category"].lower():
        message = "The category of an approved template cannot be changed."
        raise Invalid(message, errors=[FieldError("category", message)])
    _check_rules(place, draft)
    files = await _samples(context, principal, place, draft)
    present = msgspec.convert({name: row[name] for name in Template.__struct_fields__}, Template)
    await _asked(
        place.channel.edit_template(present, draft, place.config, context.http, files=files, source=context.storage)
    )
    # An approved one stays in use while its new words are reviewed.
    await _rewrite(
        context, principal, place, row["id"], draft, mapping, "approved" if status == "approved" else "pending"
    )


async def _asked(call: Any) -> Any:
    try:
        return await call
    except Refusal as refusal:
        error = refusal.failed.error
        if refusal.failed.kind in {"stop", "not_reachable"}:
            message = error.detail or error.title
            raise Invalid(message, errors=[FieldError("", message)], provider_code=error.provider_code) from refusal
        raise ChannelDown(error.detail or error.title, provider_code=error.provider_code) from refusal
    except HttpFailure as failure:
        raise ChannelDown(f"The provider cannot be reached: {failure}") from failure


async def _samples(context: Context, principal: Principal, place: Place, draft: TemplateDraft) -> list[OutboundMedia]:
    wanted = _sample_ids(place, draft)
    if not wanted:
        return []
    async with context.db.workspace(principal.workspace_id) as tx:
        rows = await (await tx.execute(Q.samples, {"workspace_id": principal.workspace_id, "ids": wanted})).fetchall()
    return [OutboundMedia(**row) for row in rows]


# --- small things ---------------------------------------------------------------------------------


async def _place(context: Context, principal: Principal, inbox_id: UUID) -> Place:
    async with context.db.workspace(principal.workspace_id) as tx:
        config = await load_config(tx, context.secrets, principal.workspace_id, inbox_id)
    channel = registry.channel(config.channel)
    if not channel.manifest.capabilities.templates:
        raise Conflict("This inbox's channel has no templates.")
    return Place(channel, config)


def _check_may_write(principal: Principal) -> None:
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may change templates.")


def _check_rules(place: Place, draft: TemplateDraft) -> None:
    broken = place.channel.check_template(draft)
    if broken:
        errors = [FieldError(each.field, each.message) for each in broken]
        raise Invalid(
            "The template breaks a rule of the provider.", errors=errors, rules=[each.rule for each in broken]
        )


def _draft(body: TemplateBody | NewTemplate) -> TemplateDraft:
    return TemplateDraft(
        body.name,
        body.language,
        body.category.lower(),
        body.components,
        body.parameter_format.lower(),
        body.ttl_seconds,
    )


def _patched(row: DictRow, patch: TemplatePatch) -> TemplateDraft:
    def given(new: Any, old: Any) -> Any:
        return old if new is UNSET else new

    return TemplateDraft(
        name=row["name"],
        language=row["language"],
        category=given(patch.category, row["category"]).lower(),
        components=given(patch.components, row["definition"] or row["components"]),
        parameter_format=given(patch.parameter_format, row["parameter_format"]).lower(),
        ttl_seconds=given(patch.ttl_seconds, row["ttl_seconds"]),
    )


def _only_mapping(patch: TemplatePatch) -> bool:
    content = (patch.category, patch.components, patch.parameter_format, patch.ttl_seconds)
    return patch.mapping is not UNSET and not patch.submit and all(each is UNSET for each in content)


def _sample_ids(place: Place, draft: TemplateDraft) -> list[UUID]:
    try:
        return [UUID(each) for each in place.channel.template_samples(draft)]
    except ValueError:
        message = "A sample is named by the id of an uploaded file."
        raise Invalid(message, errors=[FieldError("components", message)]) from None


def _values(place: Place, draft: TemplateDraft, mapping: dict[str, str]) -> dict[str, Any]:
    return {
        "workspace_id": place.config.workspace_id,
        "name": draft.name,
        "language": draft.language,
        "category": draft.category,
        "parameter_format": draft.parameter_format,
        "components": _json(draft.components),
        "sample_ids": _sample_ids(place, draft),
        "mapping": _json(mapping),
        "ttl_seconds": draft.ttl_seconds,
        "now": clock.now(),
    }


async def _rewrite(
    context: Context,
    principal: Principal,
    place: Place,
    template_id: UUID,
    draft: TemplateDraft,
    mapping: dict[str, str],
    status: str,
) -> None:
    values = {**_values(place, draft, mapping), "id": template_id, "status": status}
    async with context.db.workspace(principal.workspace_id) as tx:
        await tx.execute(Q.rewrite, values)
        await _tell(tx, principal, "changed", template_id, draft)


async def _lock(tx: Connection, principal: Principal, template_id: UUID) -> DictRow:
    row = await (await tx.execute(Q.lock, {"workspace_id": principal.workspace_id, "id": template_id})).fetchone()
    if row is None or row["status"] == "removed":
        raise NotFound("There is no such template.")
    return row


async def _tell(tx: Connection, principal: Principal, verb: str, template_id: UUID, draft: TemplateDraft) -> None:
    await _audit(tx, principal, verb, template_id, draft.name, draft.language)
    await record_events(tx, principal.workspace_id, [Change("template.updated", template_id)])


async def _audit(tx: Connection, principal: Principal, verb: str, template_id: UUID, name: str, language: str) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        f"template.{verb}",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="template",
        target_id=template_id,
        data={"name": name, "language": language},
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
