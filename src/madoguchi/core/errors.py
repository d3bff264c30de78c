"""What can be refused, in the codes that clients branch on (contract.md)."""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple


class FieldError(NamedTuple):
    field: str
    message: str


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """A refusal that the caller can act on; becomes application/problem+json."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str = "", *, errors: Sequence[FieldError] = (), **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.extra = extra


class Unauthenticated(Problem):
    status, code, title = 401, "unauthenticated", "Sign in first"


class Forbidden(Problem):
    status, code, title = 403, "forbidden", "Not allowed"


class NotFound(Problem):
    status, code, title = 404, "not_found", "Not found"


class Conflict(Problem):
    status, code, title = 409, "conflict", "In conflict with the present state"


class DraftChanged(Problem):
    status, code, title = 409, "draft_changed", "Another screen has written in this draft"


class NotAssignee(Problem):
    status, code, title = 409, "not_assignee", "Another agent has this conversation"


class AlreadyClaimed(Problem):
    status, code, title = 409, "already_claimed", "Another agent was first"


class WindowClosed(Problem):
    status, code, title = 409, "window_closed", "The service window is closed"


class ConsentMissing(Problem):
    status, code, title = 409, "consent_missing", "The contact has not agreed to this"


class OptedOut(Problem):
    status, code, title = 409, "opted_out", "The contact has opted out"


class Blocked(Problem):
    status, code, title = 409, "blocked", "The contact is blocked in this inbox"


class ChannelDown(Problem):
    status, code, title = 409, "channel_down", "The inbox cannot send at the moment"


class TooLarge(Problem):
    status, code, title = 413, "too_large", "Too large"


class Invalid(Problem):
    status, code, title = 422, "invalid", "The request is not valid"


class IdempotencyMismatch(Problem):
    status, code, title = 422, "idempotency_mismatch", "This Idempotency-Key was used with another request"


class RateLimited(Problem):
    status, code, title = 429, "rate_limited", "Too many requests"


class Unavailable(Problem):
    status, code, title = 503, "unavailable", "Not available at the moment"


class StartError(Exception):
    """The product cannot start or go on: one clear line for the person at the terminal."""
