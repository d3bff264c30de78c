"""Connecting accounts: the form, the secrets, the provider's answer."""

import asyncio
from typing import Any

import pytest

from madoguchi.channels import registry
from madoguchi.channels.base import InboxConfig
from madoguchi.channels.health import Health
from madoguchi.channels.http import HttpFailure
from madoguchi.context import Context
from madoguchi.core.ids import new_id
from madoguchi.core.secrets import WrongKey
from madoguchi.db.pool import Database
from madoguchi.inboxes.config import load_config
from madoguchi.inboxes.directory import InboxDirectory
from tests.support.web import Web
from tests.support.world import WHATSAPP, Workspace

NEW: dict[str, Any] = {"channel": "whatsapp", "name": "Shop", "credentials": WHATSAPP, "settings": {}}


async def test_channels_describe_their_form(web: Web, workspace: Workspace) -> None:
    channels = (await (await web.client(workspace.agent)).get("channels")).json()["items"]
    whatsapp = next(channel for channel in channels if channel["name"] == "whatsapp")
    assert {field["key"] for field in whatsapp["credentials"]} >= {"access_token", "app_secret"}
    assert whatsapp["capabilities"]["window"]["hours"] == 24


async def test_secrets_go_in_and_never_come_out(web: Web, workspace: Workspace, database: Database) -> None:
    owner = await web.client(workspace.owner)
    made = await owner.post("inboxes", json=NEW)
    assert made.status_code == 201, made.text
    inbox = made.json()
    assert inbox["webhook_url"].startswith("http://127.0.0.1:8900/webhooks/")
    assert inbox["credentials_set"] == sorted(WHATSAPP)
    assert inbox["settings"]["graph_version"]
    everything = [made, await owner.get("inboxes"), await owner.get(f"inboxes/{inbox['id']}")]
    for answer in everything:
        for name in ("access_token", "app_secret", "verify_token"):
            assert WHATSAPP[name] not in answer.text
    async with database.system() as tx:
        rows = await (
            await tx.execute("SELECT i::text AS row FROM inboxes i UNION SELECT a::text FROM audit_entries a")
        ).fetchall()
    assert all(WHATSAPP["access_token"] not in row["row"] for row in rows)


async def test_what_is_missing_is_named(web: Web, workspace: Workspace) -> None:
    owner = await web.client(workspace.owner)
    wrong = {
        "channel": "whatsapp",
        "name": "Shop",
        "credentials": {**WHATSAPP, "app_secret": " ", "colour": "red"},
        "settings": {"graph_url": "javascript:alert(1)", "messages_per_second": "many"},
    }
    answer = await owner.post("inboxes", json=wrong)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {
        "credentials.app_secret",
        "credentials.colour",
        "settings.graph_url",
        "settings.messages_per_second",
    }
    unknown = await owner.post("inboxes", json={**NEW, "channel": "pigeon"})
    assert unknown.json()["errors"][0]["field"] == "channel"


