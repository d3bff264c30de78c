"""Write a message and put it in the queue: checks, message, outbox row and event in one transaction."""

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from madoguchi.channels import registry
from madoguchi.channels.base import Draft, OutboundMedia, Template
from madoguchi.channels.manifest import Capabilities
from madoguchi.conversations.merged import check_unmerged
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Invalid, NotAssignee, NotFound
from madoguchi.core.ids import new_id, new_id_at
from madoguchi.core.principal import Principal
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change
from madoguchi.events.service import record as record_events
from madoguchi.outbound import policy
from madoguchi.outbound.drafts import MessageDraft, channel_draft, check_shape, named_files
from madoguchi.outbound.lanes import CONVERSATIONAL
from madoguchi.outbound.loops import check_loop

Q = load_queries(__file__)


async def enqueue(
    tx: Connection,
    principal: Principal,
    conversation_id: UUID,
    draft: MessageDraft,
    *,
    lane: int = CONVERSATIONAL,
    confirms: str | None = None,
) -> UUID:
    """Returns the message's id.

    An agent who writes in a conversation that nobody has takes it with the same statement. `confirms`: the consent's new state
    (granted, withdrawn) that this message only tells the contact; it goes whoever has the conversation, and after a withdrawal.

    Raises NotFound, NotAssignee (someone else has the conversation, or the claim is stale), WindowClosed, OptedOut,
    ChannelDown, Invalid (naming the field).
    """
    _refuse(check_shape(draft))
    row = await situation_row(tx, principal, conversation_id)
    if confirms is None:
        check_writer(row, principal, draft.claim)
    _check_carriage(draft, registry.channel(row["channel"]).manifest.capabilities)
    await check_loop(tx, principal, registry.channel(row["channel"]).manifest.capabilities, conversation_id)
    template = await _template(tx, principal, row, draft)
    media = await _media(tx, principal, row, draft)
    target = await _reply_target(tx, principal, conversation_id, draft)
    _check_reaction(draft, target, row)
    check_rules(draft.type, template, row, confirms=confirms)
    outgoing = channel_draft(draft, media, template)
    if confirms is not None:
        outgoing = msgspec.structs.replace(outgoing, data={**outgoing.data, "confirms": confirms})
    _refuse(registry.channel(row["channel"]).check(_with_target(outgoing, draft, target)))
    message_id = await _write(tx, principal, row, draft, _finished(outgoing, row, draft, target), target, lane)
    await _attach(tx, principal, message_id, draft, media, target)
    await record_events(tx, principal.workspace_id, _changes(message_id, conversation_id, draft))
    await _execute(tx, Q.wake, inbox_id=row["inbox_id"])
    return message_id


async def retry(tx: Connection, principal: Principal, message_id: UUID, *, confirm: bool = False) -> UUID:
    """Queue a failed message again; an uncertain one only with `confirm`, since the customer may get it twice.

    Raises NotFound, NotAssignee, Conflict (the message is neither failed nor uncertain, or needs `confirm`), and what
    `enqueue` raises for the channel's rules.
    """
    message = await _one(tx, Q.retriable, workspace_id=principal.workspace_id, id=message_id)
    if message is None:
        raise NotFound("There is no such outgoing message.")
    if message["status"] not in {"failed", "uncertain"}:
        raise Conflict(f"The message is {message['status']}; only a failed one can be sent again.")
    if message["status"] == "uncertain" and not confirm:
        raise Conflict("The message may have reached the customer. Confirm to send it again.")
    row = await situation_row(tx, principal, message["conversation_id"])
    check_writer(row, principal, None)
    if message["type"] != "template":
        check_rules(message["type"], None, row)
    await _execute(
        tx, Q.queue_again, workspace_id=principal.workspace_id, id=message_id, slot=row["slot"], now=clock.now()
    )
    await record_events(tx, principal.workspace_id, [Change("message.updated", message_id)])
    await _execute(tx, Q.wake, inbox_id=row["inbox_id"])
    return message_id


async def situation_row(tx: Connection, principal: Principal, conversation_id: UUID) -> DictRow:
    row = await _one(tx, Q.situation, workspace_id=principal.workspace_id, conversation_id=conversation_id)
    if row is None:
        raise NotFound("There is no such conversation.")
    check_unmerged(row)
    return row


