"""Tells one agent of one message, on the devices that should ring."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from procrastinate import JobContext
from psycopg.rows import DictRow

from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection
from madoguchi.jobs import PUSH, app, context_of
from madoguchi.notifications import vapid
from madoguchi.notifications.models import NotificationSettings
from madoguchi.notifications.push import Outcome, Sender, Target, push
from madoguchi.notifications.rules import ACTIVE
from madoguchi.notifications.service import Q, read_settings

log = structlog.get_logger()

# Somebody in front of a console is told by the console; a device in a pocket rings when that did not help.
_HOLD_SECONDS = 12
_TRIES = 4
_LONGEST_TEXT = 300


class Facts(NamedTuple):
    """What a notification needs to know at the moment it leaves."""

    about: DictRow
    settings: NotificationSettings
    devices: list[DictRow]


@app.task(name="notifications.tell", queue=PUSH, pass_context=True)
async def tell(  # noqa: PLR0913 - what a job carries
    job: JobContext,
    *,
    workspace_id: str,
    agent_id: str,
    message_id: str,
    kind: str,
    held: bool = False,
    devices: Sequence[str] = (),
    tries: int = 0,
) -> None:
    """`devices`: those that were not reached the time before; empty for all of them."""
    context = context_of(job)
    who = {"workspace_id": UUID(workspace_id), "agent_id": UUID(agent_id), "message_id": UUID(message_id)}
    again = {"workspace_id": workspace_id, "agent_id": agent_id, "message_id": message_id, "kind": kind, "held": True}
    async with context.db.workspace(who["workspace_id"]) as tx:
        facts = await _facts(tx, who)
        if facts is None or not _still_news(facts.about):
            return
        now = clock.now()
        if not held and _is_active(facts.about, now):
            await _again(tx, again, _HOLD_SECONDS)
            return
        sender = Sender(context.http, await vapid.get_key(tx, context.secrets), context.public_url)
    targets = [each for each in facts.devices if not devices or str(each["id"]) in devices]
    outcomes = await _push_all(sender, targets, facts, kind)
    left = await _note_outcomes(context, who["workspace_id"], outcomes)
    if left and tries < _TRIES:
        async with context.db.workspace(who["workspace_id"]) as tx:
            await _again(tx, again | {"devices": left, "tries": tries + 1}, 10 * 4**tries)


async def _again(tx: Connection, arguments: dict[str, Any], seconds: int) -> None:
    await tell.configure(connection=tx, schedule_in={"seconds": seconds}).defer_async(**arguments)


async def _facts(tx: Connection, who: dict[str, UUID]) -> Facts | None:
    about = await (await tx.execute(Q.about, who)).fetchone()
    if about is None or about["agent_status"] != "active":
        return None
    settings = read_settings(about["settings"])
    wanted = {"desktop": settings.desktop, "phone": settings.phone}
    rows = await (await tx.execute(Q.subscriptions, who)).fetchall()
    return Facts(about, settings, [row for row in rows if wanted[row["device"]]])


def _still_news(about: DictRow) -> bool:
    """Somebody may have read it meanwhile, or have it before their eyes."""
    if about["direction"] == "in" and about["type"] != "note" and about["unread"] == 0:
        return False
    looking = about["looking_at"] == about["conversation_id"]
    return not (looking and _is_active(about, clock.now()))


def _is_active(about: DictRow, now: datetime) -> bool:
    return about["seen_at"] is not None and now - about["seen_at"] < ACTIVE


async def _push_all(sender: Sender, devices: list[DictRow], facts: Facts, kind: str) -> list[tuple[UUID, Outcome]]:
    async def one(device: DictRow) -> tuple[UUID, Outcome]:
        target = Target(device["endpoint"], device["p256dh"], device["auth"])
        payload = payload_of(facts, kind, device["locale"])
        topic = facts.about["conversation_id"].hex
        return device["id"], await push(sender, target, payload, topic=topic, urgent=kind != "all")

    return list(await asyncio.gather(*map(one, devices)))


def payload_of(facts: Facts, kind: str, locale: str) -> dict[str, object]:
    """The words are the device's; here are facts. The message's text only when the agent wants it on locked screens."""
    text = facts.about["text"] if facts.settings.show_text else None
    return {
        "kind": kind,
        "conversation_id": str(facts.about["conversation_id"]),
        "name": facts.about["contact_name"],
        "text": text[:_LONGEST_TEXT] if text else None,
        "lang": locale,
        "id": str(new_id()),
    }


async def _note_outcomes(context: Context, workspace_id: UUID, outcomes: list[tuple[UUID, Outcome]]) -> list[str]:
    """Dead addresses go; returns the devices to try again."""
    by: dict[Outcome, list[UUID]] = {"sent": [], "gone": [], "later": [], "refused": []}
    for device, outcome in outcomes:
        by[outcome].append(device)
    async with context.db.workspace(workspace_id) as tx:
        if by["gone"]:
            await tx.execute(Q.remove_dead, {"workspace_id": workspace_id, "ids": by["gone"]})
        if by["sent"]:
            await tx.execute(Q.mark_pushed, {"workspace_id": workspace_id, "ids": by["sent"], "now": clock.now()})
    log.info("pushes", **{outcome: len(devices) for outcome, devices in by.items() if devices})
    return [str(each) for each in by["later"]]
