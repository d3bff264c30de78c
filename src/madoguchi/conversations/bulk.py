"""One action on many conversations: one transaction, a result for each, by the same rules as one at a time."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from madoguchi.channels import registry
from madoguchi.conversations import jobs
from madoguchi.conversations.assignment import Holder, assignment_kind, check_assign, get_target
from madoguchi.conversations.changes import MOST_LABELS, SPOKEN, check_labels, check_status, read_mentions
from madoguchi.conversations.closing import check_reason
from madoguchi.conversations.filters import Filter
from madoguchi.conversations.merged import check_unmerged
from madoguchi.conversations.pages import find_page
from madoguchi.conversations.teams import get_team_name
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Invalid, NotAssignee, Problem
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record

Q = load_queries(__file__, "bulk.sql")

MOST = 200

Action = Literal["assign", "team", "label", "unlabel", "close", "snooze", "reopen", "read"]
Outcome = Literal["done", "unchanged", "refused", "not_found"]

_STATUS = {"close": "closed", "snooze": "snoozed", "reopen": "open"}


class Bulk(Struct, forbid_unknown_fields=True, kw_only=True):
    """`ids` or `filter`: the first 200 that the filter finds. `agent_id` (null releases) and `take_over` go with assign,
    `team_id` (null: none) with team, `label` with label and unlabel, `snooze_until` with snooze (null: until the customer
    writes), `reason` with close."""

    action: Action
    ids: Annotated[list[UUID], Meta(min_length=1, max_length=MOST)] | None = None
    filter: Filter | None = None
    agent_id: UUID | None = None
    take_over: bool = False
    team_id: UUID | None = None
    label: Annotated[str, Meta(max_length=60)] = ""
    snooze_until: datetime | None = None
    reason: Annotated[str, Meta(max_length=200)] = ""


class Result(Struct, frozen=True):
    """`code` and `detail` say why a conversation was refused, as the same action on it alone would."""

    id: UUID
    outcome: Outcome
    code: str | None = None
    detail: str | None = None


class BulkOut(Struct, frozen=True):
    """`more`: the filter finds others beyond these."""

    results: list[Result]
    done: int
    more: bool


class _Plan(Struct):
    """What to do where. `check` raises Problem for a row that may not be touched, and says whether it would change."""

    check: Callable[[DictRow], bool]
    query: Any
    values: dict[str, Any]
    speaks: Callable[[DictRow], dict[str, Any] | None]
    """What the thread says afterwards; None: nothing."""
    audit: Callable[[DictRow], str] | None


async def do_bulk(tx: Connection, principal: Principal, bulk: Bulk) -> BulkOut:
    """Raises Invalid (the action lacks something, or names what is not there); a refusal of one row is in its result."""
    ids, more = await _which(tx, principal, bulk)
    plan = await _plan(tx, principal, bulk)
    found = await (await tx.execute(Q.lock, {"workspace_id": principal.workspace_id, "ids": ids})).fetchall()
    rows = {row["id"]: row for row in found}
    results = [_look(plan, each, rows.get(each)) for each in ids]
    done = [rows[result.id] for result in results if result.outcome == "done"]
    if done:
        await _carry_out(tx, principal, plan, done)
    if bulk.action == "read":
        await _tell_customers(tx, principal, done)
    return BulkOut(results, len(done), more)


async def _which(tx: Connection, principal: Principal, bulk: Bulk) -> tuple[list[UUID], bool]:
    if (bulk.ids is None) == (bulk.filter is None):
        message = "Give either ids or a filter."
        raise Invalid(message, errors=[FieldError("ids", message)])
    if bulk.ids is not None:
        return list(dict.fromkeys(bulk.ids)), False
    found = await find_page(tx, principal, bulk.filter or Filter(), "newest", after=None, limit=MOST)
    return found.ids, found.next is not None


def _look(plan: _Plan, conversation_id: UUID, row: DictRow | None) -> Result:
    if row is None:
        return Result(conversation_id, "not_found", "not_found", "There is no such conversation.")
    try:
        check_unmerged(row)
        return Result(conversation_id, "done" if plan.check(row) else "unchanged")
    except Problem as problem:
        return Result(conversation_id, "refused", problem.code, problem.detail)


async def _plan(tx: Connection, principal: Principal, bulk: Bulk) -> _Plan:
    if bulk.action == "assign":
        return await _assign(tx, principal, bulk)
    if bulk.action == "team":
        return await _team(tx, principal, bulk)
    if bulk.action in {"label", "unlabel"}:
        return _label(bulk)
    if bulk.action == "read":
        return _read(principal)
    await check_reason(tx, principal.workspace_id, _STATUS[bulk.action], bulk.reason)
    return _status(principal, bulk)


async def _assign(tx: Connection, principal: Principal, bulk: Bulk) -> _Plan:
    target = await get_target(tx, principal.workspace_id, bulk.agent_id)
    agent = {"id": target[0], "name": target[1]} if target else None

    def check(row: DictRow) -> bool:
        if row["assignee_id"] == bulk.agent_id:
            return False
        check_assign(principal, _holder(row), bulk.agent_id, take_over=bulk.take_over)
        return True

    def kind(row: DictRow) -> str:
        return assignment_kind(principal, _holder(row), bulk.agent_id)

    return _Plan(
        check,
        Q.assign,
        {"agent_id": bulk.agent_id},
        lambda row: _said(principal, kind(row), agent=agent),
        lambda row: f"conversation.{kind(row)}",
    )


async def _team(tx: Connection, principal: Principal, bulk: Bulk) -> _Plan:
    team = await get_team_name(tx, principal.workspace_id, bulk.team_id)

    def check(row: DictRow) -> bool:
        _check_mine(principal, row)
        return bool(row["team_id"] != bulk.team_id)

    said = _said(principal, "team", team=team)
    return _Plan(check, Q.team, {"team_id": bulk.team_id}, lambda _: said, lambda _: "conversation.team")


def _label(bulk: Bulk) -> _Plan:
    label = (check_labels([bulk.label]) or [""])[0]
    adds = bulk.action == "label"

    def check(row: DictRow) -> bool:
        if adds and label not in row["labels"] and len(row["labels"]) >= MOST_LABELS:
            raise Invalid(f"At most {MOST_LABELS} labels.")
        return bool((label in row["labels"]) != adds)

    query = Q.label if adds else Q.unlabel
    return _Plan(check, query, {"label": label}, lambda _: None, lambda _: "conversation.changed")


def _status(principal: Principal, bulk: Bulk) -> _Plan:
    status = _STATUS[bulk.action]
    facts = check_status(status, bulk.snooze_until, bulk.reason)

    def check(row: DictRow) -> bool:
        if row["status"] == status and row["snoozed_until"] == bulk.snooze_until:
            return False
        _check_mine(principal, row)
        return True

    said = _said(principal, SPOKEN[status], **facts)
    values = {"status": status, "snooze_until": bulk.snooze_until, "reason": facts.get("reason")}
    return _Plan(check, Q.status, values, lambda _: said, lambda _: "conversation.changed")


def _read(principal: Principal) -> _Plan:
    """In somebody's conversation only their reading counts; that of others changes nothing."""

    def check(row: DictRow) -> bool:
        return row["assignee_id"] in {None, principal.agent_id} and row["unread"] > 0

    return _Plan(check, Q.read, {}, lambda _: None, None)


