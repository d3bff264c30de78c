# ruff: noqa: RUF001 - letters of full width are what is tested
"""One box over contacts, messages, notes and the names of attachments."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from madoguchi.search import find as finding
from madoguchi.search import index
from madoguchi.search.index import do_index
from tests.support.live import Client, Programs, running_programs
from tests.support.threads import make_thread, receive
from tests.support.world import Workspace, make_inbox, make_workspace


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


@pytest.fixture
async def emma(web: Programs, workspace: Workspace) -> Client:
    return web.client(workspace.agent)


async def hits(client: Client, q: str, kind: str = "message", **query: Any) -> list[str]:
    """What the snippets say, without marks, all pages."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get("/search", q=q, kind=kind, **cursor, **query)
        assert answer.status == 200, answer.body
        group = answer.body["groups"][0]
        found += ["".join(piece["text"] for piece in hit["snippet"]) for hit in group["items"]]
        if group["next_cursor"] is None:
            return found
        cursor = {"cursor": group["next_cursor"]}


async def test_texts_are_found_in_both_languages_newest_first(
    emma: Client, database: Database, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox, "佐藤 花子", phone="819011110001")
    await do_index(database)
    for text in ("商品の返金をお願いします", "Refund please", "iPhoneの返金", "何でもない"):
        await receive(database, thread, text)
    assert await hits(emma, "返金") == []
    assert await do_index(database) >= 4
    assert await hits(emma, "返金") == ["iPhoneの返金", "商品の返金をお願いします"]
    assert await hits(emma, "ｒｅｆｕｎｄ") == ["Refund please"]
    assert await hits(emma, "iphone 返金") == ["iPhoneの返金"]
    assert await hits(emma, "金返") == []
    for q in ("花子", "+81 90-1111-0001", "1110001"):
        assert await hits(emma, q, "contact") == ["佐藤 花子 819011110001"], q
    answer = (await emma.get("/search", q="返金")).body
    assert (answer["behind"], answer["filling"], answer["too_short"]) == (0, False, False)
    [hit, _] = answer["groups"][1]["items"]
    assert [piece["text"] for piece in hit["snippet"] if piece["mark"]] == ["返金"]
    assert (hit["conversation_id"], hit["contact"]["name"]) == (str(thread.id), "佐藤 花子")
    assert (await emma.get("/search", q="a")).body["too_short"] is True


async def test_notes_and_attachments_have_their_own_groups(
    emma: Client, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox)
    await emma.post(f"/conversations/{thread.id}/messages", {"type": "note", "text": "Called about the invoice"})
    message_id = await receive(database, thread, "see here", type="document")
    async with database.workspace(workspace.id) as tx:
        await tx.execute(
            "INSERT INTO media (workspace_id, id, message_id, state, name, created_at) VALUES (%s, %s, %s, 'stored', %s, %s)",
            (workspace.id, new_id(), message_id, "Invoice-請求書.pdf", clock.now()),
        )
    await do_index(database)
    groups = {each["kind"]: each["items"] for each in (await emma.get("/search", q="invoice")).body["groups"]}
    assert [len(groups[kind]) for kind in ("contact", "message", "note", "attachment")] == [0, 0, 1, 1]
    assert groups["attachment"][0]["id"] == str(message_id)
    assert await hits(emma, "請求", "attachment") == ["Invoice-請求書.pdf"]
    assert await hits(emma, "here", has_attachment=True) == ["see here"]


