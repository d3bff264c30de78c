"""Whom we trust on the other end of a mail connection."""

import ssl
from functools import lru_cache


@lru_cache(maxsize=64)
def context_of(authority: str | None) -> ssl.SSLContext:
    """The system's authorities, and the company's own (PEM text) where the inbox names one. Raises ssl.SSLError."""
    context = ssl.create_default_context()
    if authority and authority.strip():
        context.load_verify_locations(cadata=authority)
    return context
