"""Every filter, sort and saved view finds what a plain look at the conversations finds, in order, page by page."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig
from madoguchi.context import Context
from madoguchi.conversations import pages
from madoguchi.core import clock
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from tests.support.live import Client, Programs, running_programs
from tests.support.threads import Thread, make_thread, receive
from tests.support.world import Workspace, make_inbox


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


@pytest.fixture
async def emma(web: Programs, workspace: Workspace) -> Client:
    return web.client(workspace.agent)


async def ids(client: Client, limit: int = 2, **query: Any) -> list[str]:
    """Page after page to the end."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        after = {"cursor": cursor} if cursor else {}
        answer = await client.get("/conversations", limit=limit, **after, **query)
        assert answer.status == 200, answer.body
        found += [each["id"] for each in answer.body["items"]]
        cursor = answer.body["next_cursor"]
        if cursor is None:
            return found


async def put(database: Database, thread: Thread, assignments: str, *values: Any) -> None:
    async with database.workspace(thread.inbox.workspace_id) as tx:
        statement: Any = f"UPDATE conversations SET {assignments} WHERE id = %s"  # noqa: S608
        await tx.execute(statement, (*values, thread.id))


async def test_each_filter_finds_its_own(
    emma: Client, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    second = await make_inbox(database, workspace.id, credentials={"phone_number_id": "2"})
    a, b, c, d, e = [await make_thread(database, box, name) for box, name in (
        (inbox, "Ann"), (inbox, "Ben"), (second, "Cem"), (inbox, "Dov"), (second, "Eve"))]  # fmt: skip
    now = clock.now()
    await put(database, a, "labels = '{vip,late}', unread = 2, waiting_since = %s", now - timedelta(minutes=90))
    await put(database, b, "labels = '{vip}', failed_at = %s, created_at = %s", now, now - timedelta(days=9))
    await put(database, c, "window_closes_at = %s, assignee_id = %s", now + timedelta(minutes=30), workspace.agent2.id)
    await put(database, d, "labels = '{late}', waiting_since = %s", now - timedelta(minutes=5))
    await put(database, e, "status = 'snoozed'")
    async with database.workspace(workspace.id) as tx:
        await tx.execute(
            "UPDATE contacts SET attributes = %s WHERE id = %s", ('{"plan": "gold", "n": 3}', d.contact_id)
        )
    await emma.put(f"/conversations/{c.id}/draft", {"text": "I will"})
    for query, expected in (
        ({"label": ["vip", "late"]}, [d, b, a]),
        ({"label_all": ["vip", "late"]}, [a]),
        ({"label_none": "late"}, [e, c, b]),
        ({"label": "late", "label_none": "vip"}, [d]),
        ({"unread": True}, [a]),
        ({"failed": True}, [b]),
        ({"draft": True}, [c]),
        ({"closing_within": 60}, [c]),
        ({"waiting_over": 60}, [a]),
        ({"created_to": (now - timedelta(days=1)).isoformat()}, [b]),
        ({"created_from": (now - timedelta(days=1)).isoformat(), "label": "vip"}, [a]),
        ({"attribute": "plan:gold"}, [d]),
        ({"attribute": ["plan:gold", "n:3"]}, [d]),
        ({"attribute": "plan:silver"}, []),
        ({"inbox_id": [inbox.id, second.id]}, [e, d, c, b, a]),
        ({"channel": "whatsapp", "inbox_id": second.id}, [e, c]),
        ({"channel": "pigeon"}, []),
        ({"assignee_id": workspace.agent2.id}, [c]),
        ({"view": "unassigned", "inbox_id": second.id}, [e]),
        ({"view": "snoozed"}, [e]),
        ({"view": "snoozed", "status": "open"}, []),
        ({"view": "closed"}, []),
        ({"q": "en", "label": "vip"}, [b]),
    ):
        assert await ids(emma, **query) == [str(each.id) for each in expected], query


@pytest.mark.parametrize("few", [0, 1000])
async def test_sorts_hold_over_pages_whichever_way_is_taken(
    emma: Client,
    database: Database,
    workspace: Workspace,
    inbox: InboxConfig,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
) -> None:
    """With `few` = 0 the indexes are walked a few rows at a time, with 1,000 everything is read and sorted."""
    monkeypatch.setattr(pages, "FEW", few)
    monkeypatch.setattr(pages, "REACH", 3)
    threads = [await make_thread(database, inbox, f"P{n}") for n in range(12)]
    now = clock.now()
    for n, thread in enumerate(threads):
        waits = now - timedelta(minutes=(n * 7) % 12 + 1) if n % 3 else None
        closes = now + timedelta(minutes=(n * 5) % 12 - 4)
        labels = ["vip"] if n % 2 else []
        await put(database, thread, "waiting_since = %s, window_closes_at = %s, labels = %s", waits, closes, labels)
    order = list(range(12))

    def waiting(n: int) -> tuple[bool, int]:
        return (True, -n) if n % 3 == 0 else (False, -((n * 7) % 12))

    def closing(n: int) -> tuple[bool, int]:
        minutes = (n * 5) % 12 - 4
        return (False, minutes) if minutes > 0 else (True, -n)

    for sort, key in (("waiting", waiting), ("closing", closing), ("newest", lambda n: (True, -n))):
        every = [str(threads[n].id) for n in sorted(order, key=key)]
        assert await ids(emma, sort=sort) == every, sort
        odd = [str(threads[n].id) for n in sorted(order, key=key) if n % 2]
        assert await ids(emma, sort=sort, label="vip") == odd, sort
        assert await ids(emma, sort=sort, view="unassigned", label_all="vip", q="p") == odd, sort


async def test_who_waits_and_who_was_answered(emma: Client, database: Database, inbox: InboxConfig) -> None:
    thread = await make_thread(database, inbox)
    await put(database, thread, "waiting_since = %s", clock.now() - timedelta(hours=1))
    before = (await emma.get(f"/conversations/{thread.id}")).body
    assert before["waiting_since"] is not None
    sent = await emma.post(f"/conversations/{thread.id}/messages", {"type": "text", "text": "Here I am."})
    assert sent.status == 201
    assert (await emma.get(f"/conversations/{thread.id}")).body["waiting_since"] is None


async def test_a_failed_message_marks_its_conversation_until_something_is_sent(
    emma: Client, database: Database, inbox: InboxConfig
) -> None:
    thread = await make_thread(database, inbox)
    sent = (await emma.post(f"/conversations/{thread.id}/messages", {"type": "text", "text": "one"})).body
    async with database.workspace(inbox.workspace_id) as tx:
        await tx.execute(
            "UPDATE messages SET status = 'failed', failed_at = %s WHERE id = %s", (clock.now(), sent["id"])
        )
    assert (await emma.get(f"/conversations/{thread.id}")).body["failed"] is True
    await emma.post(f"/conversations/{thread.id}/messages", {"type": "text", "text": "two"})
    assert (await emma.get(f"/conversations/{thread.id}")).body["failed"] is False


async def test_mentions_are_a_view_and_are_read_by_looking(
    web: Programs, emma: Client, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    ravi = web.client(workspace.agent2)
    a, b, _ = [await make_thread(database, inbox) for _ in range(3)]
    note = {"type": "note", "text": "@Emma @Ravi", "mentions": [str(workspace.agent.id), str(workspace.agent2.id)]}
    for thread in (b, a, b):
        assert (await ravi.post(f"/conversations/{thread.id}/messages", note)).status == 201
    assert await ids(emma, view="mentions", limit=1) == [str(b.id), str(a.id)]
    assert await ids(ravi, view="mentions") == []
    assert (await emma.get("/conversations/counts")).body["mentions"] == {"open": 2, "unread": 2}
    await ravi.post(f"/conversations/{b.id}/claim")
    assert (await emma.post(f"/conversations/{b.id}/read")).status == 204
    assert (await emma.get("/conversations/counts")).body["mentions"] == {"open": 2, "unread": 1}


async def test_saved_views_are_listed_used_shared_and_removed(
    web: Programs, emma: Client, database: Database, workspace: Workspace, inbox: InboxConfig
) -> None:
    ken, ravi = web.client(workspace.supervisor), web.client(workspace.agent2)
    a, b = await make_thread(database, inbox), await make_thread(database, inbox)
    await put(database, a, "labels = '{vip}'")
    await put(database, b, "labels = '{vip}', unread = 1")
    own = await emma.post("/views", {"name": "VIP", "filter": {"labels_any": ["vip"]}, "sort": "waiting"})
    assert (own.status, own.body["shared"]) == (201, False)
    assert own.body["filter"] == {"labels_any": ["vip"]}
    shared = (await ken.post("/views", {"name": "VIP", "filter": {"view": "mine"}, "shared": True})).body
    assert [each["id"] for each in (await emma.get("/views")).body["items"]] == [shared["id"], own.body["id"]]
    assert [each["id"] for each in (await ravi.get("/views")).body["items"]] == [shared["id"]]
    assert await ids(emma, view_id=own.body["id"]) == [str(b.id), str(a.id)]
    assert await ids(emma, view_id=own.body["id"], unread=True) == [str(b.id)]
    assert await ids(emma, view_id=shared["id"]) == []
    assert (await ravi.get("/conversations", view_id=own.body["id"])).status == 404
    assert (await emma.patch(f"/views/{shared['id']}", {"name": "x"})).status == 403
    assert (await emma.post("/views", {"name": "y", "filter": {}, "shared": True})).status == 403
    changed = await emma.patch(f"/views/{own.body['id']}", {"name": "Late", "filter": {"waiting_over": 60}})
    assert (changed.body["name"], changed.body["sort"]) == ("Late", "waiting")
    assert (await emma.delete(f"/views/{own.body['id']}")).status == 204
    assert [each["id"] for each in (await emma.get("/views")).body["items"]] == [shared["id"]]


async def names_of(client: Client, limit: int = 1) -> list[str]:
    """Page after page."""
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await client.get("/views", limit=limit, **after)).body
        found += [each["name"] for each in page["items"]]
        if page["next_cursor"] is None:
            return found
        after = {"cursor": page["next_cursor"]}


async def test_views_stand_in_the_order_they_were_put_in(web: Programs, emma: Client, workspace: Workspace) -> None:
    ken = web.client(workspace.supervisor)
    own = [(await emma.post("/views", {"name": name, "filter": {}})).body["id"] for name in ("c", "a", "b")]
    shared = [
        (await ken.post("/views", {"name": name, "filter": {}, "shared": True})).body["id"] for name in ("z", "y", "x")
    ]
    assert await names_of(emma) == ["z", "y", "x", "c", "a", "b"]
    assert (await emma.put("/views/order", {"ids": [own[2]]})).status == 204
    assert await names_of(emma) == ["z", "y", "x", "b", "c", "a"]
    assert (await ken.put("/views/order", {"ids": [shared[2], shared[0]]})).status == 204
    assert await names_of(emma, limit=2) == ["x", "z", "y", "b", "c", "a"]
    assert (await emma.put("/views/order", {"ids": [own[0], shared[0]]})).status == 403
    assert (await ken.put("/views/order", {"ids": [own[0]]})).status == 404
    assert await names_of(emma) == ["x", "z", "y", "b", "c", "a"]


async def test_a_shared_view_is_taken_back_as_the_supervisors_own(
    web: Programs, emma: Client, workspace: Workspace
) -> None:
    ken = web.client(workspace.supervisor)
    await ken.post("/views", {"name": "first", "filter": {}})
    view = (await ken.post("/views", {"name": "late", "filter": {"unread": True}, "shared": True})).body
    assert await names_of(emma) == ["late"]
    taken = (await ken.patch(f"/views/{view['id']}", {"shared": False})).body
    assert (taken["shared"], taken["filter"]) == (False, {"unread": True})
    assert await names_of(emma) == []
    assert await names_of(ken) == ["first", "late"]
    mine = (await emma.post("/views", {"name": "mine", "filter": {}})).body
    assert (await emma.patch(f"/views/{mine['id']}", {"shared": True})).status == 403
    assert (await ken.patch(f"/views/{view['id']}", {"shared": True})).body["shared"] is True
    assert await names_of(emma) == ["late", "mine"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"label": "x" * 61}, "labels_any"),
        ({"closing_within": 0}, "closing_within"),
        ({"attribute": "plan"}, "attribute"),
        ({"cursor": "nonsense"}, "cursor"),
    ],
)
async def test_a_bad_filter_is_named(emma: Client, query: dict[str, Any], field: str) -> None:
    refused = await emma.get("/conversations", **query)
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize(
    "body", [{"name": "A", "filter": {"colour": "red"}}, {"name": " ", "filter": {}}, {"name": "A"}]
)
async def test_a_bad_view_is_refused(emma: Client, body: dict[str, Any]) -> None:
    assert (await emma.post("/views", body)).status == 422
    assert (await emma.patch(f"/views/{new_id()}", {"name": "x"})).status == 404


async def test_a_customer_waits_since_the_first_message_nobody_answered(
    emma: Client, database: Database, inbox: InboxConfig
) -> None:
    """The inbound pipeline's own statements are looked at in tests/inbound; here what the list makes of it."""
    a, b = await make_thread(database, inbox), await make_thread(database, inbox)
    await put(database, a, "waiting_since = %s", clock.now() - timedelta(hours=2))
    await put(database, b, "waiting_since = %s", clock.now() - timedelta(hours=3))
    await receive(database, a)
    assert await ids(emma, sort="waiting") == [str(b.id), str(a.id)]
    await emma.patch(f"/conversations/{b.id}", {"status": "closed"})
    assert await ids(emma, sort="waiting", status="open") == [str(a.id)]