async def test_an_account_is_connected_once(web: Web, workspace: Workspace) -> None:
    owner = await web.client(workspace.owner)
    answers = await asyncio.gather(*(owner.post("inboxes", json=NEW) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    first = next(answer.json() for answer in answers if answer.status_code == 201)
    await owner.delete(f"inboxes/{first['id']}")
    assert (await owner.post("inboxes", json=NEW)).status_code == 201


@pytest.mark.parametrize("who", ["supervisor", "agent"])
async def test_only_owners_set_up(web: Web, workspace: Workspace, inbox: InboxConfig, who: str) -> None:
    client = await web.client(getattr(workspace, who))
    assert (await client.post("inboxes", json=NEW)).status_code == 403
    assert (await client.patch(f"inboxes/{inbox.id}", json={"name": "X"})).status_code == 403
    assert (await client.delete(f"inboxes/{inbox.id}")).status_code == 403
    shown = (await client.get(f"inboxes/{inbox.id}")).json()
    assert (shown["webhook_url"] is None) == (who == "agent")


async def test_a_change_merges(web: Web, workspace: Workspace, context: Context) -> None:
    owner = await web.client(workspace.owner)
    inbox_id = (await owner.post("inboxes", json=NEW)).json()["id"]
    patch = {"name": "Café", "credentials": {"access_token": " EAAnew "}, "settings": {"messages_per_second": 20}}
    assert (await owner.patch(f"inboxes/{inbox_id}", json=patch)).status_code == 200
    async with context.db.workspace(workspace.id) as tx:
        config = await load_config(tx, context.secrets, workspace.id, inbox_id)
    assert config.name == "Café"
    assert config.credentials == {**WHATSAPP, "access_token": "EAAnew"}
    assert config.settings["messages_per_second"] == 20
    back = await owner.patch(f"inboxes/{inbox_id}", json={"settings": {"messages_per_second": None}})
    assert back.json()["settings"]["messages_per_second"] == 80
    gone = await owner.patch(f"inboxes/{inbox_id}", json={"credentials": {"app_secret": None}})
    assert gone.json()["errors"][0]["field"] == "credentials.app_secret"


async def test_an_archived_inbox_is_gone_from_the_lists(web: Web, workspace: Workspace, inbox: InboxConfig) -> None:
    owner = await web.client(workspace.owner)
    assert (await owner.delete(f"inboxes/{inbox.id}")).status_code == 204
    assert (await owner.get("inboxes")).json()["items"] == []
    archived = (await owner.get("inboxes", params={"archived": True})).json()["items"]
    assert [each["webhook_url"] for each in archived] == [None]
    assert (await owner.patch(f"inboxes/{inbox.id}", json={"name": "X"})).status_code == 404
    webhook = await owner.post(f"{web.url}/webhooks/{inbox.settings['webhook_key']}", content=b"{}")
    assert webhook.status_code == 404


async def test_the_directory_hears_of_changes(web: Web, workspace: Workspace, inbox: InboxConfig) -> None:
    owner = await web.client(workspace.owner)
    address = f"{web.url}/webhooks/{inbox.settings['webhook_key']}"
    params = {"hub.mode": "subscribe", "hub.verify_token": "changed", "hub.challenge": "1158201444"}
    assert (await owner.get(address, params=params)).status_code != 200
    await owner.patch(f"inboxes/{inbox.id}", json={"credentials": {"verify_token": "changed"}})
    async with asyncio.timeout(5):
        while (await owner.get(address, params=params)).status_code != 200:
            await asyncio.sleep(0.05)


async def test_the_directory_forgets_what_changed_while_it_looked(context: Context, inbox: InboxConfig) -> None:
    directory = InboxDirectory(context.db, context.secrets)
    looking = asyncio.create_task(directory.by_id(inbox.workspace_id, inbox.id))
    await asyncio.sleep(0)
    directory.forget()
    assert (await looking) is not None
    assert directory._fresh(inbox.id) is None


async def test_the_provider_is_asked(
    web: Web, workspace: Workspace, inbox: InboxConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def probe(_inbox: InboxConfig, _http: object) -> Health:
        return Health("attention", "Quality is low.", {"quality": "RED"})

    monkeypatch.setattr(registry.channel("whatsapp"), "probe", probe, raising=False)
    supervisor = await web.client(workspace.supervisor)
    answer = (await supervisor.post(f"inboxes/{inbox.id}/check")).json()
    assert (answer["health"], answer["health_facts"]) == ("attention", {"quality": "RED", "troubles": []})
    assert answer["checked_at"]

    async def unreachable(_inbox: InboxConfig, _http: object) -> Health:
        raise HttpFailure("ClientConnectorError", left=False)

    monkeypatch.setattr(registry.channel("whatsapp"), "probe", unreachable, raising=False)
    assert (await supervisor.post(f"inboxes/{inbox.id}/check")).json()["health"] == "attention"
    assert (await (await web.client(workspace.agent)).post(f"inboxes/{inbox.id}/check")).status_code == 403


async def test_an_inbox_that_is_not_there(web: Web, workspace: Workspace) -> None:
    owner = await web.client(workspace.owner)
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/check"), ("POST", "/templates/sync")):
        answer = await owner.request(method, f"inboxes/{new_id()}{path}", json={} if method == "PATCH" else None)
        assert answer.status_code == 404, path


async def test_credentials_cannot_be_moved_to_another_inbox(
    context: Context, workspace: Workspace, inbox: InboxConfig, database: Database
) -> None:
    async with database.system() as tx:
        await tx.execute("UPDATE inboxes SET id = %s", (new_id(),))
        row = await (await tx.execute("SELECT id FROM inboxes")).fetchone()
    assert row
    with pytest.raises(WrongKey):
        async with context.db.workspace(workspace.id) as tx:
            await load_config(tx, context.secrets, workspace.id, row["id"])
