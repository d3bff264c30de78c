"""Companies: found, added, changed, deleted. Their contacts stay."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from msgspec import UNSET
from psycopg import errors

from madoguchi.audit import service as audit
from madoguchi.companies.models import CompanyOut, CompanyPatch, NewCompany
from madoguchi.core import clock
from madoguchi.core.errors import FieldError, Forbidden, Invalid, NotFound
from madoguchi.core.ids import new_id
from madoguchi.core.principal import Principal
from madoguchi.core.times import stamped
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries
from madoguchi.events.service import Change, record

Q = load_queries(__file__)

_FIRST = UUID(int=0)


async def load_companies(tx: Connection, workspace_id: UUID, ids: Iterable[UUID]) -> list[CompanyOut]:
    """In the order of `ids`; those that are not there are left out."""
    wanted = list(dict.fromkeys(ids))
    rows = await (await tx.execute(Q.by_ids, {"workspace_id": workspace_id, "ids": wanted})).fetchall()
    found = {row["id"]: CompanyOut(**stamped(row)) for row in rows}
    return [found[each] for each in wanted if each in found]


async def get_company(tx: Connection, workspace_id: UUID, company_id: UUID) -> CompanyOut:
    found = await load_companies(tx, workspace_id, [company_id])
    if not found:
        raise NotFound("There is no such company.")
    return found[0]


async def get_page(
    tx: Connection, workspace_id: UUID, q: str | None, *, after: tuple[str, UUID] | None, limit: int
) -> list[CompanyOut]:
    """By name."""
    name, last = after or ("", _FIRST)
    needle = (q or "").strip().lower()
    values = {"workspace_id": workspace_id, "name": name, "after": last, "needle": needle, "limit": limit}
    ids = [row["id"] for row in await (await tx.execute(Q.page, values)).fetchall()]
    return await load_companies(tx, workspace_id, ids)


async def do_create(tx: Connection, principal: Principal, new: NewCompany) -> CompanyOut:
    """Raises Invalid (name or domain is taken)."""
    company_id = new_id()
    await _write(tx, principal, Q.insert, company_id, new.name, new.domain)
    await _tell(tx, principal, "created", company_id)
    return await get_company(tx, principal.workspace_id, company_id)


async def do_update(tx: Connection, principal: Principal, company_id: UUID, patch: CompanyPatch) -> CompanyOut:
    """Raises NotFound, Invalid (name or domain is taken)."""
    before = await _lock(tx, principal, company_id)
    name = before["name"] if patch.name is UNSET else patch.name
    domain = before["domain"] if patch.domain is UNSET else patch.domain
    await _write(tx, principal, Q.update, company_id, name, domain)
    await _tell(tx, principal, "changed", company_id)
    return await get_company(tx, principal.workspace_id, company_id)


async def do_delete(tx: Connection, principal: Principal, company_id: UUID) -> None:
    """Its contacts stay, without a company. Raises NotFound, Forbidden."""
    if not principal.may_supervise:
        raise Forbidden("Only a supervisor may delete a company.")
    await _lock(tx, principal, company_id)
    await tx.execute(Q.delete, {"workspace_id": principal.workspace_id, "id": company_id})
    await _tell(tx, principal, "deleted", company_id)


async def _lock(tx: Connection, principal: Principal, company_id: UUID) -> dict[str, Any]:
    row = await (await tx.execute(Q.lock, {"workspace_id": principal.workspace_id, "id": company_id})).fetchone()
    if row is None:
        raise NotFound("There is no such company.")
    return row


async def _write(
    tx: Connection, principal: Principal, query: Any, company_id: UUID, name: str, domain: str | None
) -> None:
    values = {
        "workspace_id": principal.workspace_id,
        "id": company_id,
        "name": name.strip(),
        "domain": domain.lower() if domain else None,
        "now": clock.now(),
    }
    try:
        async with tx.transaction():
            await tx.execute(query, values)
    except errors.UniqueViolation as taken:
        field = "domain" if "domain" in (taken.diag.constraint_name or "") else "name"
        message = f"There is another company with this {field}."
        raise Invalid(message, errors=[FieldError(field, message)]) from None


async def _tell(tx: Connection, principal: Principal, verb: str, company_id: UUID) -> None:
    await audit.record(
        tx,
        principal.workspace_id,
        f"company.{verb}",
        actor_kind=principal.kind,
        actor_id=principal.agent_id,
        target_kind="company",
        target_id=company_id,
    )
    await record(tx, principal.workspace_id, [Change("company.updated", company_id)])
