"""A number that is also used in the provider's own app: what is written there, its archive, its address book."""

import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from madoguchi.channels.base import InboxConfig
from madoguchi.search.index import do_index
from tests.inbound.conftest import Pipeline
from tests.support.finding import found_texts
from tests.support.meta import text_message, webhook

PHONE, OURS = "819011110001", "815012345678"
NOW = int(time.time())


def notice(field: str, **value: Any) -> bytes:
    metadata = {"display_phone_number": OURS, "phone_number_id": "100000000000001"}
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    entry = {"id": "200000000000001", "time": NOW, "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def echo(wamid: str, words: str, at: int = NOW) -> bytes:
    text = {"type": "text", "text": {"body": words}}
    return notice(
        "smb_message_echoes", message_echoes=[{"from": OURS, "to": PHONE, "id": wamid, "timestamp": str(at), **text}]
    )


def history(*messages: dict[str, Any]) -> bytes:
    metadata = {"phase": 1, "chunk_order": 1, "progress": 70}
    return notice("history", history=[{"metadata": metadata, "threads": [{"id": PHONE, "messages": list(messages)}]}])


def past(wamid: str, words: str, days: float, *, ours: bool = False) -> dict[str, Any]:
    place = {"from": OURS, "to": PHONE} if ours else {"from": PHONE}
    at = {"timestamp": str(NOW - int(days * 86400)), "history_context": {"status": "READ"}}
    return {**place, "id": wamid, **at, "type": "text", "text": {"body": words}}


async def take(pipeline: Pipeline, inbox: InboxConfig, *bodies: bytes) -> None:
    for body in bodies:
        await pipeline.post(inbox, body)
        await pipeline.process()


async def test_what_is_written_in_the_app_is_ours_once_and_not_sent(pipeline: Pipeline, inbox: InboxConfig) -> None:
    asked = webhook(text_message("空いていますか"))
    await take(pipeline, inbox, asked, echo("wamid.app", "はい、空いています"), echo("wamid.app", "はい、空いています"))
    _, answer = await pipeline.all("SELECT * FROM messages ORDER BY id")
    assert (answer["direction"], answer["status"], answer["author_kind"]) == ("out", "sent", "agent")
    assert (answer["author_id"], answer["data"]["source"]) == (None, "app")
    assert await pipeline.all("SELECT * FROM outbox") == []
    conversation = await pipeline.one("SELECT unread, last_message_id, waiting_since FROM conversations")
    assert conversation == {"unread": 1, "last_message_id": answer["id"], "waiting_since": None}


async def test_an_echo_opens_no_window_and_no_closed_conversation(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await take(pipeline, inbox, echo("wamid.first", "はじめまして"))
    async with pipeline.database.system() as tx:
        await tx.execute("UPDATE conversations SET status = 'closed'")
    await take(pipeline, inbox, echo("wamid.second", "もう一度"))
    row = await pipeline.one("SELECT status, unread, window_closes_at, last_inbound_at FROM conversations")
    assert row == {"status": "closed", "unread": 0, "window_closes_at": None, "last_inbound_at": None}


async def test_the_archive_stands_where_it_was_written_and_is_no_news(pipeline: Pipeline, inbox: InboxConfig) -> None:
    live = webhook(text_message("いま", **{"from": PHONE}))
    newer = history(past("wamid.4", "四", 1), past("wamid.3", "三", 1.5, ours=True))
    older = history(past("wamid.1", "一", 90), past("wamid.2", "二", 80, ours=True))
    await take(pipeline, inbox, live, newer, older, newer, older)
    rows = await pipeline.all("SELECT text, status FROM messages ORDER BY id")
    assert [row["text"] for row in rows] == ["一", "二", "三", "四", "いま"]
    assert [row["status"] for row in rows] == ["received", "read", "read", "received", "received"]
    row = await pipeline.one("SELECT unread, status, last_message_id FROM conversations")
    newest = await pipeline.one("SELECT id FROM messages WHERE text = 'いま'")
    assert row == {"unread": 1, "status": "open", "last_message_id": newest["id"]}
    told = await pipeline.all("SELECT type FROM events WHERE type = 'message.created'")
    assert len(told) == 1


async def test_the_archive_is_found_by_word_and_by_time(pipeline: Pipeline, inbox: InboxConfig) -> None:
    """It comes late and is old: a border in time neither hides it nor what came before it."""
    await take(pipeline, inbox, webhook(text_message("found today", **{"from": PHONE})))
    await do_index(pipeline.database)
    await take(pipeline, inbox, history(past("wamid.1", "found in spring", 90), past("wamid.2", "found later", 80)))
    await do_index(pipeline.database)
    now = datetime.fromtimestamp(NOW, UTC)
    ask = partial(found_texts, pipeline.database, inbox.workspace_id, "found")
    assert sorted(await ask()) == ["found in spring", "found later", "found today"]
    assert await ask(to_at=now - timedelta(days=85)) == ["found in spring"]
    assert sorted(await ask(from_at=now - timedelta(days=85))) == ["found later", "found today"]
    assert await ask(from_at=now - timedelta(days=1)) == ["found today"]


async def test_threads_of_the_archive_lie_closed_in_the_past(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await take(pipeline, inbox, history(past("wamid.1", "一", 90), past("wamid.2", "二", 80, ours=True)))
    row = await pipeline.one("SELECT * FROM conversations")
    last = await pipeline.one("SELECT id FROM messages WHERE text = '二'")
    assert (row["status"], row["unread"], row["window_closes_at"]) == ("closed", 0, None)
    assert (row["last_message_id"], row["last_activity_id"]) == (last["id"], last["id"])
    await take(pipeline, inbox, webhook(text_message("久しぶり", **{"from": PHONE})))
    row = await pipeline.one("SELECT status, unread FROM conversations")
    assert row == {"status": "open", "unread": 1}


async def test_a_file_of_the_archive_takes_its_place(pipeline: Pipeline, inbox: InboxConfig) -> None:
    held = {**past("wamid.f", "", 5), "type": "media_placeholder"}
    del held["text"]
    image = {"id": "900", "mime_type": "image/jpeg", "caption": "店の前"}
    file = {"from": PHONE, "id": "wamid.f", "timestamp": held["timestamp"], "type": "image", "image": image}
    follow = notice("history", messages=[file])
    await take(pipeline, inbox, history(held), follow, follow)
    message = await pipeline.one("SELECT type, text, data FROM messages")
    assert message == {"type": "image", "text": "店の前", "data": {"archived": True}}
    await pipeline.one("SELECT * FROM media")


async def test_the_address_book_names_people_and_opens_no_threads(pipeline: Pipeline, inbox: InboxConfig) -> None:
    def entry(name: str, phone: str) -> dict[str, Any]:
        contact = {"full_name": name, "first_name": name, "phone_number": phone}
        return {"type": "contact", "contact": contact, "action": "add", "metadata": {"timestamp": str(NOW)}}

    book = notice("smb_app_state_sync", state_sync=[entry("花子さん", PHONE), entry("Ken", "819022220002")])
    await take(pipeline, inbox, echo("wamid.app", "hello"), book, book)
    names = await pipeline.all("SELECT name FROM contacts ORDER BY name")
    assert [row["name"] for row in names] == ["Ken", "花子さん"]
    assert len(await pipeline.all("SELECT * FROM conversations")) == 1
