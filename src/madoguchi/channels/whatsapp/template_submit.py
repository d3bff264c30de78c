"""A template's life at Meta: submitted with its samples, edited, deleted."""

import copy
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from madoguchi.channels.base import Failed, MediaSource, OutboundMedia, Refusal, Template, TemplateDraft
from madoguchi.channels.http import HttpAnswer
from madoguchi.channels.whatsapp.broken_rules import kind, objects
from madoguchi.channels.whatsapp.clean import clean, clean_text, string
from madoguchi.channels.whatsapp.errors import MEDIA_MISSING, PROVIDER_ERROR, provider_error
from madoguchi.channels.whatsapp.graph import Graph, failure_of

_UPLOAD_SECONDS = 300
_SESSION = re.compile(r"upload:[A-Za-z0-9_=:?&.%-]{1,1000}")


def samples_of(components: Sequence[dict[str, Any]]) -> list[str]:
    """Our ids of the files in the examples, each once."""
    found = [str(example["media_id"]) for example in _examples(components) if example.get("media_id")]
    return list(dict.fromkeys(found))


def _examples(components: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    headers = [each for each in components if kind(each) == "HEADER"]
    for carousel in (each for each in components if kind(each) == "CAROUSEL"):
        for card in objects(carousel.get("cards")):
            headers += [each for each in objects(card.get("components")) if kind(each) == "HEADER"]
    return [header["example"] for header in headers if isinstance(header.get("example"), dict)]


async def create(
    draft: TemplateDraft, graph: Graph, files: Sequence[OutboundMedia], source: MediaSource | None
) -> Template:
    body: dict[str, Any] = {
        "name": draft.name,
        "language": draft.language,
        "category": draft.category.upper(),
        "parameter_format": draft.parameter_format.upper(),
        "components": await _components(draft, graph, files, source),
    }
    if draft.ttl_seconds is not None:
        body["message_send_ttl_seconds"] = draft.ttl_seconds
    found = _taken(await graph.post(graph.account, "message_templates", body=body))
    return Template(
        name=draft.name,
        language=draft.language,
        category=(string(found, "category") or draft.category).lower(),
        status=(string(found, "status") or "pending").lower(),
        components=body["components"],
        parameter_format=draft.parameter_format.lower(),
        provider_id=string(found, "id"),
    )


async def edit(
    present: Template, draft: TemplateDraft, graph: Graph, files: Sequence[OutboundMedia], source: MediaSource | None
) -> None:
    body: dict[str, Any] = {"components": await _components(draft, graph, files, source)}
    if draft.category.lower() != present.category.lower():
        body["category"] = draft.category.upper()
    if draft.ttl_seconds is not None:
        body["message_send_ttl_seconds"] = draft.ttl_seconds
    _taken(await graph.post(present.provider_id or "", body=body))


async def delete(name: str, provider_id: str | None, graph: Graph) -> None:
    params = {"name": name} | ({"hsm_id": provider_id} if provider_id else {})
    answer = await graph.http.request(
        "DELETE", graph.url(graph.account, "message_templates"), headers=graph.headers, params=params
    )
    _taken(answer)


def _taken(answer: HttpAnswer) -> dict[str, Any]:
    found = answer.json()
    if answer.status == 200 and isinstance(found, dict) and found.get("success") is not False:
        return dict(clean(found))
    raise Refusal(_in_words(answer, failure_of(answer)))


def _in_words(answer: HttpAnswer, failed: Failed) -> Failed:
    """Meta explains templates to people in a field of its own."""
    found = answer.json()
    error = found.get("error") if isinstance(found, dict) else None
    words = string(error, "error_user_msg") if isinstance(error, dict) else None
    if not words:
        return failed
    told = failed.error
    return Failed(
        failed.kind, type(told)(told.code, told.provider_code, told.title, clean_text(words)), failed.retry_in
    )


# --- samples --------------------------------------------------------------------------------------


async def _components(
    draft: TemplateDraft, graph: Graph, files: Sequence[OutboundMedia], source: MediaSource | None
) -> list[dict[str, Any]]:
    """With Meta's handles in the place of our ids."""
    by_id = {str(file.id): file for file in files}
    handles = {each: await _upload(by_id.get(each), graph, source) for each in samples_of(draft.components)}
    return _with_handles(draft.components, handles)


def _with_handles(components: Sequence[dict[str, Any]], handles: Mapping[str, str]) -> list[dict[str, Any]]:
    sent = copy.deepcopy(list(components))
    for example in _examples(sent):
        if ours := example.pop("media_id", None):
            example["header_handle"] = [handles[str(ours)]]
    return sent


async def _upload(file: OutboundMedia | None, graph: Graph, source: MediaSource | None) -> str:
    """Meta's resumable upload, in one go: a session, then the bytes."""
    if file is None or source is None:
        raise Refusal(Failed("stop", provider_error(MEDIA_MISSING, "", "the sample")))
    params = {"file_name": file.name[:100], "file_length": str(file.size), "file_type": file.content_type}
    begun = _taken(await graph.http.request("POST", graph.url("app", "uploads"), headers=graph.headers, params=params))
    # It comes with a signature in its query, and is an address already.
    session = string(begun, "id") or ""
    if not _SESSION.fullmatch(session):
        raise Refusal(Failed("stop", provider_error(PROVIDER_ERROR, "", "no upload session")))
    answer = await graph.http.request(
        "POST",
        f"{graph.url()}/{session}",
        headers={
            **graph.headers,
            "file_offset": "0",
            "Content-Type": "application/octet-stream",
            "Content-Length": str(file.size),
        },
        data=_bytes(source.read(file.storage_key)),
        seconds=_UPLOAD_SECONDS,
    )
    handle = string(_taken(answer), "h")
    if handle is None:
        raise Refusal(failure_of(answer))
    return handle


async def _bytes(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        yield chunk
