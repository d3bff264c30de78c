"""Definitions of contacts' attributes over HTTP. Values are set with `PATCH /contacts/{id} {attributes}`."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import Page
from madoguchi.attributes import service
from madoguchi.attributes.models import AttributeOut, AttributePatch, NewAttribute


class AttributeController(Controller):
    path = "/api/v1/attributes"
    tags = ("contacts",)

    @get("", summary="List the attributes that contacts may have")
    async def list_attributes(self, tx: Tx, principal: Who) -> Page[AttributeOut]:
        """All on one page: there are at most 100."""
        return Page(await service.get_definitions(tx, principal.workspace_id))

    @post("", summary="Define an attribute")
    async def create_attribute(self, tx: Tx, principal: Who, data: NewAttribute) -> AttributeOut:
        """For supervisors. Values are checked from now on; what is there stays as it is."""
        return await service.do_add(tx, principal, data)

    @patch("/{attribute_id:uuid}", summary="Change an attribute")
    async def change_attribute(self, tx: Tx, principal: Who, attribute_id: UUID, data: AttributePatch) -> AttributeOut:
        return await service.do_change(tx, principal, attribute_id, data)

    @delete("/{attribute_id:uuid}", summary="Delete an attribute's definition")
    async def delete_attribute(self, tx: Tx, principal: Who, attribute_id: UUID) -> None:
        """Contacts keep their values."""
        await service.do_remove(tx, principal, attribute_id)
