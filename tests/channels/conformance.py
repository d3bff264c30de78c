"""Runs one case of a channel. The same for every channel; nothing here knows any of them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.channels.base import (
    Accepted,
    Channel,
    Draft,
    Failed,
    FetchedMedia,
    Handshake,
    InboxConfig,
    MediaGone,
    Part,
    RawRequest,
    Refused,
    SendResult,
)
from madoguchi.channels.events import Broken, Event
from madoguchi.channels.http import Http, HttpFailure
from tests.channels.cases import Case, load_inbox, request_body
from tests.channels.provider import running_provider

_NOBODY = "http://127.0.0.1:9"  # discard: nothing listens there
_ID = UUID(int=1)


async def run_case(channel: Channel, folder: Path, case: Case) -> None:
    match case.kind:
        case "in":
            check_inbound(channel, case.data)
        case "verify":
            check_verify(channel, make_inbox(channel, folder, "", case.data["inbox"]), case.data)
        case "check":
            draft = msgspec.convert(case.data["check"], Draft, strict=False)
            assert [error.field for error in channel.check(draft)] == case.data["fields"]
            assert all(error.message for error in channel.check(draft))
        case _:
            await check_with_provider(channel, folder, case)


def make_inbox(channel: Channel, folder: Path, server: str, more: dict[str, Any]) -> InboxConfig:
    """`more`: what the case's file has instead."""
    given = json.loads(json.dumps([load_inbox(folder), more]).replace("{server}", server))
    credentials, settings = ({**given[0].get(key, {}), **given[1].get(key, {})} for key in ("credentials", "settings"))
    url = str({**given[0], **given[1]}.get("webhook_url", ""))
    return InboxConfig(_ID, _ID, channel.manifest.name, "Test", credentials, settings, url)


# --- in -------------------------------------------------------------------------------------------


def check_inbound(channel: Channel, case: dict[str, Any]) -> None:
    found = list(channel.parse(RawRequest("POST", {}, case.get("headers", {}), request_body(case))))
    expected = [_event(each) for each in case["events"]]
    # Why something cannot be read is for people; the cases say only that it cannot.
    assert [Broken("") if isinstance(each, Broken) else each for each in found] == expected


def _event(given: dict[str, Any]) -> Event:
    event: Event = msgspec.convert({"detail": "", **given} if given["event"] == "broken" else given, Event)
    unknown = given.keys() - {"event"} - set(event.__struct_fields__)
    assert not unknown, f"the case expects fields that no event has: {unknown}"
    return event


def check_verify(channel: Channel, inbox: InboxConfig, case: dict[str, Any]) -> None:
    given = case["verify"]
    body = str(given.get("body", "")).encode()
    request = RawRequest(given.get("method", "POST"), given.get("query", {}), given.get("headers", {}), body)
    verdict = channel.verify(request, inbox)
    found: dict[str, Any] = {"verdict": type(verdict).__name__.lower()}
    if isinstance(verdict, Refused):
        found["status"] = verdict.status
    elif isinstance(verdict, Handshake) or verdict.answer:
        found["answer"] = verdict.answer.decode()
    assert found == case["verdict"]


# --- out ------------------------------------------------------------------------------------------


class Files:
    """Our stored files, as the case gives them: storage key → content."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    async def read(self, storage_key: str) -> AsyncIterator[bytes]:
        yield self._files[storage_key].encode()


async def check_with_provider(channel: Channel, folder: Path, case: Case) -> None:
    data = case.data
    async with running_provider() as provider, Http(total_seconds=10) as http:
        provider.answers = list(data.get("answers", []))
        server = _NOBODY if data.get("provider") == "down" else provider.url
        inbox = make_inbox(channel, folder, server, data["inbox"])
        if case.kind == "out":
            part = msgspec.convert(data["send"], Part, strict=False)
            result = await channel.send(part, inbox, http, Files(data.get("files", {})))
            _compare(_shown(result), data["result"])
        else:
            _compare(await _called(channel, data, inbox, http), data["returns"])
        _compare_requests(provider.requests, data.get("requests", []))
        assert not provider.answers, f"{len(provider.answers)} answers were not asked for"


def _shown(result: SendResult) -> dict[str, Any]:
    if isinstance(result, Accepted):
        return {"accepted": _plain(result)}
    if isinstance(result, Failed):
        shown = {"kind": result.kind, "code": result.error.code, "provider_code": result.error.provider_code}
        return {"failed": shown | {"retry_in": result.retry_in, "detail": result.error.detail}}
    return {"uncertain": True}


async def _called(channel: Channel, data: dict[str, Any], inbox: InboxConfig, http: Http) -> Any:
    try:
        found = await getattr(channel, data["call"])(*data.get("arguments", []), inbox, http, **data.get("options", {}))
    except MediaGone:
        return {"raises": "MediaGone"}
    except HttpFailure as failure:
        return {"raises": type(failure).__name__}
    if isinstance(found, FetchedMedia):
        content = b"".join([chunk async for chunk in found.chunks]).decode()
        return {"content_type": found.content_type, "size": found.size, "content": content}
    return _plain(found)


def _plain(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def _compare(found: Any, expected: Any) -> None:
    """Objects may have more than the case names; everything else is equal."""
    assert _narrowed(found, expected) == expected


def _narrowed(found: Any, expected: Any) -> Any:
    if isinstance(found, dict) and isinstance(expected, dict):
        return {key: _narrowed(found[key], value) for key, value in expected.items() if key in found}
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        return [_narrowed(*pair) for pair in zip(found, expected, strict=True)]
    return found


def _compare_requests(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(found) == len(expected), [f"{each['method']} {each['path']}" for each in found]
    for one, wanted in zip(found, expected, strict=True):
        exact = {key: one.get(key) for key in wanted if key != "headers"}
        assert exact == {key: value for key, value in wanted.items() if key != "headers"}
        _compare(one["headers"], wanted.get("headers", {}))