def check_writer(row: DictRow, principal: Principal, claim: int | None) -> None:
    holder = {"id": row["assignee_id"], "name": row["assignee_name"]} if row["assignee_id"] else None
    if row["assignee_id"] is not None and row["assignee_id"] != principal.agent_id:
        raise NotAssignee(f"{row['assignee_name']} has this conversation; only they may write in it.", assignee=holder)
    if claim is not None and claim != row["claim"]:
        raise NotAssignee("The conversation changed hands since you opened it.", assignee=holder)


def _check_carriage(draft: MessageDraft, channel: Capabilities) -> None:
    """What only some channels carry: letters with a subject and several people, several files in one message."""
    if draft.letter is not None and not channel.threads:
        _refuse([FieldError("letter", "Messages of this channel have no subject and no further recipients.")])
    if len(draft.media_ids) > channel.attachments:
        text = (
            f"At most {channel.attachments} files in one message." if channel.attachments else "Send files one by one."
        )
        _refuse([FieldError("media_ids", text)])


async def _template(tx: Connection, principal: Principal, row: DictRow, draft: MessageDraft) -> Template | None:
    if draft.template is None:
        return None
    found = await _one(
        tx,
        Q.template,
        workspace_id=principal.workspace_id,
        inbox_id=row["inbox_id"],
        name=draft.template.name,
        language=draft.template.language,
    )
    return msgspec.convert(found, Template) if found else None


async def _media(tx: Connection, principal: Principal, row: DictRow, draft: MessageDraft) -> tuple[OutboundMedia, ...]:
    ids = [draft.media_id] if draft.media_id else []
    ids += [each for each in draft.media_ids if each not in ids]
    ids += [named for field, text in named_files(draft) if (named := _uuid(field, text)) not in ids]
    if not ids:
        return ()
    cursor = await tx.execute(
        Q.media, {"workspace_id": principal.workspace_id, "inbox_id": str(row["inbox_id"]), "ids": ids}
    )
    found = {media["id"]: media for media in await cursor.fetchall() if media["state"] == "stored"}
    missing = [i for i in ids if i not in found]
    _refuse([FieldError("media_id", f"There is no unused upload with the id {i}.") for i in missing])
    return tuple(msgspec.convert({k: v for k, v in found[i].items() if k != "state"}, OutboundMedia) for i in ids)


async def _reply_target(
    tx: Connection, principal: Principal, conversation_id: UUID, draft: MessageDraft
) -> DictRow | None:
    wanted = draft.reaction.message_id if draft.reaction else draft.reply_to
    if wanted is None:
        return None
    row = await _one(
        tx, Q.reply_target, workspace_id=principal.workspace_id, id=wanted, conversation_id=conversation_id
    )
    if row is None or row["provider_id"] is None:
        field = "reaction.message_id" if draft.reaction else "reply_to"
        raise Invalid("The message to answer is not there.", errors=[FieldError(field, "No such message here.")])
    return row


def _check_reaction(draft: MessageDraft, target: DictRow | None, row: DictRow) -> None:
    days = registry.channel(row["channel"]).manifest.capabilities.reaction_days
    if draft.reaction is None or target is None or days is None:
        return
    old = clock.now() - target["created_at"] > timedelta(days=days)
    if target["direction"] != "in" or target["type"] in {"reaction", "system"} or old:
        message = f"Only a message of the customer's can be reacted to, for {days} days."
        raise Invalid(message, errors=[FieldError("reaction.message_id", message)])


def check_rules(kind: str, template: Template | None, row: DictRow, *, confirms: str | None = None) -> None:
    situation = situation_of(row, clock.now())
    refused = policy.refusal(kind, template, msgspec.structs.replace(situation, confirms_stop=confirms == "withdrawn"))
    if refused is not None:
        raise refused


def situation_of(row: DictRow, now: datetime) -> policy.Situation:
    manifest = registry.channel(row["channel"]).manifest
    return policy.Situation(
        now=now,
        channel=row["channel"],
        capabilities=manifest.capabilities,
        inbox_health=row["health"],
        inbox_archived=row["archived_at"] is not None,
        window_closes_at=row["window_closes_at"],
        identity_kinds=frozenset(row["identity_kinds"]),
        blocked=row["blocked"],
        consents=row["consents"] or {},
        marketing_needs_consent=policy.needs_consent(manifest, row["settings"]),
    )


def _with_target(outgoing: Draft, draft: MessageDraft, target: DictRow | None) -> Draft:
    if draft.reaction is None or target is None:
        return outgoing
    # The channel needs the provider's id, the API speaks in ours.
    reaction = {"emoji": draft.reaction.emoji or "", "message_id": target["provider_id"]}
    return msgspec.structs.replace(outgoing, data={**outgoing.data, "reaction": reaction})


