"""What WhatsApp would refuse about a draft, found before it leaves."""

from collections.abc import Callable
from typing import Any

from madoguchi.channels.base import Draft
from madoguchi.channels.manifest import Capabilities
from madoguchi.channels.whatsapp.cards import name_of
from madoguchi.channels.whatsapp.file_check import check_file, check_header_file
from madoguchi.channels.whatsapp.findings import Findings
from madoguchi.channels.whatsapp.interactive import check_interactive, files_of
from madoguchi.channels.whatsapp.template_check import check_template
from madoguchi.core.errors import FieldError

_MOST_CONTACTS = 257
_EMOJI = 64  # code points: families and flags join many


def check(draft: Draft, capabilities: Capabilities) -> list[FieldError]:
    findings = Findings()
    found = _CHECKS.get(draft.type)
    if found is None:
        findings.add("type", f"WhatsApp has no messages of type {draft.type}.")
    else:
        found(draft, capabilities, findings)
    return findings.errors


def _text(draft: Draft, capabilities: Capabilities, findings: Findings) -> None:
    findings.text("text", draft.text, capabilities.text_limit)


def _media(draft: Draft, capabilities: Capabilities, findings: Findings) -> None:
    if len(draft.media) != 1:
        findings.add("media_id", "This message needs exactly one file.")
        return
    kind = "voice" if draft.type == "audio" and draft.data.get("voice") else draft.type
    check_file("media_id", kind, draft.media[0], capabilities, findings)
    _caption(draft, capabilities, findings)


def _caption(draft: Draft, capabilities: Capabilities, findings: Findings) -> None:
    if draft.type in {"audio", "sticker"}:
        if draft.text:
            findings.add("caption", "WhatsApp shows no caption with this type.")
    else:
        findings.text("caption", draft.text, capabilities.caption_limit, required=False)


def _location(draft: Draft, _capabilities: Capabilities, findings: Findings) -> None:
    for key, limit in (("latitude", 90), ("longitude", 180)):
        value = draft.data.get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= limit:
            findings.add(f"location.{key}", f"This must be a number between -{limit} and {limit}.")
    for key in ("name", "address"):
        findings.text(f"location.{key}", draft.data.get(key), 1000, required=False)


def _contacts(draft: Draft, _capabilities: Capabilities, findings: Findings) -> None:
    for index, card in enumerate(findings.objects("contacts", draft.data.get("contacts"), _MOST_CONTACTS, "contact")):
        if not name_of(card):
            findings.add(f"contacts.{index}.name", "A contact needs a name.")
        for key in ("phones", "emails", "urls"):
            _check_lines(f"contacts.{index}.{key}", card.get(key), findings)


def _check_lines(field: str, lines: Any, findings: Findings) -> None:
    if lines is not None and not (isinstance(lines, list) and all(isinstance(each, str | dict) for each in lines)):
        findings.add(field, "This must be a list of texts or objects.")


def _reaction(draft: Draft, _capabilities: Capabilities, findings: Findings) -> None:
    given = draft.data.get("reaction")
    if not isinstance(given, dict) or not given.get("message_id"):
        findings.add("reaction.message_id", "A reaction needs the message it belongs to.")
        return
    findings.text("reaction.emoji", given.get("emoji"), _EMOJI, required=False)


def _interactive(draft: Draft, capabilities: Capabilities, findings: Findings) -> None:
    given = draft.data.get("interactive")
    check_interactive(given, findings)
    if findings.errors:
        return
    for field, kind, media_id in files_of(given):
        check_header_file(field, kind, media_id, draft.media, capabilities, findings)


_CHECKS: dict[str, Callable[[Draft, Capabilities, Findings], None]] = {
    "text": _text,
    **dict.fromkeys(("image", "video", "audio", "document", "sticker"), _media),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": _interactive,
    "template": check_template,
}
