"""No query costs more because more has happened before: blocks read with a short past and with a long one."""

from pathlib import Path

from tests.growth.estimates import costs_of
from tests.growth.measure import blocks_of
from tests.growth.spy import Blocks

# 2,000 messages and 50,000; `make bench ARGS="--only growth"` compares ten thousand with a million.
_SHORT, _LONG = 500, 12_500
# A page of a list: without its parameters the planner takes it for a tenth of the table. It is measured instead.
_PAGES = {f"conversations/lists.sql: {name}" for name in ("newest", "newest_end", "waiting", "closing", "few")}
_MAY_GROW = {
    "accounts/queries.sql: heard": "looks through the newest 5,000",
    "agents/queries.sql: release_contacts": "once, when an agent leaves",
    "contacts/numbers.sql: holders": "each new person by an index, taken for a hundred at once",
    "contacts/queries.sql: page": "a page, or as many as a search reaches",
    "conversations/lists.sql: recount": "counts everything, at night",
    "workspaces/queries.sql: delete_old_ingest": "a batch at a time, where parts cannot be dropped",
}


async def test_no_query_costs_more_with_a_longer_past(dsn: str, tmp_path: Path) -> None:
    short = await blocks_of(dsn, tmp_path / "short", _SHORT)
    expected_before = costs_of(dsn)
    long = await blocks_of(dsn, tmp_path / "long", _LONG)
    expected = costs_of(dsn)
    assert (short.failed, long.failed) == ([], [])
    assert long.grown_from(short) == {}
    # What a day does is measured; every other query is held to what the planner expects of it.
    assert len(long.named) > 140
    assert long.named >= _PAGES
    grown = {name for name, cost in expected.items() if cost > 3 * expected_before[name] + 260}
    assert grown - _PAGES - _MAY_GROW.keys() == set()


async def test_a_query_that_reads_the_past_is_seen() -> None:
    short, long = Blocks(), Blocks()
    for blocks, read in ((short, 40), (long, 1000)):
        blocks.note("SELECT count(*) FROM messages", read)
        blocks.note("SELECT 1 FROM messages LIMIT 1", 4)
    assert long.grown_from(short) == {"SELECT count(*) FROM messages": (40, 1000)}
