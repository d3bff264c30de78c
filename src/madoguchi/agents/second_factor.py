"""A second factor at the sign-in: an authenticator app, and recovery codes for the day it is lost."""

import hashlib
import secrets as random
import unicodedata
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from psycopg.rows import DictRow

from madoguchi.agents import qr, totp
from madoguchi.agents.models import Password
from madoguchi.agents.passwords import verify_password
from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, RateLimited, Unauthenticated
from madoguchi.core.principal import Principal
from madoguchi.core.secrets import SecretBox
from madoguchi.core.times import Timestamp, rfc3339
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries

Q = load_queries(__file__, "second_factor.sql")
AGENTS = load_queries(__file__)

_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
# Codes have six digits: whoever knows the password may not try many, from wherever they come.
_MOST_FAILURES = 10
_PAUSE = timedelta(minutes=15)

Code = Annotated[str, Meta(min_length=6, max_length=20, examples=["123456"])]


class SecondFactorOut(Struct, frozen=True):
    """`recovery_codes`: how many are left."""

    enabled: bool
    since: Timestamp | None = None
    recovery_codes: int = 0


class SecondFactorBegun(Struct, frozen=True):
    """Shown once. `secret` to be typed, `uri` and `qr` (an SVG) to be scanned."""

    secret: str
    uri: str
    qr: str


class PasswordIn(Struct, frozen=True, forbid_unknown_fields=True):
    password: Password


class CodeIn(Struct, frozen=True, forbid_unknown_fields=True):
    code: Code


class RecoveryCodes(Struct, frozen=True):
    """Shown once; each is good for one sign-in in place of a code."""

    recovery_codes: list[str]


class AgentSecondFactor(Struct, frozen=True):
    agent_id: UUID
    since: Timestamp


async def get_own(tx: Connection, principal: Principal) -> SecondFactorOut:
    row = await (await tx.execute(Q.state, _own(principal))).fetchone()
    return SecondFactorOut(True, rfc3339(row["confirmed_at"]), row["codes"]) if row else SecondFactorOut(False)


async def get_all(tx: Connection, principal: Principal) -> list[AgentSecondFactor]:
    """Who has one. Raises Forbidden."""
    _check_owner(principal)
    rows = await (await tx.execute(Q.every, {"workspace_id": principal.workspace_id})).fetchall()
    return [AgentSecondFactor(row["agent_id"], rfc3339(row["confirmed_at"])) for row in rows]


async def do_begin(tx: Connection, box: SecretBox, principal: Principal, password: str) -> SecondFactorBegun:
    """Nothing is asked for at the sign-in before it is confirmed. Raises Forbidden, Invalid (password), Conflict."""
    values = _own(principal)
    agent = await _check_password(tx, values, password)
    secret = totp.new_secret()
    sealed = box.seal({"secret": secret}, values["agent_id"].bytes)
    if not (await tx.execute(Q.begin, values | {"secret": sealed})).rowcount:
        raise Conflict("There is a second factor already. Turn it off first.")
    uri = totp.address_of(secret, agent["email"])
    return SecondFactorBegun(secret, uri, qr.svg(uri))


async def do_confirm(
    tx: Connection, box: SecretBox, principal: Principal, code: str, *, keep_session: bytes | None = None
) -> RecoveryCodes:
    """Whoever else is signed in as this agent, is so without the second factor: only `keep_session` goes on.

    Raises Conflict (none was begun, or it is confirmed), Invalid naming `code`."""
    values = _own(principal)
    row = await (await tx.execute(Q.lock, values)).fetchone()
    if row is None or row["confirmed_at"] is not None:
        raise Conflict("There is no second factor to confirm.")
    step = _step(box, values, row, code)
    if step is None:
        message = "The code is not right. Does the telephone show the right time?"
        raise Invalid(message, errors=[FieldError("code", message)])
    codes = [_new_code() for _ in range(_CODES)]
    await tx.execute(Q.confirm, values | {"step": step})
    await tx.execute(Q.add_codes, values | {"digests": [_digest(each) for each in codes]})
    await tx.execute(AGENTS.delete_sessions, values | {"keep": keep_session})
    await _audit(tx, principal, "agent.second_factor_set", values["agent_id"])
    return RecoveryCodes(codes)


async def do_turn_off(tx: Connection, principal: Principal, password: str) -> None:
    """Raises Invalid (password). Nothing happens without one."""
    values = _own(principal)
    await _check_password(tx, values, password)
    await _remove(tx, principal, values)


async def do_reset(tx: Connection, principal: Principal, agent_id: UUID) -> None:
    """A colleague lost the telephone: where it is still signed in, it is no more. Raises Forbidden (another owner, in person,
    only), NotFound."""
    _check_owner(principal)
    own = _own(principal)
    if own["agent_id"] == agent_id:
        raise Forbidden("One's own second factor is turned off with the password.")
    values = {"workspace_id": principal.workspace_id, "agent_id": agent_id}
    if await (await tx.execute(Q.agent, values)).fetchone() is None:
        raise NotFound("There is no such agent.")
    await _reset(tx, principal, values)


