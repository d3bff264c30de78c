"""One message to Twilio, the files it fetches and those it keeps for us."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import FormData, encode_basic_auth

from madoguchi.channels.base import Accepted, Failed, FetchedMedia, InboxConfig, MediaGone, Part, SendResult, Uncertain
from madoguchi.channels.health import Health
from madoguchi.channels.http import Http, HttpAnswer, HttpFailure
from madoguchi.channels.sms.reference import shorten
from madoguchi.channels.sms.result import BUSY, NOBODY, failed, not_reached, number_of, waits
from madoguchi.channels.sms.twilio.errors import meaning_of

_MOST_REDIRECTS = 3


async def send(part: Part, text: str, inbox: InboxConfig, settings: Mapping[str, Any], http: Http) -> SendResult:
    number = number_of(part)
    if not number:
        return failed(NOBODY)
    form = FormData({"To": number if len(number) < 7 else f"+{number}", "Body": text, **_sender(settings)})
    if inbox.webhook_url:
        # Comes back even when the answer to this request was lost.
        form.add_field("StatusCallback", f"{inbox.webhook_url}?ref={shorten(part.reference)}")
    try:
        answer = await http.request("POST", _url(inbox, settings), headers=_auth(inbox), data=form)
    except HttpFailure as failure:
        return Uncertain(str(failure)) if failure.left else not_reached(str(failure))
    return _judged(answer)


def _sender(settings: Mapping[str, Any]) -> dict[str, str]:
    if service := str(settings.get("messaging_service_sid") or ""):
        return {"MessagingServiceSid": service}
    return {"From": str(settings.get("sender") or "")}


def _judged(answer: HttpAnswer) -> SendResult:
    body = answer.json()
    said: dict[str, Any] = body if isinstance(body, dict) else {}
    sid = said.get("sid")
    if answer.status in {200, 201} and isinstance(sid, str) and sid:
        parts = str(said.get("num_segments") or "")
        return Accepted(sid, data={"segments": int(parts)} if parts.isdecimal() else {})
    if answer.status < 300:
        return Uncertain("Taken, but the answer cannot be read.")
    return refused(answer, said)


def refused(answer: HttpAnswer, said: Mapping[str, Any]) -> Failed | Uncertain:
    """A gateway's 502 or 504 says nothing of what the machine behind it did; 500 and 503 without a code likewise."""
    code = said.get("code")
    if answer.status >= 500 and not isinstance(code, int):
        return failed(BUSY, str(answer.status)) if answer.status == 503 else Uncertain(f"HTTP {answer.status}")
    meaning = meaning_of(code if isinstance(code, int) else 0, answer.status)
    wait = waits(answer.headers) if meaning.kind == "retry_after" else None
    return failed(meaning, str(code or answer.status), str(said.get("message") or ""), retry_in=wait)


def _auth(inbox: InboxConfig) -> dict[str, str]:
    token = inbox.credentials.get("auth_token", "").partition(",")[0].strip()
    user = inbox.credentials.get("api_key") or inbox.credentials.get("account_sid", "")
    secret = inbox.credentials.get("api_secret") if inbox.credentials.get("api_key") else token
    return {"Authorization": encode_basic_auth(user, secret or "", "utf-8")}


def _account(inbox: InboxConfig, settings: Mapping[str, Any]) -> str:
    base = str(settings["twilio_url"]).rstrip("/")
    return f"{base}/2010-04-01/Accounts/{inbox.credentials.get('account_sid', '')}"


def _url(inbox: InboxConfig, settings: Mapping[str, Any]) -> str:
    return f"{_account(inbox, settings)}/Messages.json"


async def fetch(
    reference: Mapping[str, Any], inbox: InboxConfig, settings: Mapping[str, Any], http: Http
) -> FetchedMedia:
    """Twilio's address leads to a store of another host; the account's token goes to Twilio's alone."""
    url = str(reference.get("url") or "")
    for _ in range(_MOST_REDIRECTS):
        trusted = urlsplit(url)[:2] == urlsplit(str(settings["twilio_url"]))[:2]
        if urlsplit(url).scheme not in {"http", "https"}:
            raise MediaGone
        head, chunks = await http.stream(url, headers=_auth(inbox) if trusted else None)
        if head.status == 200:
            size = head.headers.get("content-length", "")
            return FetchedMedia(head.headers.get("content-type"), int(size) if size.isdecimal() else None, chunks)
        await chunks.aclose()
        if head.status not in {301, 302, 303, 307, 308}:
            break
        url = head.headers.get("location", "")
    if head.status in {404, 410}:
        raise MediaGone
    raise HttpFailure(f"HTTP {head.status}", left=True)


async def probe(inbox: InboxConfig, settings: Mapping[str, Any], http: Http) -> Health:
    answer = await http.request("GET", f"{_account(inbox, settings)}.json", headers=_auth(inbox))
    body = answer.json()
    said: dict[str, Any] = body if isinstance(body, dict) else {}
    if answer.status == 200:
        status = str(said.get("status") or "active")
        if status == "active":
            return Health("ok", facts={"name": str(said.get("friendly_name") or "")[:200]})
        return Health("attention", f"The account is {status[:50]}.")
    if answer.status in {401, 403, 404}:
        refusal = refused(answer, {"code": 20003, **said})
        return Health("attention", "login_refused", holds=refusal.error if isinstance(refusal, Failed) else None)
    raise HttpFailure(f"HTTP {answer.status}", left=True)
