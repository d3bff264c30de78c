"""Two threads of a person that are one matter: shown as one, answered as one, and taken apart again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.times import rfc3339
from madoguchi.inbound import identify
from madoguchi.inbound.hints import Found, find_by_hints
from tests.inbound.conftest import Pipeline
from tests.support.live import Client, Programs, running_programs
from tests.support.mail import mail
from tests.support.threads import make_thread
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
    """Three threads of Hanako, by their subjects."""
    for number, subject in enumerate(("Order", "Delivery", "Invoice"), 1):
        await arrive(pipeline, mailbox, mail(f"About {subject}", Message_ID=f"<{number}@x>", Subject=subject))
    return {each["subject"]: each["id"] for each in (await emma.get("/conversations")).body["items"]}


async def arrive(pipeline: Pipeline, mailbox: InboxConfig, *mails: bytes) -> None:
    for raw in mails:
        assert await pipeline.post(mailbox, raw, _RFC822) == 200
        await pipeline.process()


async def texts(emma: Client, conversation_id: str) -> list[tuple[str, str | None]]:
    """Newest first: what was written, and the subject of the thread it came from."""
    found = (await emma.get(f"/conversations/{conversation_id}/messages")).body["items"]
    return [(m["text"], (m["merged_from"] or {}).get("name")) for m in found if m["type"] != "system"]


async def listed(emma: Client) -> set[str]:
    return {each["subject"] for each in (await emma.get("/conversations")).body["items"]}


async def test_two_threads_are_one_and_two_again(
    pipeline: Pipeline, mailbox: InboxConfig, emma: Client, threads: dict[str, str]
) -> None:
    order, delivery = threads["Order"], threads["Delivery"]
    merged = await emma.post(f"/conversations/{delivery}/merge", {"into": order})
    assert (merged.status, merged.body["id"], merged.body["unread"]) == (200, order, 2)
    assert merged.body["merged"] == [{"id": delivery, "name": "Delivery"}]
    assert await listed(emma) == {"Order", "Invoice"}
    assert (await emma.get("/conversations/counts")).body["all"]["open"] == 2
    assert await texts(emma, order) == [("About Delivery", "Delivery"), ("About Order", None)]
    gone = (await emma.get(f"/conversations/{delivery}")).body
    assert (gone["status"], gone["merged_into"]) == ("merged", order)
    # What answers the one arrives in the other, and opens it again.
    assert (await emma.patch(f"/conversations/{order}", {"status": "closed"})).status == 200
    await arrive(pipeline, mailbox, mail("Well?", Message_ID="<4@x>", In_Reply_To="<2@x>", Subject="Re: Delivery"))
    stays = (await emma.get(f"/conversations/{order}")).body
    assert (stays["status"], stays["unread"], stays["last_message"]["text"]) == ("open", 3, "Well?")
    assert (await texts(emma, order))[0] == ("Well?", None)

    apart = await emma.delete(f"/conversations/{delivery}/merge")
    assert (apart.status, apart.body["status"], apart.body["merged_into"]) == (200, "open", None)
    assert await listed(emma) == {"Order", "Delivery", "Invoice"}
    assert await texts(emma, order) == [("Well?", None), ("About Order", None)]
    assert await texts(emma, delivery) == [("About Delivery", None)]
    lines = [m for m in (await emma.get(f"/conversations/{order}/messages")).body["items"] if m["type"] == "system"]
    kinds = [(m["data"]["system"]["kind"], m["data"]["system"].get("subject")) for m in lines]
    assert kinds == [("unmerged", "Delivery"), ("closed", None), ("merged", "Delivery")]


async def test_a_thread_is_read_in_pages_across_both(emma: Client, threads: dict[str, str]) -> None:
    for subject in ("Delivery", "Invoice"):
        await emma.post(f"/conversations/{threads[subject]}/merge", {"into": threads["Order"]})
    path = f"/conversations/{threads['Order']}/messages"
    seen: list[str] = []
    cursor = None
    while True:
        page = (await emma.get(path, limit=1, **({"cursor": cursor} if cursor else {}))).body
        seen += [m["id"] for m in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    whole = (await emma.get(path)).body["items"]
    assert seen == [m["id"] for m in whole] == sorted(seen, reverse=True)
    assert len(seen) == 5
    around = (await emma.get(path, around=seen[-2], limit=3)).body
    assert [m["id"] for m in around["items"]] == seen[-3:]


async def test_what_is_merged_changes_no_more_and_says_where_to_go_on(emma: Client, threads: dict[str, str]) -> None:
    order, delivery = threads["Order"], threads["Delivery"]
    letter = (await emma.get(f"/conversations/{delivery}/messages")).body["items"][0]
    await emma.post(f"/conversations/{delivery}/merge", {"into": order})
    path = f"/conversations/{delivery}"
    answers = [
        await emma.post(f"{path}/messages", {"type": "text", "text": "Here?"}),
        await emma.post(f"{path}/messages", {"type": "note", "text": "Here?"}),
        await emma.post(f"{path}/claim"),
        await emma.patch(path, {"status": "closed"}),
        await emma.post(f"{path}/merge", {"into": threads["Invoice"]}),
    ]
    assert [(each.status, each.body["survivor"]) for each in answers] == [(409, order)] * 5
    bulk = (await emma.post("/conversations/bulk", {"action": "close", "ids": [delivery]})).body
    assert [each["outcome"] for each in bulk["results"]] == ["refused"]
    reply = {"type": "text", "text": "On its way.", "reply_to": letter["id"]}
    written = await emma.post(f"/conversations/{order}/messages", reply)
    assert (written.status, written.body["reply_to"]["text"]) == (201, "About Delivery")


async def merge(who: Client, one: object, into: object) -> tuple[int, str]:
    answer = await who.post(f"/conversations/{one}/merge", {"into": str(into)})
    return answer.status, answer.body.get("code", "")


async def test_what_is_not_of_one_person_in_one_inbox_is_refused(
    pipeline: Pipeline,
    context: Context,
    inbox: InboxConfig,
    mailbox: InboxConfig,
    emma: Client,
    threads: dict[str, str],
) -> None:
    order = threads["Order"]
    await arrive(pipeline, mailbox, mail("Hi", Message_ID="<9@x>", From="taro@example.jp", Subject="Other"))
    other = next(e["id"] for e in (await emma.get("/conversations")).body["items"] if e["subject"] == "Other")
    chat = (await make_thread(context.db, inbox, "Hanako")).id
    assert await merge(emma, order, other) == (422, "invalid")
    assert await merge(emma, order, chat) == (422, "invalid")
    assert await merge(emma, order, inbox.id) == (422, "invalid")
    assert await merge(emma, chat, (await make_thread(context.db, inbox, "Yuki")).id) == (409, "conflict")
    assert await merge(emma, order, order) == (409, "conflict")
    assert (await emma.delete(f"/conversations/{order}/merge")).status == 409
    assert await merge(emma, inbox.id, order) == (404, "not_found")
    assert len(await listed(emma)) == 5


async def test_only_who_may_write_in_both_makes_them_one(
    programs: Programs, workspace: Workspace, emma: Client, threads: dict[str, str]
) -> None:
    order, delivery = threads["Order"], threads["Delivery"]
    ken = programs.client(workspace.agent2)
    await emma.post(f"/conversations/{order}/claim")
    assert await merge(ken, delivery, order) == (409, "not_assignee")
    assert await merge(ken, order, delivery) == (409, "not_assignee")
    later = {"type": "text", "text": "Later", "send_at": rfc3339(clock.now() + timedelta(days=1))}
    assert (await emma.post(f"/conversations/{order}/messages", later)).status == 201
    assert await merge(emma, order, delivery) == (409, "conflict")  # a message waits for its time in it
    assert await merge(emma, delivery, order) == (200, "")
    assert await merge(emma, order, delivery) == (409, "conflict")
    assert (await ken.delete(f"/conversations/{delivery}/merge")).body["code"] == "not_assignee"
    boss = programs.client(workspace.supervisor)
    assert (await boss.delete(f"/conversations/{delivery}/merge")).status == 200


async def test_chains_stay_one_step_long(emma: Client, threads: dict[str, str]) -> None:
    order, delivery, invoice = (threads[each] for each in ("Order", "Delivery", "Invoice"))
    await emma.post(f"/conversations/{invoice}/merge", {"into": delivery})
    await emma.post(f"/conversations/{delivery}/merge", {"into": order})
    assert (await emma.get(f"/conversations/{invoice}")).body["merged_into"] == order
    assert {text for text, _ in await texts(emma, order)} == {"About Order", "About Delivery", "About Invoice"}
    await emma.delete(f"/conversations/{delivery}/merge")
    assert (await emma.get(f"/conversations/{invoice}")).body["merged_into"] == delivery
    assert {text for text, _ in await texts(emma, delivery)} == {"About Delivery", "About Invoice"}
    assert [text for text, _ in await texts(emma, order)] == ["About Order"]


async def test_two_at_once_close_no_circle(emma: Client, threads: dict[str, str]) -> None:
    order, delivery = threads["Order"], threads["Delivery"]
    answers = await asyncio.gather(
        emma.post(f"/conversations/{order}/merge", {"into": delivery}),
        emma.post(f"/conversations/{delivery}/merge", {"into": order}),
    )
    assert sorted(each.status for each in answers) == [200, 409]
    assert len(await listed(emma)) == 2


async def test_a_letter_that_was_led_to_a_thread_just_before_it_was_merged_arrives_where_it_is_read(
    pipeline: Pipeline,
    mailbox: InboxConfig,
    emma: Client,
    threads: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order, delivery = threads["Order"], threads["Delivery"]
    asked: list[int] = []

    async def overtaken(*given: Any) -> dict[int, Found]:
        found = await find_by_hints(*given)
        if not asked:  # between this look and the writing somebody merges it
            assert (await emma.post(f"/conversations/{delivery}/merge", {"into": order})).status == 200
        asked.append(len(found))
        return found

    monkeypatch.setattr(identify, "find_by_hints", overtaken)
    await arrive(pipeline, mailbox, mail("Late", Message_ID="<5@x>", In_Reply_To="<2@x>", Subject="Re: Delivery"))
    assert asked == [1, 1]
    stays = (await emma.get(f"/conversations/{order}")).body
    assert (stays["unread"], stays["last_message"]["text"]) == (3, "Late")
    kept = await pipeline.all("SELECT conversation_id FROM messages WHERE text = 'Late'")
    assert [str(row["conversation_id"]) for row in kept] == [order]


async def test_a_contact_is_deleted_with_all_of_it(
    pipeline: Pipeline, programs: Programs, workspace: Workspace, emma: Client, threads: dict[str, str]
) -> None:
    await emma.post(f"/conversations/{threads['Delivery']}/merge", {"into": threads["Order"]})
    contact = (await emma.get(f"/conversations/{threads['Order']}")).body["contact"]["id"]
    assert (await programs.client(workspace.owner).delete(f"/contacts/{contact}")).status == 204
    assert await pipeline.all("SELECT id FROM conversations") == []
    assert await pipeline.all("SELECT id FROM messages") == []