async def test_filters_narrow(
    web: Programs, emma: Client, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    second = await make_inbox(database, workspace.id, credentials={"phone_number_id": "2"})
    a, b = await make_thread(database, inbox), await make_thread(database, second)
    await receive(database, a, "order one")
    await receive(database, b, "order two")
    await emma.post(f"/conversations/{a.id}/messages", {"type": "text", "text": "order three"})
    await do_index(database)
    now = clock.now()
    for query, expected in (
        ({}, ["order three", "order two", "order one"]),
        ({"inbox_id": second.id}, ["order two"]),
        ({"direction": "in"}, ["order two", "order one"]),
        ({"agent_id": workspace.agent.id}, ["order three"]),
        ({"agent_id": workspace.agent2.id}, []),
        ({"has_attachment": True}, []),
        ({"from": (now - timedelta(hours=1)).isoformat()}, ["order three", "order two", "order one"]),
        ({"to": (now - timedelta(hours=1)).isoformat()}, []),
        ({"from": (now + timedelta(hours=1)).isoformat()}, []),
    ):
        assert await hits(emma, "order", **query) == expected, query
    assert await hits(emma, "Hanako", "contact", direction="in") == []


async def test_pages_meet_and_short_pages_go_on(
    emma: Client, database: Database, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the texts have all pieces of the question and not the question: they are looked at and passed over."""
    monkeypatch.setattr(finding, "MOST_LOOKED_AT", 7)
    thread = await make_thread(database, inbox)
    texts = [f"abcd {n}" if n % 2 else f"abc bcd {n}" for n in range(40)]
    for text in texts:
        await receive(database, thread, text)
    await do_index(database)
    expected = [text for text in reversed(texts) if text.startswith("abcd")]
    assert await hits(emma, "abcd", limit=3) == expected
    assert await hits(emma, "abcd") == expected


async def test_blocks_and_chunks_meet(
    emma: Client, database: Database, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "CHUNK", 4)
    monkeypatch.setattr(finding, "CHUNK", 4)
    monkeypatch.setattr(index, "BLOCK", 8)
    monkeypatch.setattr(finding, "BLOCK", 8)
    thread = await make_thread(database, inbox)
    texts = [f"number{n:03d} {'odd' if n % 2 else 'even'}" for n in range(50)]
    for n, text in enumerate(texts):
        await receive(database, thread, text)
        if n % 7 == 0:
            await do_index(database)
    await do_index(database)
    assert await hits(emma, "odd", limit=3) == [text for text in reversed(texts) if text.endswith("odd")]
    assert await hits(emma, "number033") == ["number033 odd"]


async def test_what_was_there_before_is_gone_through(emma: Client, database: Database, inbox: InboxConfig) -> None:
    """And what comes meanwhile is neither lost nor doubled on the screen."""
    thread = await make_thread(database, inbox, "Old Customer")
    await receive(database, thread, "long ago")
    await database_step(database, inbox)
    await receive(database, thread, "long meanwhile")
    while await do_index(database):
        pass
    assert await hits(emma, "long") == ["long meanwhile", "long ago"]
    assert len(await hits(emma, "customer", "contact")) == 1


async def database_step(database: Database, inbox: InboxConfig) -> None:
    assert await index.do_step(database, inbox.workspace_id) == 1


async def test_a_deleted_contact_vanishes_at_once(
    web: Programs, emma: Client, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox, "Forgotten")
    await receive(database, thread, "secret words")
    await do_index(database)
    assert await hits(emma, "secret") == ["secret words"]
    owner = web.client(workspace.owner)
    assert (await owner.delete(f"/contacts/{thread.contact_id}")).status in {200, 202, 204}
    assert await hits(emma, "secret") == []
    assert await hits(emma, "Forgotten", "contact") == []


async def test_nothing_of_a_deleted_contact_stays_in_the_index(
    web: Programs, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    gone, stays = await make_thread(database, inbox, "Forgotten"), await make_thread(database, inbox, "Hanako")
    await receive(database, gone, "secret words")
    await receive(database, stays, "plain words")
    await do_index(database)
    assert {"sec", "wor", "for"} <= await terms(database, workspace)
    await web.client(workspace.owner).delete(f"/contacts/{gone.contact_id}")
    await do_index(database)
    left = await terms(database, workspace)
    assert {"wor", "pla", "han"} <= left
    assert not {"sec", "ecr", "for"} & left
    async with database.workspace(workspace.id) as tx:
        ids = b"".join(
            bytes(row["ids"]) for row in await (await tx.execute("SELECT ids FROM search_chunks")).fetchall()
        )
        waiting = await (await tx.execute("SELECT 1 FROM search_again")).fetchall()
    assert gone.contact_id.bytes not in ids
    assert stays.contact_id.bytes in ids
    assert waiting == []
    assert await hits(web.client(workspace.agent), "words") == ["plain words"]


async def test_forgetting_goes_on_where_it_stood(
    web: Programs, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    """A step takes out of one block at most; who is forgotten meanwhile is not left out."""
    first, second = await make_thread(database, inbox, "Forgotten"), await make_thread(database, inbox, "Hanako")
    await receive(database, first, "secret words")
    await receive(database, second, "hidden lines")
    await do_index(database)
    owner = web.client(workspace.owner)
    await owner.delete(f"/contacts/{first.contact_id}")
    assert await index.do_step(database, workspace.id) is not None
    left = await terms(database, workspace)
    assert "for" not in left
    assert "sec" in left
    await owner.delete(f"/contacts/{second.contact_id}")
    await do_index(database)
    assert not {"for", "sec", "han", "hid"} & await terms(database, workspace)
    async with database.workspace(workspace.id) as tx:
        assert not await (await tx.execute("SELECT 1 FROM search_again")).fetchall()
        state = await (await tx.execute("SELECT forgetting_kind FROM search_state")).fetchone()
    assert state == {"forgetting_kind": None}


async def terms(database: Database, workspace: Workspace) -> set[str]:
    async with database.workspace(workspace.id) as tx:
        rows = await (await tx.execute("SELECT term FROM search_terms")).fetchall()
    return {row["term"] for row in rows}


async def test_whoever_is_merged_is_found_once_and_as_who_they_are_now(
    emma: Client, database: Database, inbox: InboxConfig
) -> None:
    old, now = await make_thread(database, inbox, "Hanako Tanaka"), await make_thread(database, inbox, "Hanako Sato")
    await receive(database, old, "from the old number")
    await do_index(database)
    assert (await emma.post(f"/contacts/{old.contact_id}/merge", {"into": str(now.contact_id)})).status == 200
    await do_index(database)
    for q, kind in (("hanako", "contact"), ("tanaka", "contact"), ("number", "message")):
        [hit] = (await emma.get("/search", q=q, kind=kind)).body["groups"][0]["items"]
        assert hit["contact"] == {"id": str(now.contact_id), "name": "Hanako Sato"}, q
        assert hit["conversation_id"] == str(old.id)
        assert kind == "message" or hit["id"] == str(now.contact_id)


async def test_tenants_never_meet(web: Programs, database: Database, workspace: Workspace, inbox: InboxConfig) -> None:
    other = await make_workspace(database, "Elsewhere")
    box = await make_inbox(database, other.id, credentials={"phone_number_id": "9"})
    await receive(database, await make_thread(database, inbox), "common words")
    await receive(database, await make_thread(database, box), "common words over there")
    await do_index(database)
    assert await hits(web.client(workspace.agent), "common") == ["common words"]
    assert await hits(web.client(other.agent), "common") == ["common words over there"]


@pytest.mark.parametrize(
    "query", [{"q": ""}, {"q": "x" * 201}, {"q": "abc", "kind": "dreams"}, {"q": "abc", "limit": 51}]
)
async def test_a_bad_question_is_refused(emma: Client, query: dict[str, Any]) -> None:
    assert (await emma.get("/search", **query)).status == 422


@pytest.mark.parametrize("q", ["\x00abc", "%_'\"\\", "\u202e\u200bабв", "😀😀😀", "ﷺ" * 100])
async def test_strange_questions_find_nothing_and_break_nothing(
    emma: Client, database: Database, inbox: InboxConfig, q: str
) -> None:
    await receive(database, await make_thread(database, inbox), "plain")
    await do_index(database)
    answer = await emma.get("/search", q=q)
    assert answer.status in {200, 422}
    assert answer.status == 422 or all(not group["items"] for group in answer.body["groups"])
