"""A conversation's id as it may travel through strangers' mail programs and come back: with a proof that we gave it out."""

import base64
import hmac
from uuid import UUID

from madoguchi.core.secrets import SecretBox

_BYTES = 10  # 80 bits: more than anybody can try against a server


def thread_proof(secrets: SecretBox, conversation_id: UUID) -> str:
    """16 characters, letters and the digits 2 to 7."""
    digest = bytes.fromhex(secrets.sign("thread", conversation_id.bytes))
    return base64.b32encode(digest[:_BYTES]).decode().lower()


def is_proven(secrets: SecretBox, conversation_id: UUID, proof: str) -> bool:
    return hmac.compare_digest(
        thread_proof(secrets, conversation_id), proof.lower().encode("ascii", "replace").decode()
    )
