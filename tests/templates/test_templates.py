"""Templates are as the provider has them, and come with the blanks to fill."""

from collections.abc import Sequence

import msgspec
import pytest

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig, Template
from madoguchi.channels.http import HttpFailure
from madoguchi.db.pool import Database
from madoguchi.templates import jobs as _jobs  # noqa: F401 - the task is registered
from madoguchi.templates.service import get_template
from tests.support.web import Web
from tests.support.world import Workspace, make_inbox

REMINDER = Template(
    name="booking_reminder",
    language="ja",
    category="UTILITY",
    status="APPROVED",
    components=[{"type": "BODY", "text": "{{1}}様、{{2}}の{{3}}にお待ちしております。"}],
    provider_id="1",
)
SALE = Template(name="spring_sale", language="en_US", category="MARKETING", status="PENDING", components=[])


def provider_has(monkeypatch: pytest.MonkeyPatch, found: Sequence[Template]) -> None:
    async def fetch(_inbox: InboxConfig, _http: object) -> list[Template]:
        return list(found)

    monkeypatch.setattr(registry.channel("whatsapp"), "fetch_templates", fetch, raising=False)


async def events_of(database: Database) -> int:
    async with database.system() as tx:
        row = await (await tx.execute("SELECT count(*) AS n FROM events WHERE type = 'template.updated'")).fetchone()
    assert row
    return int(row["n"])


async def test_only_changes_are_told(
    web: Web, workspace: Workspace, inbox: InboxConfig, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await web.client(workspace.agent)
    sync = f"inboxes/{inbox.id}/templates/sync"
    provider_has(monkeypatch, [REMINDER, SALE, SALE])
    assert (await client.post(sync)).json() == {"found": 3, "changed": 2}
    assert (await client.post(sync)).json() == {"found": 3, "changed": 0}
    assert await events_of(database) == 2
    provider_has(monkeypatch, [REMINDER, msgspec.structs.replace(SALE, status="APPROVED")])
    assert (await client.post(sync)).json() == {"found": 2, "changed": 1}
    assert await events_of(database) == 3


async def test_what_the_provider_removed_is_marked(
    web: Web, workspace: Workspace, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await web.client(workspace.agent)
    sync = f"inboxes/{inbox.id}/templates/sync"
    provider_has(monkeypatch, [REMINDER, SALE])
    await client.post(sync)
    provider_has(monkeypatch, [REMINDER])
    assert (await client.post(sync)).json() == {"found": 1, "changed": 1}
    listed = (await client.get("templates")).json()["items"]
    assert [template["name"] for template in listed] == ["booking_reminder"]
    removed = (await client.get("templates", params={"status": "removed"})).json()["items"]
    assert [template["name"] for template in removed] == ["spring_sale"]
    provider_has(monkeypatch, [REMINDER, SALE])
    assert (await client.post(sync)).json()["changed"] == 1


async def test_the_blanks_are_listed(
    web: Web, workspace: Workspace, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await web.client(workspace.agent)
    provider_has(monkeypatch, [REMINDER])
    await client.post(f"inboxes/{inbox.id}/templates/sync")
    template = (await client.get("templates", params={"inbox_id": str(inbox.id), "status": "approved"})).json()[
        "items"
    ][0]
    assert [(each["component"], each["key"]) for each in template["variables"]] == [("body", k) for k in "123"]


async def test_pages_by_name_and_language(
    web: Web, workspace: Workspace, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await web.client(workspace.agent)
    names = [(name, language) for name in ("a", "b") for language in ("en", "ja", "pt")]
    provider_has(monkeypatch, [Template(n, lang, "UTILITY", "APPROVED", []) for n, lang in reversed(names)])
    await client.post(f"inboxes/{inbox.id}/templates/sync")
    seen: list[tuple[str, str]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await client.get("templates", params={"limit": 4, "cursor": cursor})).json()
        seen += [(each["name"], each["language"]) for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == names


async def test_the_provider_is_away(
    web: Web, workspace: Workspace, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch(_inbox: InboxConfig, _http: object) -> list[Template]:
        raise HttpFailure("TimeoutError", left=True)

    monkeypatch.setattr(registry.channel("whatsapp"), "fetch_templates", fetch, raising=False)
    answer = await (await web.client(workspace.agent)).post(f"inboxes/{inbox.id}/templates/sync")
    assert (answer.status_code, answer.json()["code"]) == (409, "channel_down")


async def test_two_inboxes_keep_their_own(
    web: Web, workspace: Workspace, inbox: InboxConfig, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await make_inbox(database, workspace.id, credentials={"phone_number_id": "2"})
    client = await web.client(workspace.agent)
    provider_has(monkeypatch, [REMINDER])
    await client.post(f"inboxes/{inbox.id}/templates/sync")
    provider_has(monkeypatch, [])
    await client.post(f"inboxes/{other.id}/templates/sync")
    async with database.workspace(workspace.id) as tx:
        assert await get_template(tx, workspace.id, inbox.id, "booking_reminder", "ja") == REMINDER
        assert await get_template(tx, workspace.id, other.id, "booking_reminder", "ja") is None
