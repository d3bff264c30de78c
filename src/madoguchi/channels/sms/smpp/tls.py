"""Whom to trust."""

import ssl


def context_of(authority: str) -> ssl.SSLContext:
    """The system's authorities, and the operator's own one (PEM) where it is given."""
    context = ssl.create_default_context()
    if authority.strip():
        context.load_verify_locations(cadata=authority)
    return context


def reason_of(error: ssl.SSLError) -> str:
    return str(getattr(error, "verify_message", "") or error.reason or "TLS")[:200]
