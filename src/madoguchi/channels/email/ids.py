"""Ids that travel through other people's mail programs and come back: in our Message-ID and in the reply address.

`c<conversation>.m<message>.<proof>@domain` and `local+c<conversation><proof>@domain`; the ids are 25 characters of base 36, since
mail servers lower-case what stands before the @ and cut it at 64. The proof is made and checked by the pipeline
(`thread_proof`): whoever parses a mail does not know the secret.
"""

import re
from typing import NamedTuple
from uuid import UUID

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_WIDTH = 25
PROOF_WIDTH = 16
_OWN_ID = re.compile(
    rf"^c([0-9a-z]{{{_WIDTH}}})\.m([0-9a-z]{{{_WIDTH}}})(?:r(\d{{1,4}}))?\.([0-9a-z]{{{PROOF_WIDTH}}})@", re.IGNORECASE
)
_OWN_ADDRESS = re.compile(rf"[+-]c([0-9a-z]{{{_WIDTH}}})([0-9a-z]{{{PROOF_WIDTH}}})@", re.IGNORECASE)


class Token(NamedTuple):
    """A claim that a mail belongs to a conversation; worth nothing until its proof is checked."""

    conversation_id: UUID
    proof: str
    message_id: UUID | None = None
    retries: int = 0  # an agent's further try is a mail of its own to the servers on the way

    @property
    def reference(self) -> str | None:
        """What the pipeline gave the message as its reference."""
        return (
            f"{self.message_id}.{self.retries}" if self.retries else str(self.message_id) if self.message_id else None
        )


def short(value: UUID) -> str:
    number, digits = value.int, []
    for _ in range(_WIDTH):
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def long(text: str) -> UUID | None:
    number = int(text, 36)
    return UUID(int=number) if number < 2**128 else None


def own_message_id(token: Token, domain: str) -> str:
    """Without its brackets."""
    if token.message_id is None:
        raise ValueError("a Message-ID names the message")
    again = f"r{token.retries}" if token.retries else ""
    return f"c{short(token.conversation_id)}.m{short(token.message_id)}{again}.{token.proof}@{domain}"


def reply_address(address: str, token: Token) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}+c{short(token.conversation_id)}{token.proof}@{domain}"


def plain_address(address: str) -> str:
    """The same address without a token of ours."""
    return _OWN_ADDRESS.sub("@", address)


def token_of_id(message_id: str) -> Token | None:
    match = _OWN_ID.match(message_id)
    conversation, message = (long(match.group(1)), long(match.group(2))) if match else (None, None)
    if match is None or conversation is None or message is None:
        return None
    return Token(conversation, match.group(4).lower(), message, int(match.group(3) or 0))


def token_of_address(address: str) -> Token | None:
    match = _OWN_ADDRESS.search(address)
    conversation = long(match.group(1)) if match else None
    return Token(conversation, match.group(2).lower()) if match and conversation else None
