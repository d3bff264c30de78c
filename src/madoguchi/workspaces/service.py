"""A workspace and its first owner."""

from uuid import UUID

from msgspec import Struct
from psycopg.types.json import Jsonb

from madoguchi.agents.models import NewAgent, NewToken
from madoguchi.agents.passwords import hash_password, password_errors
from madoguchi.agents.service import do_insert
from madoguchi.agents.tokens import do_insert_token
from madoguchi.audit import service as audit
from madoguchi.core import clock
from madoguchi.core.errors import Conflict, Invalid
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Connection, Database
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)


class NewWorkspace(Struct, frozen=True):
    name: str
    owner_email: str
    owner_password: str
    owner_name: str = ""
    locale: str = "en"
    time_zone: str = "UTC"
    api_token: bool = True


class CreatedWorkspace(Struct, frozen=True):
    workspace_id: UUID
    agent_id: UUID
    api_token: str
    """Empty when none was wanted."""


async def create_first(db: Database, request: NewWorkspace, *, walk: bool = True) -> CreatedWorkspace:
    """`walk`: the console leads its owner through the first steps. Raises Conflict when there is a workspace already, Invalid for a poor password."""
    hashed = await _hashed(request)
    async with db.system() as tx:
        await tx.execute(Q.one_at_a_time)
        found = await (await tx.execute(Q.any_workspace)).fetchone()
        if found and found["there"]:
            raise Conflict("This installation has a workspace already.")
        await tx.execute(Q.forget_set_up)
        return await _create(tx, request, hashed, walk=walk)


async def create_workspace(db: Database, request: NewWorkspace) -> CreatedWorkspace:
    hashed = await _hashed(request)
    async with db.system() as tx:
        return await _create(tx, request, hashed, walk=False)


async def _hashed(request: NewWorkspace) -> str:
    if errors := password_errors(request.owner_password):
        raise Invalid(errors[0].message, errors=errors)
    return await hash_password(request.owner_password)


async def _create(tx: Connection, request: NewWorkspace, password_hash: str, *, walk: bool) -> CreatedWorkspace:
    workspace_id = new_id()
    values = {"workspace_id": workspace_id, "name": request.name.strip(), "now": clock.now()}
    settings = Jsonb({"first_steps": {}} if walk else {})
    place = {"locale": request.locale, "time_zone": request.time_zone, "settings": settings}
    await tx.execute(Q.insert, {**values, **place})
    await tx.execute(Q.insert_counter, values)
    name = request.owner_name.strip() or request.owner_email.partition("@")[0]
    owner = NewAgent(name, request.owner_email, role="owner", locale=request.locale)
    agent_id = await do_insert(tx, workspace_id, owner, password_hash)
    token = await _token(tx, workspace_id, agent_id) if request.api_token else ""
    await audit.record(
        tx,
        workspace_id,
        "workspace.created",
        actor_kind="system",
        actor_id=None,
        target_kind="workspace",
        target_id=workspace_id,
    )
    return CreatedWorkspace(workspace_id, agent_id, token)


async def _token(tx: Connection, workspace_id: UUID, agent_id: UUID) -> str:
    return (await do_insert_token(tx, workspace_id, agent_id, NewToken("first"))).token
