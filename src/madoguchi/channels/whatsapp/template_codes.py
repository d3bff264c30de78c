"""What Meta demands of authentication templates: it writes their words itself, we choose among few things."""

import re
from typing import Any

from madoguchi.channels.whatsapp.broken_rules import Broken, kind, objects

_MINUTES = (1, 90)
_LABEL, _APPS, _PACKAGE = 25, 5, 224
_KINDS = {"COPY_CODE", "ONE_TAP", "ZERO_TAP"}
_PACKAGE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/=]{11}")


def check_codes(broken: Broken, parts: dict[str, dict[str, Any]]) -> None:
    for name, part in parts.items():
        if name not in {"BODY", "FOOTER", "BUTTONS"}:
            broken.add(name.lower(), "not_in_codes", "A template for codes has no such part.")
        elif part.get("text"):
            broken.add(f"{name.lower()}.text", "fixed_text", "Meta writes the words of templates for codes.")
    _check_flag(broken, parts.get("BODY", {}))
    minutes = parts.get("FOOTER", {}).get("code_expiration_minutes")
    if minutes is not None:
        broken.number("footer.code_expiration_minutes", minutes, *_MINUTES)
    buttons = objects(parts.get("BUTTONS", {}).get("buttons"))
    if len(buttons) != 1 or kind(buttons[0]) != "OTP":
        broken.add(
            "buttons", "one_code_button", "A template for codes has exactly one button, which hands over the code."
        )
        return
    _check_button(broken, "buttons.0", buttons[0])


def _check_flag(broken: Broken, body: dict[str, Any]) -> None:
    if not isinstance(body.get("add_security_recommendation", False), bool):
        broken.add("body.add_security_recommendation", "yes_or_no", "This is either true or false.")


def _check_button(broken: Broken, field: str, button: dict[str, Any]) -> None:
    which = kind(button, "otp_type")
    if which not in _KINDS:
        broken.add(f"{field}.otp_type", "kind", f"This must be one of {', '.join(sorted(_KINDS))}.")
        return
    for key in ("text", "autofill_text"):
        if button.get(key) is not None:
            broken.text(f"{field}.{key}", button[key], _LABEL)
    if which != "COPY_CODE":
        _check_apps(broken, field, button)
    if which == "ZERO_TAP" and button.get("zero_tap_terms_accepted") is not True:
        broken.add(f"{field}.zero_tap_terms_accepted", "terms", "Meta's terms for this kind have to be accepted.")


def _check_apps(broken: Broken, field: str, button: dict[str, Any]) -> None:
    apps = objects(button.get("supported_apps"))
    if not 1 <= len(apps) <= _APPS:
        message = f"Name one to {_APPS} apps that may take the code."
        broken.add(f"{field}.supported_apps", "apps", message, limit=_APPS, given=len(apps))
    for index, app in enumerate(apps):
        place = f"{field}.supported_apps.{index}"
        package = broken.text(f"{place}.package_name", app.get("package_name"), _PACKAGE)
        if package and not _PACKAGE_NAME.fullmatch(package):
            broken.add(f"{place}.package_name", "package", "This must be a package name such as com.example.app.")
        if not _SIGNATURE.fullmatch(str(app.get("signature_hash") or "")):
            broken.add(f"{place}.signature_hash", "signature", "The app's signature hash has exactly 11 characters.")
