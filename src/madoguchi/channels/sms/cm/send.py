"""One message to CM.com's gateway."""

from collections.abc import Mapping
from typing import Any

from madoguchi.channels.base import Accepted, InboxConfig, Part, SendResult, Uncertain
from madoguchi.channels.http import Http, HttpAnswer, HttpFailure
from madoguchi.channels.sms.cm.errors import meaning_of
from madoguchi.channels.sms.reference import shorten
from madoguchi.channels.sms.result import BUSY, NOBODY, REFUSED_SIGN_IN, failed, not_reached, number_of, waits

# Nobody can tell whether the message left after these.
_UNSURE = {500, 999}


async def send(part: Part, text: str, inbox: InboxConfig, settings: Mapping[str, Any], http: Http) -> SendResult:
    number = number_of(part)
    if not number:
        return failed(NOBODY)
    reference = shorten(part.reference)
    token = inbox.credentials.get("product_token", "")
    message = {
        "from": str(settings["sender"] or ""),
        "to": [{"number": number if len(number) < 7 else f"00{number}"}],
        "body": {"type": "auto", "content": text},
        "reference": reference,
        "allowedChannels": ["SMS"],
        "minimumNumberOfMessageParts": 1,
        "maximumNumberOfMessageParts": int(settings["most_parts"]),
    }
    body = {"messages": {"authentication": {"producttoken": token}, "msg": [message]}}
    url = f"{str(settings['cm_url']).rstrip('/')}/v1.0/message"
    try:
        answer = await http.request("POST", url, headers={"X-CM-PRODUCTTOKEN": token}, json=body)
    except HttpFailure as failure:
        return Uncertain(str(failure)) if failure.left else not_reached(str(failure))
    return _judged(answer, reference)


def _judged(answer: HttpAnswer, reference: str) -> SendResult:
    body = answer.json()
    said: dict[str, Any] = body if isinstance(body, dict) else {}
    each = said.get("messages")
    first = each[0] if isinstance(each, list) and each and isinstance(each[0], dict) else {}
    code = _code(first.get("messageErrorCode")) or _code(said.get("errorCode"))
    if code in _UNSURE:
        return Uncertain(f"CM.com answered {code}.")
    if code:
        words = str(first.get("messageDetails") or said.get("details") or "")
        return failed(meaning_of(code), str(code), words, retry_in=waits(answer.headers))
    if answer.status == 200 and str(first.get("status") or "Accepted").lower() == "accepted" and said:
        # There is no id of CM's: our reference is what comes back.
        return Accepted(reference, data={"segments": first["parts"]} if isinstance(first.get("parts"), int) else {})
    return _by_status(answer)


def _by_status(answer: HttpAnswer) -> SendResult:
    if answer.status in {401, 403}:
        return failed(REFUSED_SIGN_IN, str(answer.status))
    if answer.status in {429, 503}:
        return failed(meaning_of(answer.status), str(answer.status), retry_in=waits(answer.headers))
    if 400 <= answer.status < 500:
        return failed(meaning_of(202), str(answer.status))
    return failed(BUSY, "200") if answer.status == 204 else Uncertain(f"HTTP {answer.status}")


def _code(value: Any) -> int:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 6 else 0