def _check_mine(principal: Principal, row: DictRow) -> None:
    if row["assignee_id"] not in {None, principal.agent_id} and not principal.may_supervise:
        assignee = {"id": row["assignee_id"], "name": row["assignee_name"]}
        raise NotAssignee(f"{row['assignee_name']} has this conversation.", assignee=assignee)


def _holder(row: DictRow) -> Holder:
    return Holder(row["assignee_id"], row["assignee_name"], row["claim"])


def _said(principal: Principal, kind: str, **facts: Any) -> dict[str, Any]:
    by = {"id": principal.agent_id, "name": principal.name}
    return {"system": {"kind": kind, "by": by, **{key: value for key, value in facts.items() if value is not None}}}


async def _carry_out(tx: Connection, principal: Principal, plan: _Plan, rows: list[DictRow]) -> None:
    """Five statements, however many conversations; the events last."""
    now, workspace_id = clock.now(), principal.workspace_id
    ids = [row["id"] for row in rows]
    await tx.execute(plan.query, {"workspace_id": workspace_id, "ids": ids, "now": now, **plan.values})
    changes = [Change("conversation.updated", each) for each in ids]
    words = [(row["id"], new_id(), said) for row in rows if (said := plan.speaks(row)) is not None]
    if words:
        told = {"ids": [w[0] for w in words], "messages": [w[1] for w in words], "data": [Jsonb(w[2]) for w in words]}
        await tx.execute(Q.tell, {"workspace_id": workspace_id, "now": now, **told})
        changes = [*(Change("message.created", word[1]) for word in words), *changes]
    if plan.audit:
        entries = {
            "entries": [new_id() for _ in rows],
            "actions": [plan.audit(row) for row in rows],
            "data": Jsonb({key: str(value) for key, value in plan.values.items() if value is not None}),
        }
        actor = {"actor_kind": principal.kind, "actor_id": principal.agent_id}
        await tx.execute(Q.audit, {"workspace_id": workspace_id, "ids": ids, "now": now, **actor, **entries})
    if plan.query is Q.read:
        await read_mentions(tx, principal, ids)
    await record(tx, workspace_id, changes)


async def _tell_customers(tx: Connection, principal: Principal, rows: list[DictRow]) -> None:
    """Read ticks on the customers' phones, where the channel has them."""
    ids = [row["id"] for row in rows if registry.channel(row["channel"]).manifest.capabilities.read_receipts]
    if not ids:
        return
    found = await tx.execute(Q.newest_inbound, {"workspace_id": principal.workspace_id, "ids": ids})
    newest = [(row["id"], row["message_id"]) for row in await found.fetchall()]
    await jobs.defer_mark_read_many(tx, principal.workspace_id, newest)
