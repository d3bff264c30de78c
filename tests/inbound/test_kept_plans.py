"""The worker keeps its plans for a while; they must not be those of an empty database for longer than that."""

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.db import plans
from madoguchi.db.plans import KeptPlans
from madoguchi.db.pool import Connection, Database
from tests.conversations.test_plans import fill
from tests.inbound.conftest import Pipeline
from tests.support.meta import status, text_message, webhook
from tests.support.world import Workspace

_PREPARED_AFTER = 6  # psycopg prepares a statement when it has seen it five times
_FEW = 2000  # of the tables that stay small here: the queue, inboxes, agents, slots


async def a_batch(pipeline: Pipeline, inbox: InboxConfig, number: int) -> None:
    """A new customer, one who is known, and a receipt that nobody waits for."""
    new, known = f"8190{number:08d}", "819000000000"
    people = [text_message(**{"from": who, "from_user_id": f"JP.{who}"}) for who in (new, known)]
    body = webhook(*people, statuses=(status(f"wamid.nobody{number}", "sent"),))
    assert await pipeline.post(inbox, body) == 200
    await pipeline.process()


async def read_in_order(database: Database, work: Connection) -> int:
    """Rows that were read without an index so far."""
    await work.execute("SELECT pg_stat_force_next_flush()")
    async with database.system() as tx:
        row = await (await tx.execute("SELECT sum(seq_tup_read) AS n FROM pg_stat_user_tables")).fetchone()
    assert row is not None
    return int(row["n"])


async def test_a_batch_reads_no_table_as_a_whole(
    database: Database, workspace: Workspace, inbox: InboxConfig, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without statistics, as on the first day: 20,000 rows in each table, and plans from when there were none."""
    kept = KeptPlans(pipeline.work)
    await kept.renew()
    for number in range(_PREPARED_AFTER):
        await a_batch(pipeline, inbox, number)
    prepared = await pipeline.work.execute("SELECT count(*) AS n FROM pg_prepared_statements WHERE generic_plans > 0")
    row = await prepared.fetchone()
    assert row is not None
    assert row["n"] > 10
    await fill(database, workspace, inbox)
    monkeypatch.setattr(plans, "_KEPT_SECONDS", 0.0)
    await kept.renew()
    before = await read_in_order(database, pipeline.work)
    for number in range(_PREPARED_AFTER, _PREPARED_AFTER + 3):
        await a_batch(pipeline, inbox, number)
    assert await read_in_order(database, pipeline.work) - before < _FEW
