"""What a customer answered by tapping: buttons, list rows, forms."""

from typing import Any

from madoguchi.channels.whatsapp.clean import load, string


def read_reply(kind: str, given: Any) -> dict[str, Any] | None:
    """{kind, id, title, description, response}, or None for kinds we do not know."""
    if not isinstance(given, dict):
        return None
    if kind == "button_reply":
        return _reply("button", string(given, "id"), string(given, "title"))
    if kind == "list_reply":
        return _reply("list", string(given, "id"), string(given, "title"), string(given, "description"))
    if kind == "nfm_reply":
        return _reply("flow", string(given, "name"), string(given, "body"), response=_form(given.get("response_json")))
    if kind == "call_permission_reply":
        known = ("response", "is_permanent", "expiration_timestamp", "response_source")
        answer = {key: given[key] for key in known if key in given}
        return _reply("call_permission", string(given, "response"), None, response=answer)
    return None


def _reply(
    kind: str, identifier: str | None, title: str | None, description: str | None = None, *, response: Any = None
) -> dict[str, Any]:
    return {"kind": kind, "id": identifier, "title": title, "description": description, "response": response}


def _form(given: Any) -> Any:
    """A form's answers come as JSON within a text."""
    if not isinstance(given, str):
        return given
    try:
        return load(given.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return given
