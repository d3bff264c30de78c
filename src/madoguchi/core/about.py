"""What a log line is about, under the same names everywhere: request, workspace, inbox, conversation.

Ids only: what a person wrote, who they are and what opens a door never stands in a log.
"""

from contextlib import AbstractContextManager
from uuid import UUID

from structlog.contextvars import bound_contextvars

Id = UUID | str | None


def about(
    *,
    request_id: Id = None,
    workspace_id: Id = None,
    inbox_id: Id = None,
    conversation_id: Id = None,
    message_id: Id = None,
    job: str | None = None,
) -> AbstractContextManager[None]:
    """Every line written inside the block, a library's too, carries those that are given.

    `request_id` is the `X-Request-Id` of our answer, or the id of a provider's request in the ingest log.
    """
    given = {
        "request_id": request_id,
        "workspace_id": workspace_id,
        "inbox_id": inbox_id,
        "conversation_id": conversation_id,
        "message_id": message_id,
        "job": job,
    }
    return bound_contextvars(**{name: str(value) for name, value in given.items() if value is not None})