async def do_reset_by_email(db: Database, email: str) -> int:
    """From the terminal. How many were taken away: the address may work for several workspaces."""
    async with db.system() as tx:
        rows = await (await tx.execute(Q.by_email, {"email": email.strip().lower()})).fetchall()
        removed = 0
        for row in rows:
            values = {"workspace_id": row["workspace_id"], "agent_id": row["id"]}
            removed += await _reset(tx, Principal(row["workspace_id"], "system", None, "owner", ""), values)
    return removed


async def check(db: Database, box: SecretBox, agent: DictRow, code: str | None) -> None:
    """At the sign-in, after the password. Raises Unauthenticated with `reason` code_needed or code_wrong, RateLimited."""
    values = {"workspace_id": agent["workspace_id"], "agent_id": agent["id"], "now": clock.now()}
    async with db.workspace(agent["workspace_id"]) as tx:
        row = await (await tx.execute(Q.lock, values)).fetchone()
        if row is None or row["confirmed_at"] is None:
            return
        failures = row["failures"] if _is_recent(row["failed_at"], values["now"]) else 0
        if failures >= _MOST_FAILURES:
            raise RateLimited("Too many wrong codes. Try again later.", retry_after=int(_PAUSE.total_seconds()))
        if not code:
            raise Unauthenticated("Enter the code of your authenticator app.", reason="code_needed")
        passed = await _use(tx, box, values, row, code)
        if not passed:
            await tx.execute(Q.failed, values | {"failures": failures + 1})
            if failures + 1 == _MOST_FAILURES:  # whoever does this knows the password
                nobody = Principal(agent["workspace_id"], "system", None, "agent", "")
                await _audit(tx, nobody, "agent.second_factor_locked", agent["id"])
    # After the commit: a failure that is rolled back would not be counted.
    if not passed:
        raise Unauthenticated("The code is not right, or was used already.", reason="code_wrong")


async def _use(tx: Connection, box: SecretBox, values: dict[str, Any], row: DictRow, code: str) -> bool:
    step = _step(box, values, row, code)
    if step is None and not (await tx.execute(Q.use_code, values | {"digest": _digest(code)})).rowcount:
        return False
    await tx.execute(Q.passed, values | {"step": step or 0})
    return True


def _step(box: SecretBox, values: dict[str, Any], row: DictRow, code: str) -> int | None:
    """Of a code that is right and newer than the last one taken."""
    secret = box.open(bytes(row["secret"]), values["agent_id"].bytes)["secret"]
    digits = _plain(code)
    step = totp.matching_step(secret, digits, clock.timestamp()) if digits.isascii() else None
    return step if step is not None and step > row["last_step"] else None


def _is_recent(failed_at: datetime | None, now: datetime) -> bool:
    """A time still to come is a clock's mistake, and locks nobody out."""
    return failed_at is not None and timedelta(0) <= now - failed_at < _PAUSE


def _plain(code: str) -> str:
    """As it is meant, however it is typed: full-width digits of an input method, blanks, capitals, hyphens."""
    return "".join(each for each in unicodedata.normalize("NFKC", code).lower() if each.isalnum())


async def _check_password(tx: Connection, values: dict[str, Any], password: str) -> DictRow:
    agent = await (await tx.execute(Q.agent, values)).fetchone()
    if agent is None or not await verify_password(agent["password_hash"] or "", password):
        message = "This is not the password."
        raise Invalid(message, errors=[FieldError("password", message)])
    return agent


async def _reset(tx: Connection, principal: Principal, values: dict[str, Any]) -> bool:
    removed = await _remove(tx, principal, values)
    if removed:
        await tx.execute(AGENTS.delete_sessions, values | {"keep": None})
    return removed


async def _remove(tx: Connection, principal: Principal, values: dict[str, Any]) -> bool:
    row = await (await tx.execute(Q.remove, values)).fetchone()
    if row is None or row["confirmed_at"] is None:
        return False
    await _audit(tx, principal, "agent.second_factor_removed", values["agent_id"])
    return True


def _own(principal: Principal) -> dict[str, Any]:
    """Raises Forbidden: an API token stands for a program, which is never asked for a code."""
    if principal.kind != "agent" or principal.agent_id is None:
        raise Forbidden("Sign in as a person to do this.")
    return {"workspace_id": principal.workspace_id, "agent_id": principal.agent_id, "now": clock.now()}


def _check_owner(principal: Principal) -> None:
    if principal.role != "owner":
        raise Forbidden("Only an owner may do this.")


def _new_code() -> str:
    """50 bits in an alphabet that survives being read aloud."""
    return "-".join("".join(random.choice(_ALPHABET) for _ in range(5)) for _ in range(2))


def _digest(code: str) -> bytes:
    plain = _plain(code)
    return hashlib.sha256(f"{plain[:5]}-{plain[5:]}".encode()).digest()


async def _audit(tx: Connection, principal: Principal, action: str, agent_id: UUID) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        action,
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="agent",
        target_id=agent_id,
    )
