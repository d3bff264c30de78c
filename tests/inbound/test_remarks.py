"""What is said about a message after it, in any order: reactions, changed words, deletions."""

import time
from typing import Any

from madoguchi.channels.base import InboxConfig
from madoguchi.inbound.process import match_waiting
from madoguchi.search.index import do_index
from tests.inbound.conftest import Pipeline
from tests.support.finding import found_texts
from tests.support.meta import text_message, webhook


def edit(target: str, words: str, at: int, **more: Any) -> dict[str, Any]:
    inner = {"context": {"id": target}, "type": "text", "text": {"body": words}}
    given = {"type": "edit", "timestamp": str(at), "edit": {"original_message_id": target, "message": inner}, **more}
    message = text_message(**given)
    del message["text"]
    return message


def revoke(target: str) -> dict[str, Any]:
    message = text_message(type="revoke", revoke={"original_message_id": target})
    del message["text"]
    return message


async def arrive(pipeline: Pipeline, inbox: InboxConfig, *messages: dict[str, Any]) -> None:
    for message in messages:
        await pipeline.post(inbox, webhook(message))
        await pipeline.process()


async def sweep(pipeline: Pipeline) -> None:
    await match_waiting(pipeline.work, pipeline.directory, range(64))


async def test_changed_words_replace_the_old_ones_which_stay_readable(pipeline: Pipeline, inbox: InboxConfig) -> None:
    first, now = text_message("3時に"), int(time.time())
    later, earlier = edit(first["id"], "5時に", now + 20), edit(first["id"], "4時に", now + 10)
    await arrive(pipeline, inbox, first, later, earlier, later, earlier)
    message = await pipeline.one("SELECT text, data FROM messages")
    assert message["text"] == "5時に"
    assert [version["text"] for version in message["data"]["edited"]["versions"]] == ["3時に", "4時に", "5時に"]
    assert (await pipeline.one("SELECT unread FROM conversations"))["unread"] == 1
    told = await pipeline.all("SELECT type FROM events ORDER BY seq")
    assert [event["type"] for event in told].count("message.updated") == 2


async def test_changed_words_are_found(pipeline: Pipeline, inbox: InboxConfig) -> None:
    first = text_message("come at three")
    await arrive(pipeline, inbox, first)
    await do_index(pipeline.database)
    await arrive(pipeline, inbox, edit(first["id"], "come at five", int(time.time()) + 10))
    await do_index(pipeline.database)
    found = {word: await found_texts(pipeline.database, inbox.workspace_id, word) for word in ("five", "three", "come")}
    assert found == {"five": ["come at five"], "three": [], "come": ["come at five"]}


async def test_a_deleted_message_keeps_its_words_and_says_so(pipeline: Pipeline, inbox: InboxConfig) -> None:
    first = text_message("oops")
    gone = revoke(first["id"])
    await arrive(pipeline, inbox, first, gone, gone)
    message = await pipeline.one("SELECT text, data FROM messages")
    assert message["text"] == "oops"
    assert message["data"]["revoked"]["at"]


async def test_a_stranger_cannot_change_our_words(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await arrive(pipeline, inbox, text_message())
    async with pipeline.database.system() as tx:
        await tx.execute("UPDATE messages SET direction = 'out', provider_id = 'wamid.ours'")
    await arrive(pipeline, inbox, edit("wamid.ours", "hacked", int(time.time())), revoke("wamid.ours"))
    assert (await pipeline.one("SELECT text, data FROM messages")) == {"text": "hello", "data": {}}


async def test_remarks_before_their_message_wait_for_it(pipeline: Pipeline, inbox: InboxConfig) -> None:
    first = text_message("first")
    liked = text_message(type="reaction", reaction={"message_id": first["id"], "emoji": "👍"})
    await arrive(pipeline, inbox, edit(first["id"], "second", int(time.time()) + 5), liked, revoke(first["id"]))
    assert len(await pipeline.all("SELECT * FROM waiting_remarks")) == 3
    assert await pipeline.all("SELECT * FROM messages") == []
    await sweep(pipeline)
    assert len(await pipeline.all("SELECT * FROM waiting_remarks")) == 3
    await arrive(pipeline, inbox, first)
    await sweep(pipeline)
    message = await pipeline.one("SELECT text, data FROM messages")
    assert message["text"] == "second"
    assert message["data"].keys() == {"edited", "revoked"}
    assert (await pipeline.one("SELECT emoji FROM reactions"))["emoji"] == "👍"
    assert await pipeline.all("SELECT * FROM waiting_remarks") == []


async def test_a_remark_in_the_batch_of_its_message_counts_at_once(pipeline: Pipeline, inbox: InboxConfig) -> None:
    first = text_message("first")
    liked = text_message(type="reaction", reaction={"message_id": first["id"], "emoji": "👍"})
    await pipeline.post(inbox, webhook(liked, first))
    await pipeline.process()
    assert (await pipeline.one("SELECT emoji FROM reactions"))["emoji"] == "👍"
    assert await pipeline.all("SELECT * FROM waiting_remarks") == []


async def test_a_new_number_is_told_in_the_thread_once(pipeline: Pipeline, inbox: InboxConfig) -> None:
    await arrive(pipeline, inbox, text_message("hello"))
    system = {
        "type": "user_changed_number",
        "wa_id": "819099990001",
        "user_id": "JP.9",
        "previous_user_id": "JP.81901111",
    }
    moved = text_message(type="system", system={"body": "User changed", **system})
    await arrive(
        pipeline, inbox, moved, moved, text_message("me again", from_user_id="JP.9", **{"from": "819099990001"})
    )
    messages = await pipeline.all("SELECT type, data FROM messages ORDER BY id")
    assert [message["type"] for message in messages] == ["text", "system", "text"]
    assert messages[1]["data"]["system"] == {
        "kind": "identity_changed",
        "from": "819011110001",
        "to": "819099990001",
    }
    await pipeline.one("SELECT * FROM contacts")
    keys = await pipeline.all("SELECT value, current FROM contact_identities ORDER BY value")
    assert {key["value"]: key["current"] for key in keys} == {
        "819011110001": False,
        "819099990001": True,
        "JP.81901111": False,
        "JP.9": True,
    }
