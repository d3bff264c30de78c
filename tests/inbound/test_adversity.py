"""The way in when the database is away, a batch is too heavy, or one request spoils its company."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context, open_context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.inbound import process as process_module
from madoguchi.inbound import thread
from madoguchi.inbound.commit import Entry, GroupCommit, NotStored
from madoguchi.inbound.process import read_batch
from madoguchi.inbound.receive import Receiver
from madoguchi.inboxes.directory import InboxDirectory
from madoguchi.outbound import receipts
from tests.inbound.conftest import Pipeline
from tests.support.meta import sign, text_message, webhook
from tests.support.world import SECRET_KEY


async def test_a_header_cannot_spoil_the_group_it_is_committed_with(pipeline: Pipeline, inbox: InboxConfig) -> None:
    strange = [webhook(text_message(str(number))) for number in range(3)]
    headers = [
        sign(strange[0]) | {"X-Forwarded-For": "\\u0000"},
        sign(strange[1]) | {"X-Forwarded-For": "a\0b\\"},
        sign(strange[2]),
    ]
    answers = await asyncio.gather(*(pipeline.post(inbox, b, h) for b, h in zip(strange, headers, strict=True)))
    assert answers == [200, 200, 200]
    assert await pipeline.process() == 3


async def test_an_inbox_that_cannot_be_looked_up_is_no_fault_of_the_provider(inbox: InboxConfig, tmp_path: Any) -> None:
    """The database is away before this process has met the inbox."""
    away = open_context(
        dsn="postgresql://nobody@127.0.0.1:9/none",
        secret_key=SECRET_KEY,
        media_url=(tmp_path / "media").as_uri(),
        public_url="http://127.0.0.1",
    )
    async with away as context:
        directory = InboxDirectory(context.db, context.secrets)
        pipeline = Pipeline(context.db, directory, Receiver(directory, GroupCommit(context.db.dsn)), None)  # type: ignore[arg-type]
        assert await pipeline.post(inbox, webhook(text_message())) == 503


async def test_a_commit_that_fails_in_a_new_way_is_answered(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits gets an answer, and the next group is committed."""
    commit = GroupCommit(context.db.dsn)
    commit.start()
    real, times = commit._commit, 0

    async def once_odd(entries: list[Entry]) -> None:
        nonlocal times
        times += 1
        if times == 1:
            raise ValueError("something nobody thought of")
        await real(entries)

    monkeypatch.setattr(commit, "_commit", once_odd)
    entry = Entry(workspace_id=new_id(), id=new_id(), inbox_id=new_id(), slot=1, headers="{}", body=b"{}")
    async with asyncio.timeout(5):
        with pytest.raises(NotStored):
            await commit.append(entry)
        await commit.append(entry)
        await commit.stop()


@pytest.mark.parametrize("error", [psycopg.errors.QueryCanceled, psycopg.errors.ProgramLimitExceeded])
async def test_an_event_the_database_gives_up_on_stands_alone(
    pipeline: Pipeline, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Operational by their class, but trying again would meet them again, and everything behind would wait for ever."""
    original = thread.store_messages

    async def fragile(tx: Any, batch: Any) -> Any:
        if any(getattr(i.event, "text", "") == "poison" for i in batch):
            raise error
        return await original(tx, batch)

    monkeypatch.setattr(process_module, "store_messages", fragile)
    await pipeline.post(inbox, webhook(text_message("poison")))
    await pipeline.post(inbox, webhook(text_message("fine")))
    await pipeline.process()
    assert [m["text"] for m in await pipeline.all("SELECT text FROM messages")] == ["fine"]
    assert (await pipeline.one("SELECT reason FROM set_aside"))["reason"] == "failed"
    assert await pipeline.all("SELECT * FROM ingest_queue") == []


async def test_heavy_requests_are_not_all_read_at_once(pipeline: Pipeline, inbox: InboxConfig) -> None:
    """After an outage 500 requests of 3 MB may wait: they would not fit into the worker's memory."""
    for number in range(12):
        body = webhook(text_message(str(number)))
        assert await pipeline.post(inbox, body + b" " * (2_900_000 - len(body))) == 200
    rows = await read_batch(pipeline.work, range(64), 500)
    assert 1 <= len(rows) <= 6
    assert await pipeline.process() == 12


async def test_a_number_that_changed_hands_does_not_hand_over_the_history(
    pipeline: Pipeline, inbox: InboxConfig
) -> None:
    """A takes over the number that B had: A's new messages are A's, and B's history stays B's."""
    await pipeline.post(inbox, webhook(text_message("from B", from_user_id="JP.BBBBBB", **{"from": "819022220002"})))
    await pipeline.process()
    await pipeline.post(inbox, webhook(text_message("from A", from_user_id="JP.AAAAAA", **{"from": "819011110001"})))
    system = {"type": "user_changed_number", "body": "changed", "wa_id": "819022220002"}
    changed = text_message(type="system", system=system, from_user_id="JP.AAAAAA", **{"from": "819011110001"})
    await pipeline.post(inbox, webhook(changed))
    await pipeline.process()
    await pipeline.post(inbox, webhook(text_message("A again", from_user_id="JP.A2", **{"from": "819022220002"})))
    await pipeline.process()
    rows = await pipeline.all("SELECT conversation_id, text FROM messages ORDER BY id")
    threads = {row["text"]: row["conversation_id"] for row in rows}
    assert threads["A again"] == threads["from A"]
    assert threads["from B"] != threads["from A"]


async def test_a_reaction_of_a_stranger_leaves_no_thread_nobody_hears_of(
    pipeline: Pipeline, inbox: InboxConfig
) -> None:
    reaction = {"message_id": "wamid.unknown", "emoji": "👍"}
    await pipeline.post(inbox, webhook(text_message(type="reaction", reaction=reaction)))
    await pipeline.process()
    told = await pipeline.all("SELECT subject_id FROM events WHERE type = 'conversation.created'")
    assert len(await pipeline.all("SELECT id FROM conversations")) == len(told)


async def test_receipts_of_other_programs_do_not_slow_the_way_in(pipeline: Pipeline, inbox: InboxConfig) -> None:
    """A number shared with another program gathers receipts of nobody's messages for days."""
    old = clock.now() - timedelta(hours=5)
    async with pipeline.database.system() as tx:
        await tx.execute(
            "INSERT INTO orphan_receipts SELECT %s, %s, 'wamid.' || g, 'delivered', %s, %s, '{}'"
            " FROM generate_series(1, 50000) g",
            (inbox.workspace_id, inbox.id, old, old),
        )
    async with pipeline.database.system() as tx:
        await tx.execute("ANALYZE orphan_receipts")
        since = clock.now() - timedelta(hours=1)
        asked = {"slots": list(range(64)), "since": since}
        plan = await (await tx.execute("EXPLAIN (FORMAT JSON) " + receipts.Q.matched_orphans, asked)).fetchone()
    assert "orphan_receipts_age" in str(plan)
