"""Secrets at rest: AES-256-GCM under a key derived from MADOGUCHI_SECRET_KEY."""

import hashlib
import hmac
import os

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class WrongKey(Exception):  # noqa: N818
    """The bytes were sealed under another key, or are damaged."""


class SecretBox:
    def __init__(self, secret_key: str) -> None:
        self._root = hashlib.sha256(secret_key.encode()).digest()
        self._cipher = AESGCM(self._derive("seal"))

    def seal(self, values: dict[str, str], bound_to: bytes) -> bytes:
        """`bound_to` (the row's id) keeps a sealed value from being moved to another row."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, msgspec.json.encode(values), bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> dict[str, str]:
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
        except (InvalidTag, ValueError) as error:  # too short to be ours at all
            raise WrongKey from error
        return msgspec.json.decode(plain, type=dict[str, str])

    def sign(self, purpose: str, message: bytes) -> str:
        """A keyed digest for things that come back to us (CSRF tokens, cursors, media links)."""
        return hmac.new(self._derive(purpose), message, hashlib.sha256).hexdigest()

    def check_value(self) -> str:
        """Kept in the database to notice a wrong key at the start, instead of at the first message."""
        return self.sign("check", b"madoguchi")

    def _derive(self, purpose: str) -> bytes:
        return hmac.new(self._root, purpose.encode(), hashlib.sha256).digest()
