"""Calls to Meta's Graph API for one inbox, and what its answers mean."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from madoguchi.channels.base import Failed, InboxConfig, Refusal
from madoguchi.channels.http import Http, HttpAnswer
from madoguchi.channels.manifest import Manifest
from madoguchi.channels.whatsapp.clean import clean_text
from madoguchi.channels.whatsapp.errors import (
    PROVIDER_ERROR,
    RATE_LIMITED,
    REFUSED,
    TOKEN_INVALID,
    Meaning,
    meaning_of,
    provider_error,
)


class Graph:
    def __init__(self, manifest: Manifest, inbox: InboxConfig, http: Http) -> None:
        self.http = http
        self.number = inbox.credentials.get("phone_number_id", "")
        self.account = inbox.credentials.get("business_account_id", "")
        self.token = inbox.credentials.get("access_token", "")
        self.headers = {"Authorization": f"Bearer {self.token}"}
        self._root = str(manifest.setting(inbox, "graph_url")).rstrip("/")
        self._version = str(manifest.setting(inbox, "graph_version")).strip("/")
        self._media_hosts = str(manifest.setting(inbox, "media_hosts") or "")

    def url(self, *path: str) -> str:
        return "/".join((self._root, self._version, *(quote(part, safe="") for part in path)))

    async def get(self, *path: str, params: Mapping[str, str] | None = None) -> Any:
        """The decoded answer. Raises Refusal, or HttpFailure when there was none."""
        answer = await self.http.request("GET", self.url(*path), headers=self.headers, params=params)
        found = answer.json()
        if answer.status != 200 or not isinstance(found, dict):
            raise Refusal(failure_of(answer))
        return found

    async def ask(self, method: str, *path: str, body: Any = None, params: Mapping[str, str] | None = None) -> Any:
        """The same for calls that change something."""
        answer = await self.http.request(method, self.url(*path), headers=self.headers, json=body, params=params)
        found = answer.json()
        if answer.status != 200 or not isinstance(found, dict):
            raise Refusal(failure_of(answer))
        return found

    async def delete(self, *path: str) -> None:
        await self.ask("DELETE", *path)

    async def post(self, *path: str, body: Any) -> HttpAnswer:
        return await self.http.request("POST", self.url(*path), headers=self.headers, json=body)

    def may_have_token(self, url: str) -> bool:
        """The token goes to the Graph API and to Meta's media hosts, to nobody else."""
        parts, root = urlsplit(url), urlsplit(self._root)
        if (parts.scheme, parts.netloc) == (root.scheme, root.netloc):
            return True
        hosts = {host.strip().lower() for host in self._media_hosts.split(",")}
        return parts.scheme == "https" and parts.netloc.lower() in hosts - {""}


class GraphError(Struct):
    code: int
    message: str = ""
    details: str = ""
    transient: bool = False


def error_of(answer: HttpAnswer) -> GraphError | None:
    """Meta's own error object, or None when the answer comes from somewhere before Meta (a proxy, say)."""
    found = answer.json()
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        return None
    data = error.get("error_data")
    return GraphError(
        code=error["code"],
        message=clean_text(str(error.get("message") or "")),
        details=clean_text(str(data.get("details") or "")) if isinstance(data, dict) else "",
        transient=error.get("is_transient") is True,
    )


def failure_of(answer: HttpAnswer) -> Failed:
    """The answer was a refusal: what it means."""
    error = error_of(answer)
    if error is None:
        meaning, code, detail = _by_status(answer.status), f"http_{answer.status}", ""
    else:
        meaning = meaning_of(error.code, answer.status, transient=error.transient)
        code, detail = str(error.code), error.details or error.message
    retry_in = _asked_to_wait(answer) or meaning.retry_in if meaning.kind == "retry_after" else None
    return Failed(meaning.kind, provider_error(meaning, code, detail), retry_in)


def _by_status(status: int) -> Meaning:
    if status == 401:
        return TOKEN_INVALID
    if status == 429:
        return RATE_LIMITED
    return PROVIDER_ERROR if status >= 500 or status < 400 else REFUSED


def _asked_to_wait(answer: HttpAnswer) -> float | None:
    """Seconds, where the answer names them: the standard header, or Meta's account of our use."""
    given = answer.headers.get("retry-after", "")
    if given.isascii() and given.isdecimal():
        return float(given[:6])
    return _regain_access(answer.headers.get("x-business-use-case-usage", ""))


def _regain_access(header: str) -> float | None:
    try:
        usage = msgspec.json.decode(header, type=dict[str, list[dict[str, Any]]])
    except msgspec.MsgspecError:
        return None
    minutes = [each.get("estimated_time_to_regain_access") for uses in usage.values() for each in uses]
    return 60.0 * max((m for m in minutes if isinstance(m, int | float)), default=0) or None
