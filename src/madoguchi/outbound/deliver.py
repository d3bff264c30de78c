"""One message out: the rules once more, the request, the outcome. The state `sending` is committed before this runs."""

from datetime import datetime

import msgspec
import structlog
from psycopg.rows import DictRow

from madoguchi.channels import registry
from madoguchi.channels.base import (
    Failed,
    FailureKind,
    InboxConfig,
    OutboundMedia,
    Part,
    SendResult,
    SendThread,
    Template,
    Uncertain,
)
from madoguchi.channels.events import Identity, ProviderError
from madoguchi.channels.http import Http
from madoguchi.core import clock
from madoguchi.core.errors import NotAssignee, Problem
from madoguchi.media.storage import Storage
from madoguchi.outbound import policy
from madoguchi.outbound.reference import reference_of
from madoguchi.outbound.results import Asked

log = structlog.get_logger()


async def send_once(
    row: DictRow, inbox: InboxConfig, http: Http, storage: Storage, proof: str = ""
) -> SendResult | Asked:
    """Ask the channel once. Whatever goes wrong inside it after the request may have left is `Uncertain`."""
    refused = check_again(row, clock.now())
    if refused is not None:
        return refused
    try:
        return await registry.channel(inbox.channel).send(part_of(row, proof), inbox, http, storage)
    except Exception as error:
        log.exception("a channel's send failed in an unexpected way", channel=inbox.channel, error=type(error).__name__)
        return Uncertain(f"Unexpected {type(error).__name__} while sending.")


def check_again(row: DictRow, now: datetime) -> Failed | Asked | None:
    """The rules hold at the moment of sending: the window may have closed while the message waited.

    What waited for its time does not fail in silence then: somebody is asked.
    """
    template = msgspec.convert(row["template"], Template) if row["template"] else None
    if row["scheduled"] and row["claim"] != row["current_claim"]:
        changed = "The conversation changed hands before the scheduled time."
        return Asked("not_assignee", NotAssignee.title, changed, ["send_now", "edit", "cancel"])
    problem = policy.refusal(row["type"], template, _situation(row, now))
    if problem is None:
        return None
    return asked(problem) if row["scheduled"] else _refused(problem)


def asked(problem: Problem) -> Asked:
    """What can be done about it: another message where the channel names one, another text, no message at all."""
    named = [kind for kind in problem.extra.get("allowed", []) if kind == "template"]
    return Asked(problem.code, problem.title, problem.detail, ["send_now", "edit", *named, "cancel"])


def part_of(row: DictRow, proof: str = "") -> Part:
    """`proof` goes with messages on channels with threads: it brings the answer back to this conversation."""
    return Part(
        reference=reference_of(row["id"], row["retries"]),
        recipient=tuple(Identity(kind, value) for kind, value in row["identities"]),
        type=row["type"],
        text=row["text"],
        data=row["data"],
        media=tuple(msgspec.convert(row["media"] or [], list[OutboundMedia])),
        template=msgspec.convert(row["template"], Template) if row["template"] else None,
        reply_to=row["reply_to_provider_id"],
        thread=_thread_of(row, proof) if row["in_thread"] else None,
        automatic=row["author_kind"] in {"bot", "system"},
        signature=row["signature"] or "",
    )


def _thread_of(row: DictRow, proof: str) -> SendThread:
    return SendThread(row["conversation_id"], proof, tuple(reversed(row["earlier"] or [])), row["subject"])


def _situation(row: DictRow, now: datetime) -> policy.Situation:
    manifest = registry.channel(row["channel"]).manifest
    return policy.Situation(
        now=now,
        channel=row["channel"],
        capabilities=manifest.capabilities,
        inbox_health="ok",  # inboxes that are down are not taken from the queue at all
        inbox_archived=row["archived_at"] is not None,
        window_closes_at=row["window_closes_at"],
        identity_kinds=frozenset(kind for kind, _ in row["identities"]),
        consents=row["consents"] or {},
        blocked=row["blocked"],
        marketing_needs_consent=policy.needs_consent(manifest, row["settings"]),
        confirms_stop=row["author_kind"] == "system" and row["data"].get("confirms") == "withdrawn",
    )


def _refused(problem: Problem) -> Failed:
    kind: FailureKind = "window_closed" if problem.code == "window_closed" else "stop"
    return Failed(kind, ProviderError(problem.code, "", problem.title, problem.detail))
