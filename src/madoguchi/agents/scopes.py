"""What an API token may be limited to: `<resource>:read` or `<resource>:write` (which includes reading)."""

from madoguchi.core.errors import FieldError, Forbidden
from madoguchi.core.principal import Principal

RESOURCES = (
    "agents",
    "contacts",
    "conversations",
    "costs",
    "events",
    "inboxes",
    "labels",
    "media",
    "messages",
    "quick-replies",
    "teams",
    "templates",
)
SCOPES = frozenset(f"{resource}:{right}" for resource in RESOURCES for right in ("read", "write"))

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ALSO = {
    "attributes": "contacts",
    "audit": "agents",
    "companies": "contacts",
    "workspace": "agents",
    "channels": "inboxes",
    "set-aside": "inboxes",
    "lanes": "inboxes",
    "live": "events",
    "close-reasons": "conversations",
    "drafts": "conversations",
    "views": "conversations",
    "timeline": "messages",
}
# Who am I, and signing out: every token may.
_FREE = frozenset({"me", "session"})


def check_scope(principal: Principal, method: str, path: str) -> None:
    """`path` below /api/v1. A path of no known resource is refused to a limited token. Raises Forbidden."""
    if not principal.scopes:
        return
    resource = resource_of(path)
    if resource in _FREE:
        return
    rights = ("read", "write") if method in _SAFE else ("write",)
    if resource == "search":  # it shows all of these
        for each in ("contacts", "conversations", "messages"):
            _check(principal, each, rights)
        return
    _check(principal, resource, rights)
    if path.rstrip("/").endswith("/export"):  # everything about a person: also what they wrote
        _check(principal, "conversations", rights)
        _check(principal, "messages", rights)


def _check(principal: Principal, resource: str, rights: tuple[str, ...]) -> None:
    if not any(f"{resource}:{right}" in principal.scopes for right in rights):
        needed = f"{resource}:{rights[0]}"
        raise Forbidden(f"This token lacks the scope {needed}.", scope=needed)


def resource_of(path: str) -> str:
    parts = [part for part in path.split("/") if part]
    # Messages and templates live below other things; the right is theirs, not the parent's.
    nested = next((part for part in parts[1:] if part in {"messages", "templates", "timeline"}), None)
    name = nested or (parts[0] if parts else "")
    return _ALSO.get(name, name)


def scope_errors(scopes: list[str]) -> list[FieldError]:
    return [
        FieldError(f"scopes.{index}", f"There is no scope {scope!r}.")
        for index, scope in enumerate(scopes)
        if scope not in SCOPES
    ]
