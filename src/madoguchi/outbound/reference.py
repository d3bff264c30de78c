"""What travels with a send and comes back in its receipts: our message id, and which of an agent's tries it was."""

from uuid import UUID


def reference_of(message_id: UUID, retries: int) -> str:
    return f"{message_id}.{retries}" if retries else str(message_id)


def parse_reference(reference: str | None) -> tuple[UUID | None, int]:
    """Ours, if it is one: other programs on the same number may put anything there."""
    text, _, retries = (reference or "").partition(".")
    try:
        return UUID(text), int(retries or 0) if len(retries) < 5 else 0
    except ValueError:
        return None, 0
