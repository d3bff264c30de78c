"""Notices: for those who look after the workspace, said once while they are open."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from madoguchi.channels.base import InboxConfig, Template
from madoguchi.channels.events import TemplateChanged
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.db.pool import Database
from madoguchi.events.service import record
from madoguchi.notices.service import News, do_notify, do_settle
from madoguchi.templates.changes import do_apply_change
from madoguchi.templates.service import do_store
from tests.support.live import Programs, running_programs
from tests.support.world import Workspace, make_workspace

SALE = Template(name="sale", language="en", category="UTILITY", status="APPROVED", components=[], provider_id="1")


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Programs]:
    async with running_programs(context) as web:
        yield web


async def notify(database: Database, inbox: InboxConfig, *news: News) -> int:
    async with database.workspace(inbox.workspace_id) as tx:
        changes = await do_notify(tx, inbox.workspace_id, news)
        await record(tx, inbox.workspace_id, changes)
    return len(changes)


def trouble(inbox: InboxConfig, **data: Any) -> News:
    return News("template_paused", "1", "attention", inbox.id, {"name": "sale", **data})


async def test_said_once_until_it_is_put_away(
    web: Programs, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    ken = web.client(workspace.supervisor)
    assert await notify(database, inbox, trouble(inbox), trouble(inbox)) == 1
    assert await notify(database, inbox, trouble(inbox)) == 0
    assert await notify(database, inbox, trouble(inbox, reason="newer")) == 1
    (notice,) = (await ken.get("/notices")).body["items"]
    assert (notice["kind"], notice["level"], notice["inbox"]["name"]) == ("template_paused", "attention", "Shop")
    assert notice["data"] == {"name": "sale", "reason": "newer"}
    assert (await ken.post(f"/notices/{notice['id']}/dismiss")).status == 204
    assert (await ken.post(f"/notices/{notice['id']}/dismiss")).status == 204
    assert (await ken.get("/notices")).body["items"] == []
    assert len((await ken.get("/notices", dismissed="true")).body["items"]) == 1
    assert await notify(database, inbox, trouble(inbox)) == 1
    assert (await ken.post("/notices/dismiss")).body == {"count": 1}


async def test_newest_first_and_in_pages(
    web: Programs, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    for key in "123":
        await notify(database, inbox, News("x", key, "news", data={"n": key}))
    owner = web.client(workspace.owner)
    first = (await owner.get("/notices", limit=2)).body
    rest = (await owner.get("/notices", limit=2, cursor=first["next_cursor"])).body
    assert [each["data"]["n"] for each in (*first["items"], *rest["items"])] == ["3", "2", "1"]
    assert (rest["next_cursor"], rest["items"][0]["inbox"]) == (None, None)


async def test_agents_and_other_workspaces_do_not_see_them(
    web: Programs, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    emma, other = web.client(workspace.agent), await make_workspace(database, "Elsewhere")
    seq = (await emma.get("/me")).body["seq"]
    await notify(database, inbox, trouble(inbox, name="secret"))
    (notice,) = (await web.client(workspace.owner).get("/notices")).body["items"]
    assert (await emma.get("/notices")).status == 403
    assert (await emma.post(f"/notices/{notice['id']}/dismiss")).status == 403
    assert (await emma.post("/notices/dismiss")).status == 403
    (event,) = (await emma.get("/events", since=seq)).body["items"]
    assert (event["type"], set(event["data"])) == ("notice.created", {"id", "kind", "dismissed"})
    theirs = web.client(other.owner)
    assert (await theirs.get("/notices")).body["items"] == []
    assert (await theirs.post(f"/notices/{notice['id']}/dismiss")).status == 404
    assert (await theirs.post(f"/notices/{new_id()}/dismiss")).status == 404


async def test_what_was_put_right_is_over(
    web: Programs, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    await notify(database, inbox, trouble(inbox), News("other", "1", "news"))
    async with database.workspace(inbox.workspace_id) as tx:
        changes = await do_settle(tx, inbox.workspace_id, [("template_paused", "1"), ("template_paused", "2")])
    assert [each.type for each in changes] == ["notice.updated"]
    (left,) = (await web.client(workspace.owner).get("/notices")).body["items"]
    assert left["kind"] == "other"


async def open_kinds(web: Programs, workspace: Workspace) -> list[tuple[str, str]]:
    items = (await web.client(workspace.owner).get("/notices")).body["items"]
    return sorted((each["kind"], each["data"].get("reason") or each["data"].get("category", "")) for each in items)


async def change(database: Database, inbox: InboxConfig, **changes: Any) -> None:
    event = TemplateChanged(account="", name="sale", language="en", changes=changes)
    async with database.workspace(inbox.workspace_id) as tx:
        await record(tx, inbox.workspace_id, await do_apply_change(tx, inbox.workspace_id, inbox.id, event))


async def store(database: Database, inbox: InboxConfig, *found: Template) -> None:
    async with database.workspace(inbox.workspace_id) as tx:
        await record(tx, inbox.workspace_id, await do_store(tx, inbox.workspace_id, inbox.id, found))


async def test_a_webhook_about_a_template_is_told(
    web: Programs, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    await store(database, inbox, SALE)
    assert await open_kinds(web, workspace) == []
    await change(database, inbox, status="paused", reason="FIRST_PAUSE")
    await change(database, inbox, status="paused", reason="FIRST_PAUSE")
    await change(database, inbox, quality="red")
    assert await open_kinds(web, workspace) == [("template_paused", "FIRST_PAUSE")]
    await change(database, inbox, status="approved", reason="")
    assert await open_kinds(web, workspace) == []
    await change(database, inbox, status="disabled", category="marketing")
    assert await open_kinds(web, workspace) == [("template_category_changed", "marketing"), ("template_disabled", "")]


async def test_the_nightly_pull_tells_what_no_webhook_told(
    web: Programs, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    rejected = Template("sale", "en", "UTILITY", "REJECTED", [], provider_id="1", reason="SCAM")
    await store(database, inbox, rejected)
    assert await open_kinds(web, workspace) == [], "found like this, nothing has changed"
    await store(database, inbox, SALE)
    await store(database, inbox, rejected)
    await store(database, inbox, rejected)
    assert await open_kinds(web, workspace) == [("template_rejected", "SCAM")]
