"""The key, its request and its answer: one row per principal and key, kept 48 hours."""

import hashlib
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core import clock
from madoguchi.core.errors import FieldError, IdempotencyMismatch, Invalid
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)

_MAX_KEY = 200


class Stored(msgspec.Struct, frozen=True):
    status: int
    body: bytes


class Key(msgspec.Struct, frozen=True):
    """A key this request holds; `stored` is the first request's answer when there was one."""

    workspace_id: UUID
    principal: str
    key: str
    stored: Stored | None


def request_hash(method: str, target: str, body: bytes) -> bytes:
    return hashlib.sha256(b"\n".join((method.encode(), target.encode(), body))).digest()


async def do_claim(tx: Connection, principal: Principal, key: str, digest: bytes) -> Key:
    """Take the key for this transaction, waiting for another request that holds it.

    Raises IdempotencyMismatch when the key was used with another request.
    """
    check_key(key)
    owner = f"{principal.kind}:{principal.agent_id}"
    values: dict[str, Any] = {"workspace_id": principal.workspace_id, "principal": owner, "key": key}
    # A second insert of the same key waits here for the first one's commit (then it inserts nothing) or rollback.
    inserted = await tx.execute(Q.claim, {**values, "request_hash": digest, "now": clock.now()})
    if inserted.rowcount:
        return Key(**values, stored=None)
    found = await (await tx.execute(Q.stored, values)).fetchone()
    if found is None or bytes(found["request_hash"]) != digest:
        raise IdempotencyMismatch
    return Key(**values, stored=Stored(found["status"], bytes(found["answer"])))


async def do_store(tx: Connection, key: Key, status: int, body: bytes) -> None:
    values = {"workspace_id": key.workspace_id, "principal": key.principal, "key": key.key}
    await tx.execute(Q.store, {**values, "status": status, "answer": body})


def check_key(key: str) -> None:
    if not 1 <= len(key) <= _MAX_KEY or not key.isprintable():
        message = f"An Idempotency-Key has 1 to {_MAX_KEY} printable characters."
        raise Invalid(message, errors=[FieldError("Idempotency-Key", message)])
