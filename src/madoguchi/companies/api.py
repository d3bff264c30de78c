"""Companies over HTTP. A company's contacts: `GET /contacts?company_id=`."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import Parameter

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.companies import service
from madoguchi.companies.models import CompanyOut, CompanyPatch, NewCompany

Search = Annotated[str | None, Parameter(max_length=200, description="Part of the name or the domain.")]


class CompanyController(Controller):
    path = "/api/v1/companies"
    tags = ("contacts",)

    @get("", summary="List companies by name")
    async def list_companies(
        self, tx: Tx, principal: Who, q: Search = None, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
    ) -> Page[CompanyOut]:
        after = decode_cursor(cursor, tuple[str, UUID])
        found = await service.get_page(tx, principal.workspace_id, q, after=after, limit=limit + 1)
        items, last = cut(found, limit)
        return Page(items, encode_cursor(last.name, last.id) if last else None)

    @post("", summary="Add a company")
    async def create_company(self, tx: Tx, principal: Who, data: NewCompany) -> CompanyOut:
        """422 when another company has the name or the domain."""
        return await service.do_create(tx, principal, data)

    @get("/{company_id:uuid}", summary="Read one company")
    async def read_company(self, tx: Tx, principal: Who, company_id: UUID) -> CompanyOut:
        return await service.get_company(tx, principal.workspace_id, company_id)

    @patch("/{company_id:uuid}", summary="Change a company")
    async def change_company(self, tx: Tx, principal: Who, company_id: UUID, data: CompanyPatch) -> CompanyOut:
        return await service.do_update(tx, principal, company_id, data)

    @delete("/{company_id:uuid}", summary="Delete a company; its contacts stay")
    async def delete_company(self, tx: Tx, principal: Who, company_id: UUID) -> None:
        await service.do_delete(tx, principal, company_id)
