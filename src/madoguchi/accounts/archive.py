"""What was in the provider's own app before the number was connected: asked for once, and then it comes by itself."""

from typing import Literal

from psycopg.types.json import Jsonb

from madoguchi.accounts.desk import Desk, asking, note
from madoguchi.core import clock
from madoguchi.core.times import rfc3339
from madoguchi.db.queries import load_queries

Q = load_queries(__file__)

Kind = Literal["contacts", "history"]
_ASKED = "asked_for_"


async def do_synchronise(desk: Desk, kind: Kind) -> None:
    """Raises Invalid and Unavailable in the provider's words: it was asked for already, or too late."""
    with asking(desk):
        await desk.account.synchronise(kind)
    now = clock.now()
    place = {"workspace_id": desk.principal.workspace_id, "inbox_id": desk.inbox.id}
    async with desk.context.db.workspace(desk.principal.workspace_id) as tx:
        await tx.execute(Q.keep_state, {**place, "state": Jsonb({_ASKED + kind: rfc3339(now)}), "now": now})
        await note(tx, desk, "account.synchronised", kind=kind)


def asked_for(state: dict[str, str]) -> dict[str, str]:
    """By kind, when it was asked for."""
    return {key.removeprefix(_ASKED): at for key, at in state.items() if key.startswith(_ASKED)}
