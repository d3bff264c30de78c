"""One message to Kannel's smsbox."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from madoguchi.channels.base import Accepted, InboxConfig, Part, SendResult, Uncertain
from madoguchi.channels.http import Http, HttpAnswer, HttpFailure
from madoguchi.channels.sms.encoding import plan
from madoguchi.channels.sms.reference import shorten
from madoguchi.channels.sms.result import (
    BUSY,
    NOBODY,
    REFUSED_SIGN_IN,
    UNKNOWN_FAILURE,
    Meaning,
    failed,
    not_reached,
    number_of,
)

# At the phone, not at the phone, waits at the operator, taken by the operator, refused by the operator.
_EVERY_REPORT = "31"
_WORDS = (
    ("authorization", REFUSED_SIGN_IN),
    ("denied", Meaning("sender_invalid", "stop")),
    ("credit", Meaning("no_credit", "channel_down")),
    ("receiver", Meaning("number_invalid", "not_reachable")),
    ("not routable", Meaning("number_unreachable", "not_reachable")),
    ("missing", Meaning("request_refused", "stop")),
    ("rejected", Meaning("filtered", "stop")),
)


async def send(part: Part, text: str, inbox: InboxConfig, settings: Mapping[str, Any], http: Http) -> SendResult:
    number = number_of(part)
    if not number:
        return failed(NOBODY)
    reference = shorten(part.reference)
    # By POST: a lost answer to a GET is asked for again underneath us, and the customer would get it twice.
    asked = {
        "Username": inbox.credentials.get("kannel_username", ""),
        "Password": inbox.credentials.get("kannel_password", ""),
        "From": str(settings["sender"] or ""),
        "To": number if len(number) < 7 else f"+{number}",
        "Coding": "0" if plan(text).alphabet == "gsm" else "2",
    }
    if smsc := str(settings["kannel_smsc"] or ""):
        asked["SMSC"] = smsc
    if inbox.webhook_url:
        asked |= {"DLR-Mask": _EVERY_REPORT, "DLR-URL": f"{inbox.webhook_url}?{_report(reference)}"}
    headers = {f"X-Kannel-{name}": value for name, value in asked.items()}
    headers["Content-Type"] = "text/plain; charset=UTF-8"
    try:
        answer = await http.request("POST", str(settings["kannel_url"]), headers=headers, data=text.encode())
    except HttpFailure as failure:
        return Uncertain(str(failure)) if failure.left else not_reached(str(failure))
    return _judged(answer, reference)


def _report(reference: str) -> str:
    """The escapes that Kannel fills in; it encodes what it puts there."""
    return urlencode({"ref": reference}) + "&dlr=%d&answer=%A&at=%T&to=%P"


def _judged(answer: HttpAnswer, reference: str) -> SendResult:
    words = answer.body[:300].decode("utf-8", "replace").strip()
    if answer.status in {200, 202} and words[:1] in {"0", "3"}:
        return Accepted(reference)
    if answer.status == 503:
        return failed(BUSY, "503", words)
    if answer.status >= 500:
        return Uncertain(f"HTTP {answer.status}")
    if answer.status < 300:
        return Uncertain("Taken, but the answer cannot be read.")
    known = next((meaning for word, meaning in _WORDS if word in words.lower()), None)
    by_status = REFUSED_SIGN_IN if answer.status in {401, 403} else UNKNOWN_FAILURE
    return failed(known or by_status, str(answer.status), words)
