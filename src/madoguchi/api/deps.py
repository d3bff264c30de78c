"""What a controller's handler can ask for by name.

`principal: Who`: who acts; `context: Ctx`: what the process shares; `tx: Tx`: the request's transaction, opened for
the principal's workspace, committed just before an answer below 400 leaves and rolled back otherwise (`unit.py`).
A handler that streams its answer opens its own transaction with `context.db.workspace(…)` and closes it first.
"""

from typing import Annotated, Any

from litestar import Request
from litestar.di import Provide
from litestar.params import Dependency

from madoguchi.api.unit import unit_of
from madoguchi.context import Context
from madoguchi.core.errors import Unauthenticated
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection

Who = Annotated[Principal, Dependency(skip_validation=True)]
Ctx = Annotated[Context, Dependency(skip_validation=True)]
Tx = Annotated[Connection, Dependency(skip_validation=True)]


async def _tx(request: Request[Any, Any, Any]) -> Connection:
    return await unit_of(request.scope).begin()


def _principal(request: Request[Any, Any, Any]) -> Principal:
    principal: Principal | None = request.scope["state"].get("principal")
    if principal is None:
        raise Unauthenticated
    return principal


def _context(request: Request[Any, Any, Any]) -> Context:
    context: Context = request.app.state.context
    return context


def dependencies() -> dict[str, Provide]:
    return {
        "tx": Provide(_tx),
        "principal": Provide(_principal, sync_to_thread=False),
        "context": Provide(_context, sync_to_thread=False),
    }
