"""`POST /webhooks/{key}/flows/{form}`: a customer's phone asks what comes next. Answered at once or not at all."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from psycopg.types.json import Jsonb

from madoguchi.attributes.service import check_attributes
from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig, RawRequest
from madoguchi.channels.forms import Done, FormAnswer, FormRefused, FormRequest, Over
from madoguchi.core import clock
from madoguchi.core.errors import Invalid
from madoguchi.core.secrets import SecretBox, WrongKey
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.forms.handlers import handlers

log = structlog.get_logger()
Q = load_queries(__file__)

EDGE = "flows"
KEY = "form_key"
_OVER = "This form can no longer be filled in. / このフォームは利用できません。"


class FormExchange:
    """What the webhooks' door needs to answer forms."""

    def __init__(self, db: Database, secrets: SecretBox) -> None:
        self._db = db
        self._secrets = secrets

    async def __call__(self, inbox: InboxConfig, form: str, request: RawRequest) -> tuple[int, bytes]:
        return await exchange(self._db, self._secrets, inbox, form, request)


async def exchange(
    db: Database, secrets: SecretBox, inbox: InboxConfig, form: str, request: RawRequest
) -> tuple[int, bytes]:
    """HTTP status and body, in the provider's terms."""
    channel = registry.channel(inbox.channel)
    opened = channel.open_form(request, inbox, await _private_key(db, secrets, inbox))
    if isinstance(opened, FormRefused):
        return opened.status, opened.reason.encode()
    if opened.action in {"ping", "error"}:
        if opened.action == "error":
            log.warning("a phone could not use an answer of ours", form=form, error=str(opened.data.get("error"))[:100])
        return channel.seal_form(opened, None)
    return channel.seal_form(opened, await _answer(db, inbox, form, opened))


async def _answer(db: Database, inbox: InboxConfig, form: str, request: FormRequest) -> FormAnswer:
    handler, message_id = handlers().get(form), _uuid(request.token)
    place = {"workspace_id": inbox.workspace_id, "inbox_id": inbox.id, "id": message_id}
    if handler is None or message_id is None:
        return Over(_OVER)
    async with db.workspace(inbox.workspace_id) as tx:
        if await (await tx.execute(Q.message, place)).fetchone() is None:
            return Over(_OVER)
        answer = handler.answer(request)
        if isinstance(answer, Done) and (kept := await _kept(tx, inbox, form, handler.attributes(answer.values))):
            rows = await tx.execute(Q.keep, {**place, "attributes": Jsonb(kept), "now": clock.now()})
            changes = [Change("contact.updated", row["id"]) for row in await rows.fetchall()]
            await record_events(tx, inbox.workspace_id, changes)
    return answer


async def _kept(tx: Connection, inbox: InboxConfig, form: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """By the form's name and the field's: what agents wrote into `email` is not overwritten by what somebody typed.
    A value that does not fit the attribute the workspace defined stays in the answer only."""
    named = {f"{form}_{key}": value for key, value in values.items()}
    try:
        return await check_attributes(tx, inbox.workspace_id, named, complete=False)
    except Invalid as unfit:
        wrong = {error.field.removeprefix("attributes.") for error in unfit.errors}
    fitting = {key: value for key, value in named.items() if key not in wrong}
    return await check_attributes(tx, inbox.workspace_id, fitting, complete=False)


async def _private_key(db: Database, secrets: SecretBox, inbox: InboxConfig) -> str:
    async with db.workspace(inbox.workspace_id) as tx:
        found = await tx.execute(Q.secrets, {"workspace_id": inbox.workspace_id, "inbox_id": inbox.id})
        row = await found.fetchone()
    if row is None or row["secrets"] is None:
        return ""
    try:
        return secrets.open(bytes(row["secrets"]), inbox.id.bytes).get(KEY, "")
    except WrongKey:
        return ""


def _uuid(token: str) -> UUID | None:
    try:
        return UUID(token)
    except ValueError:
        return None
