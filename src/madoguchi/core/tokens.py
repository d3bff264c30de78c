"""Opaque secrets that find their tenant: API tokens, session cookies and webhook keys.

A token carries the workspace's id in front of its secret, so that its look-up goes to one tenant by primary key.
Only the digest is stored.
"""

import base64
import hashlib
import secrets
import uuid
from typing import NamedTuple

_SECRET_BYTES = 24
_ENCODED_LENGTH = 54  # base64url of 16 + 24 bytes, without padding


class Token(NamedTuple):
    text: str
    digest: bytes


def new_token(workspace_id: uuid.UUID, prefix: str = "") -> Token:
    raw = workspace_id.bytes + secrets.token_bytes(_SECRET_BYTES)
    text = prefix + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return Token(text, digest(text))


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def workspace_of(text: str, prefix: str = "") -> uuid.UUID | None:
    """The workspace a token claims to belong to, or None when it cannot be one of ours."""
    body = text.removeprefix(prefix)
    if not text.startswith(prefix) or len(body) != _ENCODED_LENGTH or not text.isascii():
        return None
    try:
        raw = base64.urlsafe_b64decode(body + "==")
    except ValueError:
        return None
    return uuid.UUID(bytes=raw[:16]) if len(raw) == 16 + _SECRET_BYTES else None
