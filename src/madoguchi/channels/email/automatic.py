"""Did a person write this, or a program? Answering a program automatically is how two programs write to each other for ever."""

import re

from madoguchi.channels.email.headers import Headers
from madoguchi.channels.email.structure import Mail

_BULK = {"bulk", "list", "junk", "auto_reply", "auto-reply"}
_ROBOTS = re.compile(
    r"^(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|donotreply|bounces?|auto-?reply|autoresponder|notifications?)"
    r"(?:[+._-][^@]*)?@",
    re.IGNORECASE,
)
_REPORTS = {"delivery-status", "disposition-notification", "feedback-report"}
_OUT_OF_OFFICE = re.compile(
    r"^(?:automatic reply|auto(?:matic)? ?response|auto[- ]?reply|out of (?:the )?office|on vacation|"
    r"自動返信|自動応答|不在(?:通知|のお知らせ)|休暇中|abwesenheits|automatische antwort|réponse automatique|absence du bureau|"
    r"respuesta automática|fuera de (?:la )?oficina|resposta automática|risposta automatica|automatisch antwoord|"
    r"odpowiedź automatyczna|autosvar|automaattinen vastaus|自动回复|自動回覆|부재중|자동 ?응답)",
    re.IGNORECASE,
)


def automatic_reason(mail: Mail) -> str | None:
    """The sign that says so (a header's name, `sender`, `subject` or `report`); None for what a person wrote."""
    headers = mail.headers
    return next((name for name, found in _signs(mail, headers).items() if found), None)


def _signs(mail: Mail, headers: Headers) -> dict[str, bool]:
    suppress = headers.plain("x-auto-response-suppress")
    return {
        "report": mail.content_type == "multipart/report" or mail.parameters.get("report-type", "").lower() in _REPORTS,
        "auto-submitted": headers.has("auto-submitted") and not headers.plain("auto-submitted").startswith("no"),
        "precedence": headers.plain("precedence") in _BULK,
        "x-auto-response-suppress": any(word in suppress for word in ("all", "autoreply", "oof")),
        "x-autoreply": headers.plain("x-autoreply") not in {"", "no"},
        "x-autorespond": headers.has("x-autorespond"),
        "x-autoresponder": headers.has("x-autoresponder"),
        "x-loop": headers.has("x-loop"),
        "x-ms-exchange-inbox-rules-loop": headers.has("x-ms-exchange-inbox-rules-loop"),
        "list-id": headers.has("list-id") or headers.has("list-unsubscribe"),
        "feedback-id": headers.has("feedback-id"),
        "return-path": headers.has("return-path") and headers.plain("return-path") in {"<>", ""},
        "sender": any(_ROBOTS.match(address.key) for address in headers.addresses("from", "sender")),
        "subject": bool(_OUT_OF_OFFICE.match(headers.text("subject").strip())),
    }
