"""Passwords: Argon2id in a thread, a few at a time, so that a burst of sign-ins cannot take the machine's memory."""

import asyncio
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from madoguchi.core.errors import FieldError

MIN_LENGTH = 10
MAX_LENGTH = 200

# RFC 9106 with less memory than its second choice: 19 MiB is OWASP's minimum for two passes.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = 4


async def hash_password(password: str) -> str:
    async with _gate():
        return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(hashed: str, password: str) -> bool:
    async with _gate():
        return await asyncio.to_thread(_verify, hashed, password)


async def verify_nobody(password: str) -> None:
    """As much work as a real check, for an address that nobody has."""
    await verify_password(_nobody(), password)


def new_password() -> str:
    """A first password to hand over: 80 bits in an alphabet that survives being read aloud."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


def password_errors(password: str, field: str = "password") -> list[FieldError]:
    if len(password) < MIN_LENGTH:
        return [FieldError(field, f"A password has at least {MIN_LENGTH} characters.")]
    if len(password) > MAX_LENGTH:
        return [FieldError(field, f"A password has at most {MAX_LENGTH} characters.")]
    return []


def _verify(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))


_gates: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


def _gate() -> asyncio.Semaphore:
    # One per event loop: a semaphore belongs to the loop it first waited in.
    loop = asyncio.get_running_loop()
    for other in [known for known in _gates if known.is_closed()]:
        del _gates[other]
    return _gates.setdefault(loop, asyncio.Semaphore(_AT_ONCE))
