"""One message out: upload its files, ask once, judge the answer."""

from typing import Any
from uuid import UUID

from madoguchi.channels.base import Accepted, Failed, MediaSource, OutboundMedia, Part, Refusal, SendResult, Uncertain
from madoguchi.channels.http import HttpAnswer, HttpFailure
from madoguchi.channels.whatsapp.body import message_body
from madoguchi.channels.whatsapp.errors import UNREACHABLE, Meaning, Unsendable, provider_error
from madoguchi.channels.whatsapp.graph import Graph, error_of, failure_of
from madoguchi.channels.whatsapp.identity import identities
from madoguchi.channels.whatsapp.media import upload

_MEDIA_EXPIRED = Meaning("media_expired", "retry")


async def send(part: Part, graph: Graph, media: MediaSource) -> SendResult:
    try:
        uploads = {each.id: await _provider_id(each, graph, media) for each in part.media}
        body = message_body(part, uploads)
    except Unsendable as error:
        return Failed(error.meaning.kind, provider_error(error.meaning, "", error.detail))
    except Refusal as refusal:
        return refusal.failed
    except HttpFailure as failure:
        # Only a file went out, no message: trying again does no harm.
        return Failed("retry", provider_error(UNREACHABLE, "", str(failure)))
    try:
        answer = await graph.post(graph.number, "messages", body=body)
    except HttpFailure as failure:
        if failure.left:
            return Uncertain(f"No answer: {failure}.")
        return Failed("retry", provider_error(UNREACHABLE, "", str(failure)))
    return _judge(answer, part, uploads)


async def _provider_id(each: OutboundMedia, graph: Graph, media: MediaSource) -> str:
    return each.provider_id or await upload(each, graph, media)


def _judge(answer: HttpAnswer, part: Part, uploads: dict[UUID, str]) -> SendResult:
    if 200 <= answer.status < 300:
        return _accepted(answer.json(), uploads) or Uncertain("An answer without a message id.")
    error = error_of(answer)
    if error is None and (answer.status >= 500 or answer.status in {408, 499}):
        # A gateway gave up waiting; what Meta did with the request is unknown.
        return Uncertain(f"HTTP {answer.status} without Meta's answer.")
    failed = failure_of(answer)
    if error is not None and _file_is_gone(error.code, error.details or error.message, part):
        return Failed("retry", provider_error(_MEDIA_EXPIRED, error.code, failed.error.detail))
    return failed


# A template whose quality Meta wants to see first.
_HELD = "held_for_quality_assessment"


def _file_is_gone(code: int, detail: str, part: Part) -> bool:
    """An upload of an earlier message was used, and Meta no longer has it (they live 30 days)."""
    reused = any(each.provider_id for each in part.media)
    return reused and (code == 131053 or (code in {100, 131009} and "media" in detail.lower()))


def _accepted(answer: Any, uploads: dict[UUID, str]) -> Accepted | None:
    message, contact = _first(answer, "messages"), _first(answer, "contacts")
    provider_id = message.get("id")
    if not isinstance(provider_id, str) or not provider_id:
        return None
    data: dict[str, Any] = {}
    if uploads:
        data["media"] = {str(ours): theirs for ours, theirs in uploads.items()}
    if isinstance(message.get("message_status"), str):
        data["message_status"] = message["message_status"]
    found = identities(_text(contact.get("user_id")), None, _text(contact.get("wa_id")))
    return Accepted(provider_id, found, data, held=data.get("message_status") == _HELD)


def _first(answer: Any, key: str) -> dict[str, Any]:
    found = answer.get(key) if isinstance(answer, dict) else None
    return found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