def _finished(outgoing: Draft, row: DictRow, draft: MessageDraft, target: DictRow | None) -> Draft:
    """The draft as it is stored: a template with its text filled in, so that every reader sees what was sent."""
    complete = _with_target(outgoing, draft, target)
    if complete.template is None:
        return complete
    chosen = complete.data["template"]
    rendered = registry.channel(row["channel"]).render_template(complete.template, chosen["variables"])
    data = {**complete.data, "template": {**chosen, "rendered": msgspec.to_builtins(rendered)}}
    return msgspec.structs.replace(complete, text=rendered.body, data=data)


async def _write(
    tx: Connection,
    principal: Principal,
    row: DictRow,
    draft: MessageDraft,
    outgoing: Draft,
    target: DictRow | None,
    lane: int,
) -> UUID:
    now = clock.now()
    scheduled = draft.send_at is not None and draft.send_at > now
    message_id = id_for(draft.send_at) if scheduled and draft.send_at else new_id()
    written = await _one(
        tx,
        Q.write_message,
        workspace_id=principal.workspace_id,
        conversation_id=row["conversation_id"],
        id=message_id,
        type=draft.type,
        text=outgoing.text,
        data=Jsonb(outgoing.data | ({"scheduled_for": rfc3339(draft.send_at)} if scheduled else {})),
        agent_id=principal.agent_id,
        author_kind=principal.kind,
        claims_for=principal.agent_id if principal.kind == "agent" else None,
        claim=draft.claim,
        reply_to=target["id"] if target and not draft.reaction else None,
        reply_to_provider_id=target["provider_id"] if target and not draft.reaction else None,
        slot=row["slot"],
        lane=lane,
        due_at=draft.send_at if scheduled else now + timedelta(seconds=draft.hold),
        scheduled=scheduled,
        held=draft.hold > 0 and not scheduled,
        confirms="confirms" in outgoing.data,
        now=now,
        **_entry(row["channel"], now),
    )
    if written is None:  # cannot happen while the row is locked; kept because the statement is the rule
        raise NotAssignee("The conversation changed hands.")
    return message_id


def id_for(send_at: datetime) -> UUID:
    """Sorts into the thread at the time when the message will leave. Ids follow the machine's clock, not the business's."""
    return new_id_at(datetime.now(UTC) + (send_at - clock.now()))


def _entry(channel: str, now: datetime) -> dict[str, datetime | None]:
    """The free time that an answer begins, where the customer came in by an advertisement since `entered_since`."""
    rules = registry.channel(channel).manifest.capabilities.window
    if rules.hours is None or rules.free_hours is None:
        return {"entered_since": None, "free_until": None}
    return {"entered_since": now - timedelta(hours=rules.hours), "free_until": now + timedelta(hours=rules.free_hours)}


async def _attach(
    tx: Connection,
    principal: Principal,
    message_id: UUID,
    draft: MessageDraft,
    media: tuple[OutboundMedia, ...],
    target: DictRow | None,
) -> None:
    if media:
        ids = [file.id for file in media]
        values = {"workspace_id": principal.workspace_id, "message_id": message_id, "ids": ids}
        if (await tx.execute(Q.attach_media, values)).rowcount < len(ids):  # another message was faster
            _refuse([FieldError("media_id", "This upload went with another message.")])
    if draft.reaction and target:
        await _execute(
            tx,
            Q.set_reaction,
            workspace_id=principal.workspace_id,
            message_id=target["id"],
            author_id=principal.agent_id,
            emoji=draft.reaction.emoji or None,
            now=clock.now(),
        )


def _changes(message_id: UUID, conversation_id: UUID, draft: MessageDraft) -> list[Change]:
    if draft.reaction:
        return [Change("message.updated", draft.reaction.message_id)]
    return [Change("message.created", message_id), Change("conversation.updated", conversation_id)]


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _uuid(field: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("Not an id.", errors=[FieldError(field, "Not an id.")]) from None


async def _one(tx: Connection, query: LiteralString, **parameters: Any) -> DictRow | None:
    cursor = await tx.execute(query, parameters)
    return await cursor.fetchone()


async def _execute(tx: Connection, query: LiteralString, **parameters: Any) -> None:
    await tx.execute(query, parameters)
