"""What a merged thread has of its own shows in the one that stays, once, and goes back with it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.conversations import counts
from madoguchi.core import clock
from madoguchi.core.times import rfc3339
from madoguchi.db.pool import Database
from madoguchi.search.index import do_index
from tests.inbound.conftest import Pipeline
from tests.support.live import Client, Programs, running_programs
from tests.support.mail import mail
from tests.support.world import Workspace, make_mailbox

_RFC822 = {"content-type": "message/rfc822"}


@pytest.fixture
async def mailbox(context: Context, workspace: Workspace) -> InboxConfig:
    return await make_mailbox(context.db, workspace.id)


@pytest.fixture
async def programs(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as programs:
        yield programs


@pytest.fixture
async def emma(programs: Programs, workspace: Workspace) -> Client:
    return programs.client(workspace.agent)


@pytest.fixture
async def threads(pipeline: Pipeline, mailbox: InboxConfig, emma: Client) -> dict[str, str]:
    """Three threads of Hanako, by their subjects; each has one letter that nobody has read."""
    for number, subject in enumerate(("Order", "Delivery", "Invoice"), 1):
        letter = mail(f"About {subject}", Message_ID=f"<{number}@x>", Subject=subject)
        assert await pipeline.post(mailbox, letter, _RFC822) == 200
        await pipeline.process()
    return {each["subject"]: each["id"] for each in (await emma.get("/conversations")).body["items"]}


async def join(who: Client, one: str, into: str) -> None:
    answer = await who.post(f"/conversations/{one}/merge", {"into": into})
    assert (answer.status, answer.body["id"]) == (200, into)


async def part(who: Client, one: str) -> None:
    assert (await who.delete(f"/conversations/{one}/merge")).status == 200


async def unread(emma: Client, *threads: str) -> list[int]:
    return [(await emma.get(f"/conversations/{each}")).body["unread"] for each in threads]


async def lines(emma: Client, thread: str) -> list[str]:
    items = (await emma.get(f"/conversations/{thread}/messages")).body["items"]
    return [each["data"]["system"]["kind"] for each in items if each["type"] == "system"]


async def test_merging_is_no_status_that_can_be_given_or_asked_for(emma: Client, threads: dict[str, str]) -> None:
    order = threads["Order"]
    refused = await emma.patch(f"/conversations/{order}", {"status": "merged"})
    assert (refused.status, refused.body["code"]) == (422, "invalid")
    assert (await emma.get("/conversations", status="merged")).status == 422
    bulk = {"action": "read", "filter": {"status": "merged"}}
    assert (await emma.post("/conversations/bulk", bulk)).status == 422
    view = {"name": "Gone", "filter": {"status": "merged"}, "shared": False}
    assert (await emma.post("/views", view)).status == 422
    assert (await emma.get(f"/conversations/{order}")).body["status"] == "open"


async def test_said_twice_it_happens_once(emma: Client, threads: dict[str, str]) -> None:
    await join(emma, threads["Delivery"], threads["Order"])
    await join(emma, threads["Delivery"], threads["Order"])
    assert await unread(emma, threads["Order"]) == [2]
    assert await lines(emma, threads["Order"]) == ["merged"]


async def test_what_nobody_has_read_goes_back_with_its_thread(emma: Client, threads: dict[str, str]) -> None:
    order, delivery = threads["Order"], threads["Delivery"]
    letter = (await emma.get(f"/conversations/{order}/messages")).body["items"][0]["id"]
    await join(emma, delivery, order)
    assert (await emma.post(f"/conversations/{order}/read", {"up_to": letter})).status == 204
    assert await unread(emma, order) == [1]
    await part(emma, delivery)
    assert await unread(emma, order, delivery) == [0, 1]


@pytest.mark.parametrize("bulk", [False, True], ids=["alone", "with others"])
async def test_what_was_read_together_is_read(emma: Client, threads: dict[str, str], *, bulk: bool) -> None:
    order, delivery = threads["Order"], threads["Delivery"]
    await join(emma, delivery, order)
    if bulk:
        await emma.post("/conversations/bulk", {"action": "read", "ids": [order]})
    else:
        await emma.post(f"/conversations/{order}/read")
    await part(emma, delivery)
    assert await unread(emma, order, delivery) == [0, 0]


async def test_a_chain_gives_back_what_each_had(emma: Client, threads: dict[str, str]) -> None:
    order, delivery, invoice = (threads[each] for each in ("Order", "Delivery", "Invoice"))
    await join(emma, invoice, delivery)
    await join(emma, delivery, order)
    assert await unread(emma, order) == [3]
    await part(emma, invoice)
    assert await unread(emma, order, invoice) == [2, 1]
    await part(emma, delivery)
    assert await unread(emma, order, delivery, invoice) == [1, 1, 1]


async def test_who_waits_is_whoever_is_left(emma: Client, threads: dict[str, str]) -> None:
    order, delivery = threads["Order"], threads["Delivery"]
    assert (await emma.post(f"/conversations/{order}/messages", {"type": "text", "text": "Yes."})).status == 201
    waits = (await emma.get(f"/conversations/{delivery}")).body["waiting_since"]
    assert waits is not None
    await join(emma, delivery, order)
    assert (await emma.get(f"/conversations/{order}")).body["waiting_since"] == waits
    await part(emma, delivery)
    after = [(await emma.get(f"/conversations/{each}")).body["waiting_since"] for each in (order, delivery)]
    assert after == [None, waits]


async def test_a_letter_taken_back_leaves_waiting_whom_it_did_not_answer(emma: Client, threads: dict[str, str]) -> None:
    order, delivery = threads["Order"], threads["Delivery"]
    assert (await emma.post(f"/conversations/{order}/messages", {"type": "text", "text": "Yes."})).status == 201
    await join(emma, delivery, order)
    waits = (await emma.get(f"/conversations/{order}")).body["waiting_since"]
    later = {"type": "text", "text": "Later", "send_at": rfc3339(clock.now() + timedelta(days=1))}
    written = (await emma.post(f"/conversations/{order}/messages", later)).body
    assert (await emma.delete(f"/messages/{written['id']}/schedule")).status in {200, 204}
    assert (await emma.get(f"/conversations/{order}")).body["waiting_since"] == waits


async def test_who_is_named_in_it_finds_the_one_that_stays(
    programs: Programs, workspace: Workspace, emma: Client, threads: dict[str, str]
) -> None:
    order, delivery = threads["Order"], threads["Delivery"]
    ken = programs.client(workspace.agent2)
    note = {"type": "note", "text": "@Emma?", "mentions": [str(workspace.agent.id)]}

    async def mentioned() -> tuple[list[str], dict[str, int]]:
        found = (await emma.get("/conversations", view="mentions")).body["items"]
        return [each["id"] for each in found], (await emma.get("/conversations/counts")).body["mentions"]

    await ken.post(f"/conversations/{delivery}/messages", note)
    await join(ken, delivery, order)
    assert await mentioned() == ([order], {"open": 1, "unread": 1})
    await ken.post(f"/conversations/{order}/messages", note)
    assert await mentioned() == ([order], {"open": 1, "unread": 1})
    await emma.post(f"/conversations/{order}/read")
    assert await mentioned() == ([order], {"open": 1, "unread": 0})
    await part(ken, delivery)
    assert await mentioned() == ([order, delivery], {"open": 2, "unread": 0})


async def fail(pipeline: Pipeline, message_id: str) -> None:
    """As the receipt of a mail that came back does."""
    await pipeline.one(
        "UPDATE messages SET status = 'failed', failed_at = %s WHERE id = %s RETURNING id", clock.now(), message_id
    )


async def test_a_letter_that_fails_in_it_is_marked_and_sent_again_from_the_one_that_stays(
    pipeline: Pipeline, programs: Programs, workspace: Workspace, emma: Client, threads: dict[str, str]
) -> None:
    order, delivery = threads["Order"], threads["Delivery"]
    letter = (await emma.post(f"/conversations/{delivery}/messages", {"type": "text", "text": "On its way."})).body[
        "id"
    ]
    await pipeline.one("DELETE FROM outbox WHERE message_id = %s RETURNING message_id", letter)
    await pipeline.one("UPDATE messages SET status = 'sent' WHERE id = %s RETURNING id", letter)
    await join(emma, delivery, order)
    assert (await emma.post(f"/conversations/{order}/claim")).status in {200, 201}
    await fail(pipeline, letter)

    async def failed() -> list[bool]:
        return [(await emma.get(f"/conversations/{each}")).body["failed"] for each in (order, delivery)]

    assert await failed() == [True, True]
    refused = await programs.client(workspace.agent2).post(f"/messages/{letter}/retry")
    assert (refused.status, refused.body["code"]) == (409, "not_assignee")
    again = await emma.post(f"/messages/{letter}/retry")
    assert (again.status, again.body["status"], again.body["conversation_id"]) == (201, "queued", order)
    assert await failed() == [False, False]
    await fail(pipeline, letter)
    await part(emma, delivery)
    assert await failed() == [False, True]


async def test_counts_stay_what_a_recount_finds(
    database: Database, pipeline: Pipeline, mailbox: InboxConfig, emma: Client, threads: dict[str, str]
) -> None:
    order, delivery, invoice = (threads[each] for each in ("Order", "Delivery", "Invoice"))

    async def shown() -> dict[str, Any]:
        assert await counts.do_recount(database) == 0
        return dict((await emma.get("/conversations/counts")).body["all"])

    await emma.patch(f"/conversations/{delivery}", {"labels": ["vip"]})
    assert await shown() == {"open": 3, "unread": 3}
    await join(emma, invoice, delivery)
    await join(emma, delivery, order)
    assert await shown() == {"open": 1, "unread": 1}
    assert (await emma.get("/conversations", label="vip")).body["items"] == []
    answer = mail("Well?", Message_ID="<7@x>", In_Reply_To="<3@x>", Subject="Re: Invoice")
    assert await pipeline.post(mailbox, answer, _RFC822) == 200
    await pipeline.process()
    assert await shown() == {"open": 1, "unread": 1}
    await part(emma, delivery)
    assert await shown() == {"open": 2, "unread": 2}
    assert await unread(emma, order, delivery) == [2, 2]
    await part(emma, invoice)
    assert await shown() == {"open": 3, "unread": 3}


async def test_what_is_found_leads_to_where_it_is_shown(
    database: Database, emma: Client, threads: dict[str, str]
) -> None:
    await do_index(database)

    async def leads_to() -> list[str]:
        [group] = (await emma.get("/search", q="About Delivery", kind="message")).body["groups"]
        return [hit["conversation_id"] for hit in group["items"]]

    assert await leads_to() == [threads["Delivery"]]
    await join(emma, threads["Delivery"], threads["Order"])
    assert await leads_to() == [threads["Order"]]
    await part(emma, threads["Delivery"])
    assert await leads_to() == [threads["Delivery"]]
