"""Two programs that answer each other never stop: what no person wrote obeys two brakes, on channels where programs write.

Nothing automatic goes to what a program wrote; and, since not every program says what it is, at most one automatic letter
a day goes to one person from one inbox.
"""

from datetime import timedelta
from uuid import UUID

from madoguchi.channels.manifest import Capabilities
from madoguchi.core import clock
from madoguchi.core.errors import Conflict
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection
from madoguchi.db.queries import load_queries

Q = load_queries(__file__, "loops.sql")

_ONCE_IN = timedelta(hours=24)


async def check_loop(tx: Connection, principal: Principal, channel: Capabilities, conversation_id: UUID) -> None:
    """Raises Conflict. The caller holds the conversation's lock, so that two at once are one after the other."""
    if principal.kind != "system" or not channel.threads:
        return
    values = {"workspace_id": principal.workspace_id, "conversation_id": conversation_id}
    row = await (await tx.execute(Q.before, {**values, "since": clock.now() - _ONCE_IN})).fetchone()
    if row is None:
        return
    if row["answers_program"]:
        raise Conflict("A program wrote the last message; nothing automatic answers it.")
    if row["was_answered"]:
        raise Conflict("This person got an automatic message from this inbox within a day.")
