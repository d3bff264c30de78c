"""Teams over HTTP. Giving a conversation to one is `PUT /conversations/{id}/team`."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from madoguchi.api.deps import Tx, Who
from madoguchi.api.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, cut, decode_cursor, encode_cursor
from madoguchi.teams import service
from madoguchi.teams.models import NewTeam, TeamOut, TeamPatch


class TeamController(Controller):
    path = "/api/v1/teams"
    tags = ("teams",)

    @get("", summary="List teams by name, with their members")
    async def list_teams(
        self, tx: Tx, principal: Who, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Page[TeamOut]:
        after = decode_cursor(cursor, tuple[str])
        found = await service.get_teams(tx, principal, after=after[0] if after else None, limit=limit + 1)
        items, last = cut(found, limit)
        return Page(items, encode_cursor(last.name) if last else None)

    @post("", summary="Make a team")
    async def create_team(self, tx: Tx, principal: Who, data: NewTeam) -> TeamOut:
        return await service.do_add(tx, principal, data)

    @get("/{team_id:uuid}", summary="Read a team")
    async def read_team(self, tx: Tx, principal: Who, team_id: UUID) -> TeamOut:
        return await service.get_team(tx, principal, team_id)

    @patch("/{team_id:uuid}", summary="Change a team's name or members")
    async def change_team(self, tx: Tx, principal: Who, team_id: UUID, data: TeamPatch) -> TeamOut:
        return await service.do_change(tx, principal, team_id, data)

    @delete("/{team_id:uuid}", summary="Delete a team; its conversations belong to no team")
    async def delete_team(self, tx: Tx, principal: Who, team_id: UUID) -> None:
        await service.do_remove(tx, principal, team_id)
