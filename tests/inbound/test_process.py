"""Once, in order, and nothing lost: the invariants of the way in, each attacked."""

import asyncio
import itertools
import json
import time
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import dedicated
from madoguchi.db.slots import INBOUND_LOCKS, Slots
from madoguchi.inbound import process as process_module
from madoguchi.inbound import thread
from madoguchi.inbound.process import process, read_batch
from tests.inbound.conftest import Pipeline
from tests.support.meta import status, text_message, webhook
from tests.support.world import Workspace, make_inbox

MESSAGES = "SELECT * FROM messages ORDER BY id"


async def test_a_message_reaches_its_conversation(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await pipeline.post(inbox, webhook(text_message("こんにちは")))
    assert await pipeline.process() == 1
    message = await pipeline.one(MESSAGES)
    assert (message["text"], message["status"], message["direction"]) == ("こんにちは", "received", "in")
    conversation = await pipeline.one("SELECT * FROM conversations")
    assert conversation["unread"] == 1
    assert conversation["last_message_id"] == message["id"]
    assert (await pipeline.one("SELECT name FROM contacts"))["name"] == "Hanako"
    events = await pipeline.all("SELECT seq, type FROM events ORDER BY seq")
    assert events == [{"seq": 1, "type": "conversation.created"}, {"seq": 2, "type": "message.created"}]
    assert await pipeline.all("SELECT * FROM ingest_queue") == []


async def test_a_message_wakes_a_snoozed_conversation(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await pipeline.post(inbox, webhook(text_message("first")))
    await pipeline.process()
    until = clock.now() + timedelta(days=1)
    async with pipeline.database.system() as tx:
        await tx.execute("UPDATE conversations SET status = 'snoozed', snoozed_until = %s", (until,))
    await pipeline.post(inbox, webhook(text_message("second")))
    await pipeline.process()
    assert await pipeline.one("SELECT status, snoozed_until FROM conversations") == {
        "status": "open",
        "snoozed_until": None,
    }


async def test_the_same_webhook_fifty_times_in_parallel_counts_once(pipeline: Pipeline, inbox: InboxConfig) -> None:
    body = webhook(text_message())
    answers = await asyncio.gather(*(pipeline.post(inbox, body) for _ in range(50)))
    assert set(answers) == {200}
    await pipeline.process(most=7)  # over several batches
    await pipeline.one(MESSAGES)
    assert (await pipeline.one("SELECT unread FROM conversations"))["unread"] == 1


async def test_two_workers_with_the_same_batch_count_it_once(
    pipeline: Pipeline, inbox: InboxConfig, context: Context
) -> None:
    """It cannot happen while slots are held; the unique keys hold even so."""
    for number in range(20):
        await pipeline.post(inbox, webhook(text_message(str(number))))
    other = await dedicated(context.db.dsn)
    rows = await read_batch(pipeline.work, range(64), 100)
    await asyncio.gather(*(process(c, pipeline.directory, list(rows)) for c in (pipeline.work, other)))
    await other.close()
    assert len(await pipeline.all(MESSAGES)) == 20
    assert (await pipeline.one("SELECT unread FROM conversations"))["unread"] == 20


async def test_two_first_messages_of_one_stranger_make_one_contact(
    pipeline: Pipeline, inbox: InboxConfig, context: Context
) -> None:
    for number in range(2):
        await pipeline.post(inbox, webhook(text_message(f"first {number}")))
    first, second = [[row] for row in await read_batch(pipeline.work, range(64), 2)]
    other = await dedicated(context.db.dsn)
    await asyncio.gather(process(pipeline.work, pipeline.directory, first), process(other, pipeline.directory, second))
    await other.close()
    await pipeline.one("SELECT * FROM contacts")
    conversation = await pipeline.one("SELECT * FROM conversations")
    assert conversation["unread"] == 2


async def test_one_person_in_two_inboxes_is_one_contact_with_two_conversations(
    pipeline: Pipeline, inbox: InboxConfig, workspace: Workspace
) -> None:
    second = await make_inbox(pipeline.database, workspace.id, credentials={"phone_number_id": "100000000000002"})
    await pipeline.post(inbox, webhook(text_message()))
    await pipeline.post(second, webhook(text_message(), phone_number_id="100000000000002"))
    await pipeline.process()
    await pipeline.one("SELECT * FROM contacts")
    assert len(await pipeline.all("SELECT * FROM conversations")) == 2


async def test_a_customer_without_a_phone_number_is_known_by_bsuid(pipeline: Pipeline, inbox: InboxConfig) -> None:
    hidden = text_message("no phone", from_user_id="IN.777")
    del hidden["from"]
    await pipeline.post(inbox, webhook(hidden))
    await pipeline.post(inbox, webhook(text_message("with phone", from_user_id="IN.777", **{"from": "919800000001"})))
    await pipeline.process()
    await pipeline.one("SELECT * FROM contacts")
    keys = await pipeline.all("SELECT kind, value FROM contact_identities ORDER BY kind")
    assert keys == [{"kind": "bsuid", "value": "IN.777"}, {"kind": "phone", "value": "919800000001"}]


async def test_only_the_key_somebody_wrote_under_is_vouched_for(pipeline: Pipeline, inbox: InboxConfig) -> None:
    """What an agent has typed beside it stays what it was: somebody's word."""
    contact_id, now = new_id(), clock.now()
    async with pipeline.database.system() as tx:
        await tx.execute(
            "INSERT INTO contacts (workspace_id, id, created_at, updated_at) VALUES (%s, %s, %s, %s)",
            (inbox.workspace_id, contact_id, now, now),
        )
        for channel, kind, value in ((inbox.channel, "phone", "819011110001"), ("email", "address", "who@example.com")):
            await tx.execute(
                "INSERT INTO contact_identities (workspace_id, id, contact_id, channel, kind, value, verified, created_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, false, %s)",
                (inbox.workspace_id, new_id(), contact_id, channel, kind, value, now),
            )
    await pipeline.post(inbox, webhook(text_message("it is me")))
    await pipeline.process()
    assert (await pipeline.one("SELECT name FROM contacts"))["name"] == "Hanako"
    rows = await pipeline.all(
        "SELECT kind, verified FROM contact_identities WHERE kind IN ('phone', 'address') ORDER BY kind"
    )
    assert [(row["kind"], row["verified"]) for row in rows] == [("address", False), ("phone", True)]


async def test_the_window_runs_from_the_customers_clock(pipeline: Pipeline, inbox: InboxConfig) -> None:
    written = int(time.time()) - 5 * 3600
    await pipeline.post(inbox, webhook(text_message(timestamp=str(written))))
    await pipeline.process()
    row = await pipeline.one("SELECT window_closes_at, last_inbound_at FROM conversations")
    assert row["last_inbound_at"].timestamp() == written
    assert row["window_closes_at"].timestamp() == written + 24 * 3600


async def test_an_older_message_that_comes_late_does_not_shorten_the_window(
    pipeline: Pipeline, inbox: InboxConfig
) -> None:
    now = int(time.time())
    for timestamp in (now - 60, now - 7200):
        await pipeline.post(inbox, webhook(text_message(timestamp=str(timestamp))))
        await pipeline.process()
    row = await pipeline.one("SELECT window_closes_at FROM conversations")
    assert row["window_closes_at"].timestamp() == now - 60 + 24 * 3600


async def test_the_customer_waits_since_the_first_message_nobody_answered(
    pipeline: Pipeline, inbox: InboxConfig
) -> None:
    now = int(time.time())
    for seconds in (600, 300, 60):
        await pipeline.post(inbox, webhook(text_message(timestamp=str(now - seconds))))
        await pipeline.process()
    row = await pipeline.one("SELECT waiting_since FROM conversations")
    assert row["waiting_since"].timestamp() == now - 600
    # Closed without an answer: who writes again begins to wait anew.
    await pipeline.all("UPDATE conversations SET status = 'closed' RETURNING id")
    await pipeline.post(inbox, webhook(text_message(timestamp=str(now))))
    await pipeline.process()
    row = await pipeline.one("SELECT status, waiting_since FROM conversations")
    assert (row["status"], row["waiting_since"].timestamp()) == ("open", now)


async def test_a_clock_ahead_of_ours_gains_no_time(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await pipeline.post(inbox, webhook(text_message(timestamp=str(int(time.time()) + 3 * 86400))))
    await pipeline.process()
    row = await pipeline.one("SELECT window_closes_at FROM conversations")
    assert row["window_closes_at"] <= clock.now() + timedelta(hours=24)


async def test_a_message_without_a_time_is_shown_where_it_arrived(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await pipeline.post(inbox, webhook(text_message(timestamp="yesterday")))
    await pipeline.process()
    message = await pipeline.one(MESSAGES)
    assert clock.now() - message["created_at"] < timedelta(minutes=1)
    assert (await pipeline.one("SELECT window_closes_at FROM conversations"))["window_closes_at"] is None


async def test_messages_of_a_batch_come_in_the_order_they_were_written(pipeline: Pipeline, inbox: InboxConfig) -> None:
    now = int(time.time())
    shuffled = [3, 1, 4, 2, 0]
    messages = [text_message(str(n), timestamp=str(now - 100 + n)) for n in shuffled]
    await pipeline.post(inbox, webhook(*messages))
    await pipeline.process()
    assert [m["text"] for m in await pipeline.all(MESSAGES)] == ["0", "1", "2", "3", "4"]


async def test_five_messages_in_one_webhook_are_five(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await pipeline.post(inbox, webhook(*(text_message(str(n)) for n in range(5))))
    assert await pipeline.process() == 5
    assert len(await pipeline.all(MESSAGES)) == 5


async def test_an_answer_is_tied_to_the_message_it_quotes(pipeline: Pipeline, inbox: InboxConfig) -> None:
    first = text_message("question")
    await pipeline.post(inbox, webhook(first))
    await pipeline.process()
    await pipeline.post(inbox, webhook(text_message("answer", context={"from": "815012345678", "id": first["id"]})))
    await pipeline.process()
    question, answer = await pipeline.all(MESSAGES)
    assert answer["reply_to"] == question["id"]


async def test_broken_json_with_a_good_signature_is_kept_and_shown(pipeline: Pipeline, inbox: InboxConfig) -> None:
    assert await pipeline.post(inbox, b'{"object": "whatsapp_business_account", "entry": [') == 200
    await pipeline.post(inbox, webhook(text_message("after it")))
    await pipeline.process()
    aside = await pipeline.one("SELECT reason, resolved_at FROM set_aside")
    assert aside == {"reason": "unreadable", "resolved_at": None}
    assert len(await pipeline.all("SELECT * FROM ingest_log")) == 2
    assert (await pipeline.one(MESSAGES))["text"] == "after it"


async def test_what_nobody_knows_is_kept_and_refuses_nothing(pipeline: Pipeline, inbox: InboxConfig) -> None:
    body = json.dumps(
        {
            "object": "whatsapp_business_account",
            "entry": [{"id": "2", "changes": [{"field": "telepathy", "value": {"thought": 1}}]}],
        }
    ).encode()
    assert await pipeline.post(inbox, body) == 200
    await pipeline.process()
    assert await pipeline.all("SELECT * FROM ingest_queue") == []
    assert bytes((await pipeline.one("SELECT body FROM ingest_log"))["body"]) == body


async def test_a_poisoned_event_stands_alone(
    pipeline: Pipeline, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One event of fifty cannot be stored: the others are, and an admin sees the one."""
    original = thread.store_messages

    async def fragile(tx: Any, batch: Any) -> Any:
        if any(getattr(i.event, "text", "") == "poison" for i in batch):
            raise psycopg.DataError("cannot store this")
        return await original(tx, batch)

    monkeypatch.setattr(process_module, "store_messages", fragile)
    for number in range(49):
        await pipeline.post(inbox, webhook(text_message(str(number))))
    await pipeline.post(inbox, webhook(text_message("poison"), text_message("its neighbour")))
    await pipeline.process()
    texts = {m["text"] for m in await pipeline.all(MESSAGES)}
    assert texts == {str(n) for n in range(49)} | {"its neighbour"}
    aside = await pipeline.one("SELECT reason, event_index, detail FROM set_aside")
    assert (aside["reason"], aside["event_index"]) == ("failed", 0)
    assert "poison" not in aside["detail"]
    assert await pipeline.all("SELECT * FROM ingest_queue") == []


async def test_a_reaction_hangs_on_its_message_and_the_newest_counts(
    pipeline: Pipeline, inbox: InboxConfig, outgoing: str
) -> None:
    now = int(time.time())

    def reaction(emoji: str, at: int) -> dict[str, Any]:
        return text_message(type="reaction", timestamp=str(at), reaction={"message_id": outgoing, "emoji": emoji})

    for emoji, at in (("👍", now - 5), ("❤️", now), ("😮", now - 9)):
        await pipeline.post(inbox, webhook(reaction(emoji, at)))
        await pipeline.process()
    assert (await pipeline.one("SELECT emoji FROM reactions"))["emoji"] == "❤️"
    removed = reaction("", now + 1)
    del removed["reaction"]["emoji"]
    await pipeline.post(inbox, webhook(removed))
    await pipeline.process()
    assert (await pipeline.one("SELECT emoji FROM reactions"))["emoji"] is None


@pytest.fixture
async def outgoing(pipeline: Pipeline, inbox: InboxConfig) -> str:
    """The provider's id of a message of ours that was accepted."""
    await pipeline.post(inbox, webhook(text_message("hello")))
    await pipeline.process()
    incoming = await pipeline.one("SELECT workspace_id, conversation_id, inbox_id FROM messages")
    await _insert_outgoing(pipeline, incoming, "wamid.ours", "sent")
    return "wamid.ours"


async def _insert_outgoing(pipeline: Pipeline, like: dict[str, Any], provider_id: str | None, state: str) -> Any:
    async with pipeline.database.system() as tx:
        cursor = await tx.execute(
            "INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, direction, type, text, status,"
            " author_kind, provider_id, created_at)"
            " VALUES (%s, gen_random_uuid(), %s, %s, 'out', 'text', 'hi', %s, 'system', %s, %s) RETURNING id",
            (like["workspace_id"], like["conversation_id"], like["inbox_id"], state, provider_id, clock.now()),
        )
        row = await cursor.fetchone()
    assert row
    return row["id"]


@pytest.mark.parametrize("order", list(itertools.permutations(("sent", "delivered", "read"))), ids="-".join)
@pytest.mark.parametrize("together", [True, False], ids=["one webhook", "three webhooks"])
async def test_statuses_in_every_order_end_the_same(
    pipeline: Pipeline, inbox: InboxConfig, outgoing: str, order: tuple[str, ...], together: bool
) -> None:
    times = {"sent": 1_700_000_001, "delivered": 1_700_000_002, "read": 1_700_000_003}
    statuses = [status(outgoing, name, timestamp=str(times[name])) for name in order]
    for group in [statuses] if together else [[s] for s in statuses]:
        await pipeline.post(inbox, webhook(statuses=tuple(group)))
        await pipeline.process()
    message = await pipeline.one("SELECT * FROM messages WHERE direction = 'out'")
    assert message["status"] == "read"
    assert [message[f"{name}_at"].timestamp() for name in ("sent", "delivered", "read")] == list(times.values())
    kept = await pipeline.all("SELECT status, provider_at, received_at FROM message_statuses")
    assert {k["status"] for k in kept} == set(order)
    assert all(k["received_at"] > k["provider_at"] for k in kept)


@pytest.mark.parametrize(
    ("order", "final"),
    [
        (("sent", "failed"), "failed"),
        (("failed", "sent"), "failed"),
        (("failed", "delivered"), "delivered"),
        (("delivered", "failed"), "delivered"),
        (("read", "failed", "sent"), "read"),
    ],
    ids=str,
)
async def test_a_failure_ranks_between_sent_and_delivered(
    pipeline: Pipeline, inbox: InboxConfig, outgoing: str, order: tuple[str, ...], final: str
) -> None:
    for name in order:
        errors = {"errors": [{"code": 131026, "title": "Message undeliverable"}]} if name == "failed" else {}
        await pipeline.post(inbox, webhook(statuses=(status(outgoing, name, **errors),)))
        await pipeline.process()
    message = await pipeline.one("SELECT status, error FROM messages WHERE direction = 'out'")
    assert message["status"] == final
    assert (message["error"] is not None) == (final == "failed")


async def test_a_status_told_five_times_makes_one_change(pipeline: Pipeline, inbox: InboxConfig, outgoing: str) -> None:
    before = (await pipeline.one("SELECT seq FROM event_counters"))["seq"]
    body = webhook(statuses=(status(outgoing, "delivered", timestamp="1700000002"),))
    for _ in range(5):
        await pipeline.post(inbox, body)
        await pipeline.process()
    assert (await pipeline.one("SELECT seq FROM event_counters"))["seq"] == before + 1


async def test_a_receipt_before_the_answer_to_the_send_waits_and_is_matched(
    pipeline: Pipeline, inbox: InboxConfig, outgoing: str
) -> None:
    await pipeline.post(inbox, webhook(statuses=(status("wamid.early", "delivered"),)))
    await pipeline.process()
    await pipeline.one("SELECT * FROM orphan_receipts")
    like = await pipeline.one("SELECT workspace_id, conversation_id, inbox_id FROM messages WHERE direction = 'in'")
    late = await _insert_outgoing(pipeline, like, "wamid.early", "sent")
    await process_module.match_waiting(pipeline.work, pipeline.directory, range(64))
    assert (await pipeline.one("SELECT status FROM messages WHERE id = %s", late))["status"] == "delivered"
    assert await pipeline.all("SELECT * FROM orphan_receipts") == []


async def test_a_send_of_unknown_outcome_is_settled_by_its_receipt(
    pipeline: Pipeline, inbox: InboxConfig, outgoing: str
) -> None:
    like = await pipeline.one("SELECT workspace_id, conversation_id, inbox_id FROM messages WHERE direction = 'in'")
    unsure = await _insert_outgoing(pipeline, like, None, "uncertain")
    told = status("wamid.unknown", "delivered", biz_opaque_callback_data=str(unsure))
    await pipeline.post(inbox, webhook(statuses=(told,)))
    await pipeline.process()
    message = await pipeline.one("SELECT status, provider_id FROM messages WHERE id = %s", unsure)
    assert message == {"status": "delivered", "provider_id": "wamid.unknown"}


async def test_131047_closes_the_window_whatever_our_clock_says(
    pipeline: Pipeline, inbox: InboxConfig, outgoing: str
) -> None:
    errors = [{"code": 131047, "title": "Re-engagement message"}]
    told = status(outgoing, "failed", errors=errors, timestamp=str(int(time.time()) + 1))
    await pipeline.post(inbox, webhook(statuses=(told,)))
    await pipeline.process()
    row = await pipeline.one("SELECT window_closes_at FROM conversations")
    assert row["window_closes_at"] <= clock.now() + timedelta(seconds=2)
    types = [e["type"] for e in await pipeline.all("SELECT type FROM events ORDER BY seq")]
    assert types[-1] == "conversation.updated"


async def test_new_keys_of_a_person_keep_the_history(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await pipeline.post(inbox, webhook(text_message("before")))
    changed = text_message(
        type="system",
        system={
            "type": "user_changed_number",
            "body": "changed",
            "wa_id": "819022220002",
            "user_id": "JP.NEW",
            "previous_user_id": "JP.81901111",
        },
    )
    await pipeline.post(inbox, webhook(changed))
    await pipeline.process()
    after = text_message("after", from_user_id="JP.NEW", **{"from": "819022220002"})
    await pipeline.post(inbox, webhook(after))
    await pipeline.process()
    await pipeline.one("SELECT * FROM contacts")
    await pipeline.one("SELECT * FROM conversations")


async def test_slots_are_shared_out_and_taken_over(dsn: str) -> None:
    connections = [await dedicated(dsn) for _ in range(2)]
    first, second = [Slots(c, INBOUND_LOCKS) for c in connections]
    await first.join()
    assert len(await first.balance()) == 64
    await second.join()
    assert await second.balance() == set()
    await first.balance()
    assert len(await second.balance()) == 32
    assert first.held & second.held == set()
    await connections[0].close()
    async with asyncio.timeout(5):
        while len(second.held) < 64:
            await second.balance()
    await connections[1].close()
