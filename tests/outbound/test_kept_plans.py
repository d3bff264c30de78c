"""Plans that are kept are made once, when there is nothing in the tables yet, and have to be right for whatever comes."""

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.conversations.changes import do_read
from madoguchi.conversations.lists import get_message
from madoguchi.core.principal import Principal
from madoguchi.db.pool import Connection, Database
from madoguchi.outbound.address import send_to_address
from madoguchi.outbound.drafts import MessageDraft, TemplateChoice
from madoguchi.outbound.enqueue import enqueue
from tests.conversations.test_plans import analyse, fill
from tests.outbound.conftest import add_template
from tests.support.world import Workspace

_PREPARED_AFTER = 6  # psycopg prepares a statement when it has seen it five times
_FEW = 100  # rows of tables that have no more: inboxes, templates, agents, the queue
BOOKING = MessageDraft(
    type="template", template=TemplateChoice(name="booking", language="en_US", variables={"1": "Maria", "2": "Friday"})
)


class Writer:
    """What the API does for one message, with kept plans on a connection that stays."""

    def __init__(self, database: Database, inbox: InboxConfig, principal: Principal) -> None:
        self._database = database
        self._inbox = inbox
        self._principal = principal
        self._number = 0

    async def write(self) -> dict[str, int]:
        """To somebody new, to the same again, and a note; returns the rows read without an index, by table."""
        self._number += 1
        to = f"+8190{self._number:08d}"
        async with self._database.workspace(self._principal.workspace_id, kept_plans=True) as tx:
            for _ in range(2):
                message_id = await send_to_address(tx, self._principal, self._inbox.id, to, BOOKING)
                message = await get_message(tx, self._principal.workspace_id, message_id)
            await enqueue(tx, self._principal, message.conversation_id, BOOKING)
            await do_read(tx, self._principal, message.conversation_id, None)
            return await read_in_order(tx)


async def read_in_order(tx: Connection) -> dict[str, int]:
    cursor = await tx.execute("SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE seq_tup_read > 0")
    return {row["relname"]: row["seq_tup_read"] for row in await cursor.fetchall()}


@pytest.mark.parametrize("statistics", [True, False])
async def test_a_message_reads_no_table_as_a_whole(
    context: Context, database: Database, dsn: str, workspace: Workspace, inbox: InboxConfig, *, statistics: bool
) -> None:
    await add_template(context, inbox)
    async with Database(dsn, size=1) as alone:
        writer = Writer(alone, inbox, workspace.agent.principal)
        for _ in range(_PREPARED_AFTER):
            await writer.write()
        async with alone.workspace(workspace.id) as tx:
            assert await generic_plans(tx) > 10
        await fill(database, workspace, inbox)
        await give_numbers(database, workspace)
        if statistics:
            await analyse(dsn)
        for _ in range(2):
            read = await writer.write()
            assert {table: rows for table, rows in read.items() if rows > _FEW} == {}


async def give_numbers(database: Database, workspace: Workspace) -> None:
    async with database.workspace(workspace.id) as tx:
        await tx.execute(
            "INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, created_at)"
            " SELECT workspace_id, gen_random_uuid(), id, 'whatsapp', 'phone', '99' || name, now() FROM contacts c"
            " WHERE NOT EXISTS (SELECT FROM contact_identities i WHERE i.workspace_id = c.workspace_id AND i.contact_id = c.id)"
        )


async def generic_plans(tx: Connection) -> int:
    """Statements of this connection that are run by a kept plan."""
    cursor = await tx.execute("SELECT count(*) AS n FROM pg_prepared_statements WHERE generic_plans > 0")
    row = await cursor.fetchone()
    assert row is not None
    return int(row["n"])
