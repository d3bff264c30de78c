"""What a provider would refuse, found before it leaves: messages, and the inbox's form."""

import ssl
from collections.abc import Mapping
from typing import Any

from madoguchi.channels.base import Draft
from madoguchi.channels.manifest import Capabilities
from madoguchi.channels.sms.encoding import plan
from madoguchi.channels.sms.numbers import check_region, check_sender
from madoguchi.core.errors import FieldError

_MOST_PARTS = 255  # what the header of a part can count to; providers stop earlier
_NEEDED = {"cm": ("sender",), "kannel": ("sender", "kannel_url"), "smpp": ("sender", "smpp_host"), "twilio": ()}


def check(draft: Draft, capabilities: Capabilities) -> list[FieldError]:
    if draft.type != "text":
        return [FieldError("type", f"Short messages have no {draft.type}.")]
    text = draft.text or ""
    if not text.strip():
        return [FieldError("text", "This must not be empty.")]
    if len(text) > capabilities.text_limit:
        return [FieldError("text", f"At most {capabilities.text_limit} characters are allowed; this has {len(text)}.")]
    if len(plan(text).parts) > _MOST_PARTS:
        return [FieldError("text", f"This would be more than {_MOST_PARTS} parts.")]
    return []


def check_settings(settings: Mapping[str, Any]) -> list[FieldError]:
    """`settings` with their defaults."""
    provider = str(settings["provider"])
    errors = [_missing(name) for name in _NEEDED[provider] if not settings.get(name)]
    sender = str(settings.get("sender") or "")
    if provider == "twilio" and not sender and not settings.get("messaging_service_sid"):
        errors.append(FieldError("settings.sender", "A sender is needed, or a messaging service."))
    checks = (("sender", check_sender(sender) if sender else None), ("region", check_region(_text(settings, "region"))))
    errors += [FieldError(f"settings.{name}", message) for name, message in checks if message]
    return [*errors, *_check_authority(_text(settings, "tls_ca"))]


def _missing(name: str) -> FieldError:
    return FieldError(f"settings.{name}", "This field is required.")


def _text(settings: Mapping[str, Any], name: str) -> str:
    return str(settings.get(name) or "")


def _check_authority(pem: str) -> list[FieldError]:
    if not pem:
        return []
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        return [FieldError("settings.tls_ca", "This is no certificate in PEM form.")]
    return []
